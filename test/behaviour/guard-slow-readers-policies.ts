import { createServer as createHttps } from "node:https";
import expect from "expect.js";
import type { ServerOptions, SlowConsumerOptions } from "../../lib";
import { certificate } from "../support/certificate";
import { stopClock } from "../support/clock";
import { guardMessages } from "../support/guard-messages";
import { addressOf } from "../support/http";
import { type AnySocket, heard, joinMore, joinPolling, joinWire, receivedBy } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { fill, pause, resume, stall, takeFilling } from "../support/slow-reader";
import { Server } from "../support/subject";
import { takeUncaught } from "../support/uncaught";
import { eventually, nextEvent, turn } from "../support/waiting";
import { openWire } from "../support/wire";

const maxBufferedBytes = 256 * 1024;
const KILOBYTE = "x".repeat(1024);

function startGuarded(policy?: SlowConsumerOptions["policy"], options?: Partial<ServerOptions>) {
  // a client that decompresses continues to read
  return startServer({ slowConsumer: { maxBufferedBytes, policy }, perMessageDeflate: false, ...options });
}

/** Resolves with the reason when the socket is disconnected. */
async function ending(socket: AnySocket): Promise<{ reason: string; code: unknown; message: string }> {
  const [reason, description] = await nextEvent(socket, "disconnect");
  return { reason, code: description?.code, message: description?.message };
}

/** Sends a little in each turn until the socket is disconnected; returns the largest amount that was buffered. */
async function flood(socket: AnySocket, send: (i: number) => void): Promise<number> {
  let most = 0;
  for (let i = 0; socket.connected; i++) {
    send(i);
    most = Math.max(most, socket.bufferedBytes);
    if (i % 16 === 15) {
      await turn();
    }
  }
  return most;
}

/** Resolves when the engine buffers nothing for the connection. */
async function freed({ conn }: AnySocket): Promise<void> {
  const { transport, server, id } = conn as any;
  await eventually(() => (conn as any).writeBuffer.length === 0 && !(transport.socket?.bufferedAmount > 0));
  expect(server.clients).not.to.have.key(id);
}

ownSuite('slowConsumer with the policy "disconnect"', () => {
  const senders: Record<string, (socket: AnySocket, i: number) => unknown> = {
    "socket.emit()": (socket, i) => socket.emit("n", i, KILOBYTE),
    "io.emit()": (socket, i) => socket.nsp.emit("n", i, KILOBYTE),
    "to(room).emit()": (socket, i) => socket.nsp.to(socket.id).emit("n", i, KILOBYTE),
    "emit() of bytes": (socket, i) => socket.nsp.emit("n", i, Buffer.alloc(1024)),
    "emit() with acknowledgements": (socket, i) => socket.timeout(1000).emit("n", i, KILOBYTE, () => {}),
  };
  for (const [name, send] of Object.entries(senders)) {
    it(`closes the connection of a client that does not read, by ${name} [security 6]`, async () => {
      const running = await startGuarded();
      const told = guardMessages(running.io);
      const slow = await joinWire(running);
      const honest = await joinWire(running);
      await stall(slow);
      const ended = ending(slow.socket);
      const most = await flood(slow.socket, (i) => send(slow.socket, i));
      expect(most).to.be.within(maxBufferedBytes / 2, maxBufferedBytes);
      const { reason, code, message } = await ended;
      expect([reason, code]).to.eql(["forced server close", "SLOW_CONSUMER"]);
      expect(message).to.match(
        /^The client does not read its packets: \d+ bytes are buffered for it, and the limit is 262144$/,
      );
      const [first, ...others] = told.filter(({ code }) => code === "SLOW_CONSUMER");
      expect(others).to.eql([]);
      expect(first.detail).to.only.have.keys("bufferedBytes", "maxBufferedBytes");
      await freed(slow.socket);
      expect(honest.socket.connected).to.be(true);
      await heard(honest);
      resume(slow);
      expect(await slow.wire.closed).to.be(1006);
    });
  }

  it("counts acknowledgements too [security 6]", async () => {
    const running = await startGuarded();
    const { socket, wire } = await joinWire(running);
    socket.on("ask", (answer: (text: string) => void) => answer(KILOBYTE));
    pause({ wire });
    await fill(socket);
    const ended = ending(socket);
    const most = await flood(socket, (i) => wire.send(`42${i}["ask"]`));
    expect((await ended).code).to.be("SLOW_CONSUMER");
    expect(most).to.be.within(1, maxBufferedBytes);
  });

  it("counts all namespaces of a connection, and disconnects them with it [security 6]", async () => {
    const running = await startGuarded();
    running.io.of("/chat");
    const main = await joinWire(running);
    const chat = await joinMore(running.io, main.wire, "/chat");
    await stall(main);
    const ends = Promise.all([ending(main.socket), ending(chat.socket)]);
    await flood(main.socket, (i) => (i % 2 ? main : chat).socket.emit("n", KILOBYTE));
    expect((await ends).map(({ code }) => code)).to.eql(["SLOW_CONSUMER", "SLOW_CONSUMER"]);
  });

  it("works over TLS [security 6]", async () => {
    const httpServer = createHttps(certificate);
    const io = new Server(httpServer, { slowConsumer: { maxBufferedBytes } });
    httpServer.listen(0);
    const wire = await openWire(await addressOf(io, "https"), "EIO=4", { ca: certificate.cert });
    const joined = await joinMore(io, wire, "/");
    await stall(joined);
    const ended = ending(joined.socket);
    const most = await flood(joined.socket, () => joined.socket.emit("n", KILOBYTE));
    expect((await ended).code).to.be("SLOW_CONSUMER");
    expect(most).to.be.within(1, maxBufferedBytes);
    await freed(joined.socket);
  });

  it("works over long-polling, where clients that poll may receive any amount [security 6]", async () => {
    const running = await startGuarded();
    const slow = await joinPolling(running);
    const honest = await joinPolling(running);
    const ended = ending(slow.socket);
    for (let i = 0; slow.socket.connected; i++) {
      running.io.emit("n", i, KILOBYTE);
      expect(slow.socket.bufferedBytes).to.be.below(maxBufferedBytes + 1);
      if (i % 100 === 99) {
        const packets = await honest.polling.poll();
        expect(packets[packets.length - 1]).to.be(`42["n",${i},"${KILOBYTE}"]`);
      }
    }
    expect((await ended).code).to.be("SLOW_CONSUMER");
    await freed(slow.socket);
    expect(honest.socket.connected).to.be(true);
  });

  it("works with clients of protocol 3 [security 6, 85]", async () => {
    const running = await startGuarded("disconnect", { allowEIO3: true });
    const connected = nextEvent(running.io, "connection");
    const wire = await openWire(running.url, "EIO=3");
    const [socket] = await connected;
    await stall({ wire, socket });
    const ended = ending(socket);
    await flood(socket, () => socket.emit("n", KILOBYTE));
    expect((await ended).code).to.be("SLOW_CONSUMER");
    await freed(socket);
  });

  it("counts each buffered packet, also of very small events [security 6, 20]", async () => {
    const joined = await joinWire(await startGuarded());
    await stall(joined);
    const ended = ending(joined.socket);
    const most = await flood(joined.socket, (i) => joined.socket.emit("n", i));
    // about 110 bytes are counted for an event of 12 bytes
    expect(most).to.be.below(maxBufferedBytes / 2);
    expect((await ended).code).to.be("SLOW_CONSUMER");
  });

  it("accepts an event that is larger than the limit, if nothing is buffered [security 6]", async () => {
    const joined = await joinWire(await startGuarded());
    const large = "y".repeat(2 * maxBufferedBytes);
    for (let i = 0; i < 3; i++) {
      joined.socket.emit("large", large);
      expect(String(await joined.wire.next()).length).to.be.above(large.length);
      await joined.socket.drained();
    }
    expect(joined.socket.connected).to.be(true);
  });

  it("does not prevent other receivers from receiving the same event [security 6]", async () => {
    const running = await startGuarded();
    const slow = await joinWire(running);
    const honest = await joinWire(running);
    await stall(slow);
    const uncaught = takeUncaught();
    slow.socket.on("disconnect", () => {
      throw new Error("by a listener");
    });
    let sent = 0;
    for (; slow.socket.connected; sent++) {
      running.io.emit("n", sent, KILOBYTE);
      sent % 16 === 15 && (await turn());
    }
    const frames = await receivedBy(honest);
    expect(frames).to.have.length(sent);
    expect(uncaught).to.eql(["by a listener"]);
    await freed(slow.socket);
  });
});

ownSuite('slowConsumer with the policy "drop-volatile"', () => {
  it("drops volatile events, keeps other events, and closes the connection at twice the limit [security 6]", async () => {
    const running = await startGuarded("drop-volatile");
    const joined = await joinWire(running);
    const { socket } = joined;
    const sent = await stall(joined);
    let kept = 0;
    while (socket.bufferedBytes < 1.5 * maxBufferedBytes) {
      socket.emit("n", kept++, KILOBYTE);
      socket.volatile.emit("volatile", kept);
      running.io.volatile.emit("volatile", kept);
    }
    await turn();
    expect(socket.connected).to.be(true);
    await takeFilling(joined, sent);
    const frames = await receivedBy(joined);
    expect(frames).to.eql(Array.from({ length: kept }, (_, i) => `42["n",${i},"${KILOBYTE}"]`));

    await stall(joined);
    const ended = ending(socket);
    const most = await flood(socket, () => socket.emit("n", KILOBYTE));
    expect(most).to.be.within(1.75 * maxBufferedBytes, 2 * maxBufferedBytes);
    expect((await ended).code).to.be("SLOW_CONSUMER");
  });
});

ownSuite("slowConsumer with a function as policy", () => {
  it("calls the function for each packet beyond the limit; it can decide by namespace, for example [security 6]", async () => {
    const asked: [string, number][] = [];
    const running = await startGuarded((socket, bytes) => {
      asked.push([socket.nsp.name, bytes]);
      return socket.nsp.name === "/prices" ? "drop" : bytes > 3 * maxBufferedBytes ? "disconnect" : "keep";
    });
    running.io.of("/prices");
    const main = await joinWire(running);
    const prices = await joinMore(running.io, main.wire, "/prices");
    const sent = await stall(main);
    for (let i = 0; i < 400; i++) {
      main.socket.emit("kept", i, KILOBYTE);
      prices.socket.emit("price", i, KILOBYTE);
      running.io.of("/prices").emit("price to all", i, Buffer.alloc(10));
    }
    expect(asked.every(([, bytes]) => bytes > maxBufferedBytes)).to.be(true);
    const names = new Set(asked.map(([name]) => name));
    expect([...names].sort()).to.eql(["/", "/prices"]);
    await takeFilling(main, sent);
    const frames = (await receivedBy(main)).map(String);
    const dropped = asked.filter(([name]) => name === "/prices").length;
    expect(frames.filter((frame) => frame.startsWith('42["kept"')).length).to.be(400);
    expect(frames.filter((frame) => frame.includes("/prices")).length).to.be(800 - dropped);

    await stall(main);
    const ended = ending(prices.socket);
    await flood(main.socket, () => main.socket.emit("n", KILOBYTE));
    expect((await ended).code).to.be("SLOW_CONSUMER");
  });

  it("reports dropped packets once per second, with their number [security 6]", async () => {
    const running = await startGuarded(() => "drop");
    const told = guardMessages(running.io);
    const joined = await joinWire(running);
    const { socket } = joined;
    await stall(joined);
    const clock = stopClock();
    while (told.length === 0) {
      socket.emit("kept until the first is dropped", KILOBYTE);
    }
    for (let i = 1; i < 2500; i++) {
      i % 1000 === 500 && clock.tick(1000);
      socket.nsp.emit("dropped", KILOBYTE + KILOBYTE);
    }
    expect(told.map(({ code, detail }) => [code, (detail as any).dropped])).to.eql([
      ["SLOW_CONSUMER", 1],
      ["SLOW_CONSUMER", 500],
      ["SLOW_CONSUMER", 1000],
    ]);
    expect(told[0]).to.only.have.keys("code", "address", "conn", "socket", "nsp", "detail");
    expect(told[0].socket).to.be(socket);
    expect((told[0].detail as any).bufferedBytes).to.be.above(maxBufferedBytes);
    expect((told[0].detail as any).maxBufferedBytes).to.be(maxBufferedBytes);
  });

  it("closes the connection if the function returns another value, or throws [security 6]", async () => {
    const uncaught = takeUncaught();
    for (const policy of [
      () => undefined as any,
      () => {
        throw new Error("by the policy");
      },
    ]) {
      const joined = await joinWire(await startGuarded(policy));
      await stall(joined);
      const ended = ending(joined.socket);
      await flood(joined.socket, () => joined.socket.nsp.emit("n", KILOBYTE));
      expect((await ended).code).to.be("SLOW_CONSUMER");
    }
    expect(uncaught).to.eql(["by the policy"]);
  });
});
