import { createServer } from "node:http";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { heard, joinPolling, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { connectClient, startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextEvents } from "../support/waiting";

const AMPLE = 60_000;

ownSuite("io.close({ drain }): the listener", () => {
  it("closes before WebSockets are closed, which are served until their batch", async () => {
    const running = await startServer();
    const joined = [await joinWire(running), await joinWire(running)];
    const report = running.io.close({ drain: { batchSize: 1, intervalMs: AMPLE, timeoutMs: AMPLE } });
    expect(running.httpServer.listening).to.be(false);
    await joined[0].wire.closed;
    await heard(joined[1]);
    running.io.close();
    expect((await report).disconnected).to.be(2);
  });

  it("closes after the polling clients are closed, all of them before the first WebSocket", async () => {
    const running = await startServer();
    const { io, httpServer } = running;
    const over: string[] = [];
    io.on("connection", (socket) => {
      socket.on("disconnect", () => over.push(`${socket.conn.transport.name}, ${httpServer.listening}`));
    });
    const wire = await joinWire(running);
    const polling = [await joinPolling(running), await joinPolling(running), await joinPolling(running)];
    const polls = polling.map((one) => one.polling.poll());
    await eventually(() => polling.every(({ socket }) => socket.conn.transport.writable));
    const report = await io.close({ drain: { batchSize: 1, intervalMs: 1, timeoutMs: AMPLE } });
    expect(report).to.eql({ disconnected: 4, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] });
    expect(await Promise.all(polls)).to.eql([["1"], ["1"], ["1"]]);
    await wire.wire.closed;
    expect(over).to.eql(["polling, true", "polling, true", "polling, true", "websocket, false"]);
  });

  it("does not stay open for a polling client for more than half of the time", async () => {
    const running = await startServer();
    const { polling, socket } = await joinPolling(running);
    const wire = await joinWire(running);
    socket.emit("question", () => {});
    expect(await polling.next()).to.be('420["question"]');
    const report = await running.io.close({ drain: { intervalMs: 1, timeoutMs: 2_000 } });
    expect(report).to.eql({ disconnected: 2, cut: 1, pendingAcks: 1, destroyed: 0, adapters: [] });
    await wire.wire.closed;
  });

  it("remains open with closeHttpServer: false", async () => {
    const running = await startServer();
    await joinWire(running);
    const report = running.io.close({
      closeHttpServer: false,
      drain: { batchSize: 1, intervalMs: 1, timeoutMs: AMPLE },
    });
    expect(running.httpServer.listening).to.be(true);
    await report;
    expect(running.httpServer.listening).to.be(true);
  });
});

ownSuite("io.close({ drain }) on a port that another server takes over", () => {
  it("refuses no client, over either transport", async () => {
    const running = await startServer();
    const { io, httpServer, port, url } = running;
    const refused: unknown[] = [];
    io.engine.on("connection_error", (error: unknown) => refused.push(error));
    const connected = nextEvents(io, "connection", 12);
    const clients = Array.from({ length: 12 }, (_, index) =>
      connectClient(url, { transports: [index % 3 ? "websocket" : "polling"], reconnectionDelay: 50 }),
    );
    await connected;
    await Promise.all(clients.map((client) => eventually(() => client.connected)));

    const nextServer = createServer();
    const next = new Server(nextServer);
    onTestEnd(() => next.close());
    const back = nextEvents(next, "connection", clients.length);
    const drained = io.close({ drain: { batchSize: 3, intervalMs: 20, timeoutMs: 5_000 } });
    await eventually(() => !httpServer.listening);
    nextServer.listen(port);
    await nextEvent(nextServer, "listening");
    await back;
    expect(await drained).to.eql({ disconnected: 12, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] });
    expect(refused).to.eql([]);
  });
});
