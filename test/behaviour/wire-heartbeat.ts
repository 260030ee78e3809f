import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextEvents, nextValue } from "../support/waiting";
import { openPolling, openWire, type Wire } from "../support/wire";

/** Answers all pings. */
function answerPings({ ws }: Wire): void {
  ws.on("message", (data, binary) => {
    if (!binary && String(data) === "2") {
      ws.send("3");
    }
  });
}

/** Resolves with the next ping. */
function nextPing({ ws }: Wire): Promise<void> {
  return new Promise((resolve) => {
    ws.on("message", (data) => {
      if (String(data) === "2") {
        resolve();
      }
    });
  });
}

/** Resolves with the reason for which the next connection ends. */
function nextEnd(io: Running["io"]): Promise<string> {
  return new Promise((resolve) => {
    io.engine.once("connection", (conn: EventEmitter) => conn.once("close", resolve));
  });
}

describe("the heartbeat of protocol 4", () => {
  it("is a ping of the server, the next one after each pong [37]", async () => {
    const clock = stopClock({ engine: true });
    const { io, url } = await startServer({ pingInterval: 5 });
    const connected = nextValue(io.engine, "connection");
    const wire = await openWire(url);
    answerPings(wire);
    const conn = await connected;
    for (let i = 0; i < 3; i++) {
      const beat = nextEvent(conn, "heartbeat");
      clock.tick(5);
      await beat;
    }
    expect(conn.readyState).to.be("open");
    expect(await wire.join()).to.match(/^40/);
  });

  it("works over polling too [37]", async () => {
    const { io, url } = await startServer({ pingInterval: 5 });
    const connected = nextValue(io.engine, "connection");
    const wire = await openPolling(url);
    const conn = await connected;
    for (let i = 0; i < 3; i++) {
      expect(await wire.poll()).to.eql(["2"]);
      const beat = nextEvent(conn, "heartbeat");
      await wire.post("3");
      await beat;
    }
    expect(conn.readyState).to.be("open");
  });

  it("does not send another ping before a pong has arrived [37]", async () => {
    const clock = stopClock({ engine: true });
    const { io, url } = await startServer({ pingInterval: 5, pingTimeout: 50 });
    const ended = nextEnd(io);
    const wire = await openWire(url);
    const pings: string[] = [];
    wire.ws.on("message", (data) => pings.push(String(data)));
    clock.tick(55);
    expect(await ended).to.be("ping timeout");
    await wire.closed;
    expect(pings).to.eql(["2"]);
  });

  it("without the client's answer ends the connection with ping timeout [37, 53]", async () => {
    const clock = stopClock({ engine: true });
    const { io, url } = await startServer({ pingInterval: 5, pingTimeout: 50 });
    io.of("/chat");
    const main = nextValue(io, "connection");
    const wire = await openWire(url);
    wire.send("40");
    const socket = await main;
    const disconnected = nextEvent(socket, "disconnect");
    clock.tick(55);
    expect((await disconnected)[0]).to.be("ping timeout");
    expect(await wire.closed).to.be(1005);
    expect(io.engine.clientsCount).to.be(0);
  });

  it("without a polling client's answer closes its polls [37]", async () => {
    const clock = stopClock({ engine: true });
    const { io, url } = await startServer({ pingInterval: 5, pingTimeout: 50 });
    const ended = nextEnd(io);
    const wire = await openPolling(url);
    clock.tick(5);
    expect(await wire.poll()).to.eql(["2"]);
    const last = wire.poll().catch((error: Error) => [error.message]);
    clock.tick(50);
    expect(await ended).to.be("ping timeout");
    expect((await last)[0]).to.match(/^(1|the poll was answered with 400 .*Session ID unknown.*)$/);
  });

  it("without a ping makes the client close the connection with ping timeout [37]", async () => {
    const clock = stopClock({ engine: true });
    const { io, httpServer, connect } = await startServer({ pingInterval: 40, pingTimeout: 40 });
    const upgraded = nextEvent<[unknown, Duplex]>(httpServer, "upgrade");
    // the client has received its timeout; the server must wait longer
    io.engine.on("connection", () => {
      io.engine.opts.pingTimeout = 20_000;
    });
    const connected = nextValue(io, "connection");
    const client = connect("/", { transports: ["websocket"], reconnection: false });
    const told = nextEvent(client, "disconnect");
    const [, stream] = await upgraded;
    const socket = await connected;
    await nextEvent(client, "connect");
    stream.cork();
    onTestEnd(() => stream.uncork());
    clock.tick(80);
    expect((await told)[0]).to.be("ping timeout");
    expect(socket.connected).to.be(true);
    stream.uncork();
    expect((await nextEvent(socket, "disconnect"))[0]).to.be("transport close");
  });

  it("accepts any packet instead of a pong as a sign of life, once [37]", async () => {
    const clock = stopClock({ engine: true });
    const { io, url } = await startServer({ pingInterval: 10, pingTimeout: 1_000 });
    const order: string[] = [];
    /** A client that answers no ping. */
    const open = async (name: string) => {
      const connected = nextValue(io.engine, "connection");
      const wire = await openWire(url);
      const conn = await connected;
      conn.on("close", (reason: string) => order.push(`${name}: ${reason}`));
      const pinged = nextPing(wire);
      clock.tick(10);
      await pinged;
      return { wire, conn };
    };
    const speaking = await open("speaking");
    await open("silent");
    clock.tick(1);
    const heard = nextEvent(speaking.conn, "packet");
    speaking.wire.send("6");
    await heard;
    await open("later");
    clock.tick(1);
    const more = nextEvents(speaking.conn, "packet", 2);
    speaking.wire.send("6", "6");
    await more;
    clock.tick(1_000);
    // without its first packet it would time out first, with all three packets last
    expect(order).to.eql(["silent: ping timeout", "speaking: ping timeout", "later: ping timeout"]);
  });

  it("in the other direction is an error: a ping of the client closes the connection [37]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io, "connection");
    const wire = await openWire(url);
    await wire.join();
    const socket = await connected;
    const closed = nextEvent(socket.conn, "close");
    const disconnected = nextEvent(socket, "disconnect");
    wire.send("2");
    const [reason, error] = await closed;
    expect(reason).to.be("transport error");
    expect(error).to.be.an(Error);
    expect(error.message).to.be("invalid heartbeat direction");
    expect(await disconnected).to.eql(["transport error", error]);
    expect(await wire.closed).to.be(1005);
  });

  it("accepts a pong without a ping [37]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    const wire = await openWire(url);
    const beat = nextEvent(await connected, "heartbeat");
    wire.send("3");
    await beat;
    expect(await wire.join()).to.match(/^40/);
  });
});

describe("the heartbeat of protocol 3", () => {
  it("is a ping of the client, which the server answers [37, 85]", async () => {
    const { io, url } = await startServer({ allowEIO3: true, pingInterval: 5 });
    const connected = nextValue(io.engine, "connection");
    const wire = await openWire(url, "EIO=3");
    expect(await wire.next()).to.be("40");
    const beats = nextEvents(await connected, "heartbeat", 2);
    wire.ws.send("2");
    wire.ws.send("2hello");
    expect([await wire.next(), await wire.next()]).to.eql(["3", "3"]);
    await beats;
  });

  it("is not sent by the server [37, 85]", async () => {
    const clock = stopClock({ engine: true });
    const { io, url } = await startServer({ allowEIO3: true, pingInterval: 10, pingTimeout: 50 });
    const ended = nextEnd(io);
    const created: string[] = [];
    io.engine.on("connection", (conn: EventEmitter) =>
      conn.on("packetCreate", ({ type }: { type: string }) => created.push(type)),
    );
    const wire = await openWire(url, "EIO=3");
    wire.send("2");
    await eventually(() => created.length === 2);
    clock.tick(60);
    expect(await ended).to.be("ping timeout");
    expect(created).to.eql(["message", "pong"]);
  });

  it("in the other direction is an error: a pong of the client closes the connection [37, 85]", async () => {
    const { io, url } = await startServer({ allowEIO3: true });
    const connected = nextValue(io, "connection");
    const wire = await openWire(url, "EIO=3");
    const socket = await connected;
    const disconnected = nextEvent(socket, "disconnect");
    wire.send("3");
    const [reason, error] = await disconnected;
    expect(reason).to.be("transport error");
    expect(error.message).to.be("invalid heartbeat direction");
  });
});
