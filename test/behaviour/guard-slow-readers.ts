import { getEventListeners } from "node:events";
import { createServer as createHttps } from "node:https";
import expect from "expect.js";
import { certificate } from "../support/certificate";
import { fastPathServes, isFast } from "../support/fast-path";
import { addressOf } from "../support/http";
import { type AnySocket, joinMore, joinPolling, joinWire, writable } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { fill, pause, resume, stall, takeFilling } from "../support/slow-reader";
import { Server } from "../support/subject";
import { nextEvent, turn } from "../support/waiting";
import { connectWire, openWire } from "../support/wire";

/** Resolves with the error with which a promise rejects. */
async function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => expect().fail("it was not rejected"),
    (error) => error,
  );
}

/** The number of listeners of the connection and its transport. */
function listeners({ conn }: AnySocket): number {
  const { transport } = conn as any;
  return [conn as any, transport].reduce(
    (sum, emitter) =>
      emitter.eventNames().reduce((all: number, name: string) => all + emitter.listenerCount(name), sum),
    0,
  );
}

async function startSecure(): Promise<Pick<Running, "io" | "url">> {
  const httpServer = createHttps(certificate);
  const io = new Server(httpServer);
  httpServer.listen(0);
  return { io, url: await addressOf(io, "https") };
}

ownSuite("socket.bufferedBytes", () => {
  it("is 0 while the client reads [security 6]", async () => {
    const joined = await joinWire(await startServer());
    joined.socket.emit("hello", "x".repeat(1000));
    await writable(joined);
    await turn();
    expect(joined.socket.bufferedBytes).to.be(0);
  });

  it("counts the data that is buffered until the end of the turn, and the data in the engine [security 6]", async () => {
    const { socket, wire } = await joinWire(await startServer());
    for (let i = 0; i < 20; i++) {
      socket.emit("n", "é".repeat(50), Buffer.alloc(100));
    }
    expect(socket.bufferedBytes).to.be.above(fastPathServes ? 20 * 200 : 19 * 200);
    expect(socket.bufferedBytes).to.be.below(20 * 300);
    await socket.drained();
    expect(socket.bufferedBytes).to.be(0);
    await wire.next();
  });

  for (const network of ["HTTP", "HTTPS"]) {
    it(`grows while the client does not read over ${network}, and is 0 when the client has read all [security 6]`, async () => {
      const running = network === "HTTPS" ? await startSecure() : await startServer();
      const wire = await openWire(running.url, "EIO=4", { ca: certificate.cert });
      const joined = await joinMore(running.io, wire, "/");
      const { socket } = joined;
      expect(isFast(socket)).to.be(fastPathServes);
      const sent = await stall(joined);
      const before = socket.bufferedBytes;
      socket.emit("more", "y".repeat(1000));
      socket.emit("more", Buffer.alloc(1000));
      expect(socket.bufferedBytes - before).to.be.above(2000);
      expect(socket.bufferedBytes - before).to.be.below(2100);
      const all = socket.drained();
      await takeFilling(joined, sent);
      await all;
      expect(socket.bufferedBytes).to.be(0);
    });
  }

  it("is the same in all namespaces of a connection [security 6]", async () => {
    const running = await startServer();
    running.io.of("/chat");
    const main = await joinWire(running);
    const chat = await joinMore(running.io, main.wire, "/chat");
    await stall(main);
    expect(chat.socket.bufferedBytes).to.be(main.socket.bufferedBytes);
    chat.socket.emit("more", "x");
    expect(chat.socket.bufferedBytes).to.be(main.socket.bufferedBytes);
  });

  it("is the data that is buffered until the next poll over long-polling [security 6]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    expect(socket.bufferedBytes).to.be(0);
    socket.emit("a", "é");
    socket.emit("b", Buffer.alloc(10));
    expect(socket.bufferedBytes).to.be(
      '2["a","é"]'.length + 1 + '51-["b",{"_placeholder":true,"num":0}]'.length + 10,
    );
    expect(await polling.poll()).to.have.length(3);
    expect(socket.bufferedBytes).to.be(0);
  });
});

ownSuite("socket.drained()", () => {
  it("resolves at once if nothing is buffered [security 6]", async () => {
    const joined = await joinWire(await startServer());
    await joined.socket.drained();
    joined.socket.emit("hello");
    await joined.socket.drained();
    expect(joined.socket.bufferedBytes).to.be(0);
    expect(await joined.wire.next()).to.be('42["hello"]');
  });

  it("resolves when the client has read, for all calls, and leaves nothing behind [security 6]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    await writable(joined);
    const before = listeners(socket);
    const sent = await stall(joined);
    const settled: string[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const waiters = [
      socket.drained().then(() => settled.push("all")),
      socket.drained({ below: 1e9 }).then(() => settled.push("much")),
      socket.drained({ signal }).then(() => settled.push("with a signal")),
    ];
    await turn();
    expect(settled).to.eql(["much"]);
    await takeFilling(joined, sent);
    await Promise.all(waiters);
    expect(settled).to.eql(["much", "all", "with a signal"]);
    expect(socket.bufferedBytes).to.be(0);
    expect(listeners(socket)).to.be(before);
    expect(getEventListeners(signal, "abort")).to.have.length(0);
    expect(isFast(socket)).to.be(fastPathServes);
  });

  it("resolves as soon as at most `below` bytes are buffered [security 6]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    const sent = await stall(joined);
    for (let i = 0; i < 100; i++) {
      socket.emit("more", "y".repeat(10_000));
    }
    const waiting = socket.bufferedBytes;
    const some = socket.drained({ below: 1_000_000 }).then(() => socket.bufferedBytes);
    await takeFilling(joined, sent);
    expect(waiting).to.be.above(1_000_000);
    expect(await some).to.be.within(0, 1_000_000);
  });

  it("resolves when the client has polled over long-polling [security 6]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    const before = listeners(socket);
    socket.emit("a");
    let isDrained = false;
    const drained = socket.drained().then(() => {
      isDrained = true;
    });
    await turn();
    expect(isDrained).to.be(false);
    expect(await polling.poll()).to.eql(['42["a"]']);
    await drained;
    expect(listeners(socket)).to.be(before);
  });

  it("continues over the WebSocket to which the client upgrades [security 6, 39]", async () => {
    const running = await startServer();
    const { polling, socket } = await joinPolling(running);
    const wire = await openUpgrade(running, polling.opened.sid);
    expect(await polling.poll()).to.eql(["6"]);
    // more than the operating system accepts at once
    socket.emit("a", "x".repeat(8 * 1024 * 1024));
    const drained = socket.drained();
    const upgraded = nextEvent(socket.conn as any, "upgrade");
    pause({ wire });
    wire.send("5");
    await upgraded;
    await turn();
    expect(socket.bufferedBytes).to.be.above(0);
    resume({ wire });
    await drained;
    expect(String(await wire.next()).slice(0, 10)).to.be('42["a","xx');
    expect(socket.bufferedBytes).to.be(0);
  });

  it("rejects when the client leaves the namespace, or has left it [security 6]", async () => {
    const running = await startServer();
    running.io.of("/chat");
    const main = await joinWire(running);
    const chat = await joinMore(running.io, main.wire, "/chat");
    await stall(main);
    let isSettled = false;
    const inMain = rejection(main.socket.drained()).finally(() => {
      isSettled = true;
    });
    const inChat = rejection(chat.socket.drained());
    chat.socket.disconnect();
    expect((await inChat).code).to.be("SOCKET_DISCONNECTED");
    expect((await rejection(chat.socket.drained())).code).to.be("SOCKET_DISCONNECTED");
    await turn();
    expect(isSettled).to.be(false);
    (main.wire.ws as any)._socket.destroy();
    expect((await inMain).code).to.be("SOCKET_DISCONNECTED");
  });

  it("rejects with the reason of the signal, before or during the wait [security 6]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    const before = listeners(socket);
    await stall(joined);
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = rejection(socket.drained({ signal }));
    const reason = new Error("too slow");
    controller.abort(reason);
    expect(await waiting).to.be(reason);
    expect(await rejection(socket.drained({ signal }))).to.be(reason);
    expect(getEventListeners(signal, "abort")).to.have.length(0);
    expect(listeners(socket)).to.be(before);
  });

  it("throws an error if `below` is not a number of bytes [security 6]", async () => {
    const { socket } = await joinWire(await startServer());
    const error = await rejection(socket.drained({ below: "a few" as any }));
    expect(error.message).to.be('"below" must be a number of bytes, got "a few"');
  });

  it("allows a sender to match the speed of its reader [security 6]", async () => {
    const joined = await joinWire(await startServer());
    const { socket, wire } = joined;
    pause(joined);
    await fill(socket);
    let most = 0;
    const sending = (async () => {
      for (let i = 0; i < 300; i++) {
        await socket.drained({ below: 100_000 });
        socket.emit("chunk", i, "z".repeat(10_000));
        most = Math.max(most, socket.bufferedBytes);
      }
      socket.emit("done");
    })();
    resume(joined);
    while ((await wire.next()) !== '42["done"]') {}
    await sending;
    expect(most).to.be.within(1, 120_000);
  });
});

/** A WebSocket that has sent its probe, as the client of engine.io does. */
async function openUpgrade({ url }: Pick<Running, "url">, sid: string) {
  const wire = await connectWire(url, `EIO=4&sid=${sid}`);
  wire.send("2probe");
  expect(await wire.next()).to.be("3probe");
  return wire;
}
