import { createServer } from "node:http";
import expect from "expect.js";
import { ask, askHandshake } from "../support/http";
import { heard, type Joined, joinPolling, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { listen, type Running, startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

/** A duration that no test reaches: the next batch, or the end of the time, would follow after the test. */
const AMPLE = 60_000;

const SOON = { intervalMs: 1, timeoutMs: AMPLE };

async function joinMany(running: Running, count: number): Promise<Joined[]> {
  const joined: Joined[] = [];
  for (let i = 0; i < count; i++) {
    joined.push(await joinWire(running));
  }
  return joined;
}

ownSuite("io.close({ drain }): clients", () => {
  it("are closed in batches; clients that are still connected are served", async () => {
    const running = await startServer();
    const joined = await joinMany(running, 5);
    const report = running.io.close({ drain: { batchSize: 2, intervalMs: AMPLE, timeoutMs: AMPLE } });
    await Promise.all(joined.slice(0, 2).map(({ wire }) => wire.closed));
    const staying = joined.slice(2);
    for (const one of staying) {
      await heard(one);
    }
    running.io.emit("still here");
    expect(await staying[0].wire.next()).to.be('42["still here"]');
    running.io.close();
    expect((await report).disconnected).to.be(5);
  });

  it("are all closed in the end, batch by batch, and then the HTTP server is closed", async () => {
    const running = await startServer();
    const joined = await joinMany(running, 5);
    const reasons: string[] = [];
    for (const { socket } of joined) {
      socket.on("disconnect", (reason) => reasons.push(reason));
    }
    const report = await running.io.close({ drain: { ...SOON, batchSize: 2 } });
    expect(report).to.eql({ disconnected: 5, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] });
    expect(reasons).to.eql(Array(5).fill("server shutting down"));
    expect(running.httpServer.listening).to.be(false);
    expect(await Promise.all(joined.map(({ wire }) => wire.closed))).to.eql(Array(5).fill(1005));
  });

  it("see a closed transport, so that they reconnect by themselves", async () => {
    const { io, pair } = await startServer();
    const { client } = await pair("/", { reconnectionDelay: AMPLE });
    const left = nextEvent(client, "disconnect");
    await io.close({ drain: SOON });
    expect((await left)[0]).to.be("transport close");
    expect(client.active).to.be(true);
  });

  it("in several namespaces leave all of them at once, and count once", async () => {
    const running = await startServer();
    running.io.of("/other");
    const { wire } = await joinWire(running);
    await wire.join("/other");
    const reasons: string[] = [];
    for (const { sockets } of running.io._nsps.values()) {
      for (const socket of sockets.values()) {
        socket.on("disconnect", (reason) => reasons.push(`${socket.nsp.name}: ${reason}`));
      }
    }
    expect((await running.io.close({ drain: SOON })).disconnected).to.be(1);
    expect(reasons).to.eql(["/: server shutting down", "/other: server shutting down"]);
  });

  it("whose handlers throw do not stop the drain", async () => {
    const running = await startServer();
    const [first, second] = await joinMany(running, 2);
    first.socket.on("disconnect", () => {
      throw new Error("no");
    });
    expect((await running.io.close({ drain: SOON })).disconnected).to.be(2);
    await Promise.all([first.wire.closed, second.wire.closed]);
  });

  it("that have not joined a namespace, or whose middleware is pending, are closed too", async () => {
    const running = await startServer();
    const waiting = new Promise((resolve) => running.io.use((socket) => resolve(socket)));
    const [silent, held] = [await openWire(running.url), await openWire(running.url)];
    held.send("40");
    await waiting;
    expect((await running.io.close({ drain: SOON })).disconnected).to.be(1);
    await Promise.all([silent.closed, held.closed]);
    expect(running.io.sockets._preConnectSockets.size).to.be(0);
  });
});

ownSuite("io.close({ drain }): new connections", () => {
  it("are refused, while open connections are served, also over polling", async () => {
    const running = await startServer();
    const { io, url, httpServer } = running;
    const { polling, socket } = await joinPolling(running);
    const answer = socket.emitWithAck("question");
    const drained = io.close({ drain: SOON });
    const refused = await askHandshake(url);
    expect([refused.status, JSON.parse(refused.text).message]).to.eql([403, "Server shutting down"]);
    expect(await openWire(url).catch((error: Error) => error.message)).to.contain("400");
    expect(httpServer.listening).to.be(true);
    expect(await polling.next()).to.be('420["question"]');
    await polling.post('430["answer"]');
    expect(await answer).to.be("answer");
    expect(await polling.next()).to.be("1");
    expect(await drained).to.eql({ disconnected: 1, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] });
  });
});

ownSuite("io.close({ drain }): pending data", () => {
  it("delays the closing: an answer that the server has requested", async () => {
    const running = await startServer();
    const [busy, idle] = await joinMany(running, 2);
    const answer = busy.socket.emitWithAck("question");
    const drained = running.io.close({ drain: SOON });
    await idle.wire.closed;
    expect(busy.socket.connected).to.be(true);
    busy.wire.send('430["at last"]');
    expect(await answer).to.be("at last");
    expect(await drained).to.eql({ disconnected: 2, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] });
  });

  it("delays the closing: data that a client has not read", async () => {
    const running = await startServer();
    const joined = await joinWire(running);
    const { wire, socket } = joined;
    const tcp = (wire.ws as any)._socket;
    tcp.pause();
    for (let i = 0; i < 20; i++) {
      socket.emit("much", "x".repeat(1_000_000));
    }
    await eventually(() => !socket.conn.transport.writable);
    const other = await joinWire(running);
    const drained = running.io.close({ drain: SOON });
    await other.wire.closed;
    expect(socket.connected).to.be(true);
    tcp.resume();
    for (let i = 0; i < 20; i++) {
      expect(String(await wire.next()).length).to.be(1_000_013);
    }
    expect(await drained).to.eql({ disconnected: 2, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] });
  });

  it("delays the closing: a client without a pending poll has not received the close packet", async () => {
    const running = await startServer();
    const { polling, socket } = await joinPolling(running);
    const other = await joinWire(running);
    const drained = running.io.close({ drain: SOON });
    await heard(other);
    expect(socket.connected).to.be(true);
    expect(await polling.next()).to.be("1");
    await other.wire.closed;
    expect((await drained).cut).to.be(0);
  });

  it("is dropped when the time is over, and reported", async () => {
    const running = await startServer({ ackOnDisconnect: "reject" });
    const [busy, ...others] = await joinMany(running, 3);
    const answer = busy.socket.emitWithAck("question").catch((error) => error.code);
    const drained = running.io.close({ drain: { intervalMs: 1, timeoutMs: 20 } });
    await Promise.all(others.map(({ wire }) => wire.closed));
    expect(await drained).to.eql({ disconnected: 3, cut: 1, pendingAcks: 1, destroyed: 0, adapters: [] });
    expect(await answer).to.be("SOCKET_DISCONNECTED");
    await busy.wire.closed;
  });

  it("is dropped when the time is over, also data that a client does not read", async () => {
    const running = await startServer();
    const { wire, socket } = await joinWire(running);
    wire.ws.pause();
    for (let i = 0; i < 20; i++) {
      socket.emit("much", "x".repeat(1_000_000));
    }
    const report = await running.io.close({
      closeHttpServer: false,
      drain: { intervalMs: 1, timeoutMs: 20 },
    });
    expect(report).to.eql({ disconnected: 1, cut: 1, pendingAcks: 0, destroyed: 0, adapters: [] });
    expect(socket.connected).to.be(false);
    wire.ws.terminate();
  });

  it("does not delay the closing further if another request keeps the HTTP server open", async () => {
    const httpServer = createServer();
    const asked = nextEvent(httpServer, "request");
    const { io, url } = await listen(new Server(httpServer), httpServer);
    const answer = ask(`${url}/slow`);
    const [, res] = await asked;
    await io.close({ drain: { timeoutMs: 1 } });
    expect(httpServer.listening).to.be(false);
    res.end("late");
    expect((await answer).text).to.be("late");
  });
});

ownSuite("io.close({ drain }): another close()", () => {
  it("of the same kind returns the same report", async () => {
    const running = await startServer();
    const busy = await joinWire(running);
    busy.socket.emit("question", () => {});
    const first = running.io.close({ drain: SOON });
    const second = running.io.close({ drain: { timeoutMs: 1 } });
    await busy.wire.next();
    busy.wire.send("430[]");
    expect(await first).to.eql({ disconnected: 1, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] });
    expect(await second).to.be(await first);
  });

  for (const [how, hurry] of [
    ["without options", (io: Running["io"]) => io.close()],
    ["without a drain", (io: Running["io"]) => io.close({})],
  ] as const) {
    it(`${how} closes all clients at once`, async () => {
      const running = await startServer();
      const joined = await joinMany(running, 3);
      joined[2].socket.emit("question", () => {});
      const report = running.io.close({ drain: { batchSize: 1, intervalMs: AMPLE, timeoutMs: AMPLE } });
      await joined[0].wire.closed;
      await hurry(running.io);
      await Promise.all(joined.map(({ wire }) => wire.closed));
      expect(await report).to.eql({ disconnected: 3, cut: 1, pendingAcks: 1, destroyed: 0, adapters: [] });
      expect(running.httpServer.listening).to.be(false);
    });
  }

  it("resolves with the same report, without an error, while the HTTP server is closing", async () => {
    const httpServer = createServer();
    const running = await listen(new Server(httpServer), httpServer);
    const asked = nextEvent<[unknown, { end(): void }]>(httpServer, "request");
    const answer = ask(running.url);
    const [, response] = await asked;
    const first = running.io.close({ drain: SOON });
    await eventually(() => !httpServer.listening);
    // all clients are closed, except this request
    const again = running.io.close({ drain: SOON });
    let error: unknown;
    const closed = running.io.close((problem) => {
      error = problem;
    });
    response.end();
    await Promise.all([answer, closed]);
    expect(error).to.be(undefined);
    expect(await again).to.be(await first);
  });

  it("closes the connections that remained open", async () => {
    const httpServer = createServer((_req, res) => res.end("other"));
    const { io, url } = await listen(new Server(httpServer), httpServer);
    await io.close({ closeHttpServer: false, drain: true });
    expect((await ask(url)).text).to.be("other");
    await io.close();
    expect(httpServer.listening).to.be(false);
  });
});
