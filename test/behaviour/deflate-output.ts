import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { joinDeflating } from "../support/deflating-client";
import { joinMore, writable } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { fill, pause, resume, stall, takeFilling } from "../support/slow-reader";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { openWire } from "../support/wire";

const LARGE = Array.from({ length: 5_000 }, (_, i) => `item ${(i * 7919) % 100_003}`).join(" ");

function start(options: Partial<ServerOptions> = {}): Promise<Running> {
  return startServer({ perMessageDeflate: true, ...options });
}

async function join({ io, url }: Running) {
  return joinMore(io, await openWire(url, "EIO=4", { perMessageDeflate: true }), "/");
}

describe("compressed output", () => {
  it("keeps the order of small and large events, of broadcasts and of attachments [17]", async () => {
    const running = await start();
    const { wire, socket } = await join(running);
    const expected: (string | Buffer)[] = [];
    for (let i = 0; i < 30; i++) {
      const text = i % 3 === 0 ? `${i} ${LARGE}` : `${i}`;
      if (i % 4 === 1) {
        running.io.emit("all", text);
        expected.push(`42["all","${text}"]`);
      } else if (i % 4 === 3) {
        const data = Buffer.from(text);
        socket.emit("bytes", data);
        expected.push('451-["bytes",{"_placeholder":true,"num":0}]', data);
      } else {
        socket.emit("one", text);
        expected.push(`42["one","${text}"]`);
      }
      if (i % 7 === 6) {
        await turn();
      }
    }
    for (const packet of expected) {
      const received = await wire.next();
      expect(typeof received).to.be(typeof packet);
      expect(String(received) === String(packet)).to.be(true);
    }
  });

  it("arrives before the end, if the server disconnects the client right after it [17]", async () => {
    for (const text of ["small", LARGE]) {
      const { wire, socket } = await join(await start());
      socket.emit("last but one", text);
      socket.emit("last");
      socket.disconnect(true);
      expect(await wire.next()).to.be(`42["last but one","${text}"]`);
      expect(await wire.next()).to.be('42["last"]');
      expect(await wire.next()).to.be("41");
      expect(await wire.closed).to.be(1005);
    }
  });

  it("arrives before a ping of WebSocket that the server sends after it, and later events after that [17]", async () => {
    const { wire, socket } = await join(await start());
    const order: string[] = [];
    wire.ws.on("message", (data: Buffer) => order.push(String(data).slice(0, 10)));
    wire.ws.on("ping", () => order.push("ping"));
    socket.emit("large", LARGE);
    await turn();
    (socket.conn.transport as any).socket.ping();
    socket.emit("after");
    await eventually(() => order.length === 3);
    expect(order).to.eql(['42["large"', "ping", '42["after"']);
  });

  it("arrives after the client has sent a ping of WebSocket amid it [17]", async () => {
    const { wire, socket } = await join(await start());
    socket.emit("large", LARGE);
    wire.ws.ping();
    await nextEvent(wire.ws, "pong");
    socket.emit("after", LARGE);
    expect(await wire.next()).to.be(`42["large","${LARGE}"]`);
    expect(await wire.next()).to.be(`42["after","${LARGE}"]`);
  });

  it("drops volatile events while an event is being sent [17, 60]", async () => {
    for (const text of ["small", LARGE]) {
      const joined = await join(await start());
      await writable(joined);
      joined.socket.volatile.emit("one", text);
      joined.socket.volatile.emit("dropped");
      await writable(joined);
      joined.socket.volatile.emit("two");
      expect(await joined.wire.next()).to.be(`42["one","${text}"]`);
      expect(await joined.wire.next()).to.be('42["two"]');
    }
  });

  it("makes the transport writable again, with the events of the engine [17]", async () => {
    for (const text of ["small", LARGE]) {
      const joined = await join(await start());
      const { transport } = joined.socket.conn as any;
      await writable(joined);
      const ready = nextEvent(transport, "ready");
      const drained = nextEvent(joined.socket.conn as any, "drain");
      joined.socket.emit("event", text);
      expect(transport.writable).to.be(false);
      await Promise.all([ready, drained]);
      expect(transport.writable).to.be(true);
    }
  });

  it("counts what is buffered, and nothing when all is sent [17]", async () => {
    const joined = await join(await start());
    const { socket, wire } = joined;
    await writable(joined);
    await eventually(() => (socket.conn.transport as any).socket.bufferedAmount === 0);
    socket.emit("large", LARGE);
    expect((socket.conn.transport as any).socket.bufferedAmount).to.be.greaterThan(0);
    await wire.next();
    await writable(joined);
    await eventually(() => (socket.conn.transport as any).socket.bufferedAmount === 0);
  });

  it("waits for a client that does not read, and arrives in order [17]", async () => {
    const joined = await join(await start({ perMessageDeflate: { zlibDeflateOptions: { level: 0 } } }));
    const count = await stall(joined);
    joined.socket.emit("large", LARGE);
    joined.socket.emit("small");
    await takeFilling(joined, count);
    expect(await joined.wire.next()).to.be(`42["large","${LARGE}"]`);
    expect(await joined.wire.next()).to.be('42["small"]');
    pause(joined);
    const more = await fill(joined.socket);
    await takeFilling(joined, more);
    resume(joined);
  });

  for (const size of [1_000, 30_000]) {
    ownTest(`is limited by slowConsumer, with events of ${size} bytes [17]`, async () => {
      const maxBufferedBytes = 500_000;
      const running = await start({
        perMessageDeflate: { zlibDeflateOptions: { level: 0 } },
        slowConsumer: { maxBufferedBytes },
      });
      const { client, socket } = await joinDeflating(running);
      client.tcp.pause();
      const ended = nextEvent(socket, "disconnect");
      let most = 0;
      while (socket.connected) {
        socket.emit("n", "x".repeat(size));
        most = Math.max(most, socket.connected ? socket.bufferedBytes : 0);
        await turn();
      }
      const [reason, { code }] = await ended;
      expect([reason, code]).to.eql(["forced server close", "SLOW_CONSUMER"]);
      expect(most).to.be.within(maxBufferedBytes / 2, maxBufferedBytes + size);
    });
  }

  it("that is not sent when the client disconnects is discarded, and the next client is served [17]", async () => {
    const running = await start();
    const { wire, socket } = await join(running);
    const closed = nextValue(socket, "disconnect");
    socket.emit("large", LARGE);
    socket.emit("large", LARGE);
    wire.ws.terminate();
    for (let i = 0; i < 5; i++) {
      socket.emit("large", LARGE);
      await turn();
    }
    expect(await closed).to.match(/^transport (close|error)$/);
    const next = await join(running);
    next.socket.emit("hello");
    expect(await next.wire.next()).to.be('42["hello"]');
  });

  it("is what the client accepts after an upgrade from long-polling [17]", async () => {
    const running = await start();
    const { client, socket } = await running.pair("/", { transports: ["polling", "websocket"] });
    if ((socket.conn as any).transport.name !== "websocket") {
      await nextEvent(socket.conn as any, "upgrade");
    }
    for (const text of ["small", LARGE, "small again"]) {
      const received = nextValue(client, "event");
      socket.emit("event", text);
      expect((await received) === text).to.be(true);
    }
  });

  it("answers heartbeats [17]", async () => {
    const { client } = await joinDeflating(await start({ pingInterval: 50, pingTimeout: 10_000 }));
    for (let pings = 1; pings <= 3; pings++) {
      await eventually(() => client.texts().filter((text) => text === "2").length >= pings);
      client.send("3");
    }
  });
});
