import expect from "expect.js";
import { joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";
import { openWire, type Wire } from "../support/wire";

type Next = (error?: Error) => void;

interface Held {
  socket: any;
  next: Next;
}

/** A namespace whose middleware delays each client, and counts the clients that it accepts. */
async function startHolding(): Promise<
  Running & { chat: any; connections(): number; hold(wire: Wire): Promise<Held> }
> {
  const running = await startServer();
  const chat = running.io.of("/chat");
  let connections = 0;
  let told = (_held: Held) => {};
  chat.use((socket, next) => told({ socket, next }));
  chat.on("connection", () => connections++);
  const hold = (wire: Wire) =>
    new Promise<Held>((resolve) => {
      told = resolve;
      wire.send("40/chat,");
    });
  return { ...running, chat, connections: () => connections, hold };
}

describe("a client whose middleware is pending", () => {
  it("is among the connecting sockets, not among the connected sockets [44, 49]", async () => {
    const { chat, hold, url } = await startHolding();
    const wire = await openWire(url);
    const { socket, next } = await hold(wire);
    expect([...chat._preConnectSockets]).to.eql([[socket.id, socket]]);
    expect(chat.sockets.size).to.be(0);
    next();
    await wire.next();
    expect(chat._preConnectSockets.size).to.be(0);
    expect([...chat.sockets]).to.eql([[socket.id, socket]]);
  });

  it("is in neither list after a refusal [44, 49]", async () => {
    const { chat, hold, url } = await startHolding();
    const wire = await openWire(url);
    const { next } = await hold(wire);
    next(new Error("no"));
    await wire.next();
    expect(chat._preConnectSockets.size).to.be(0);
    expect(chat.sockets.size).to.be(0);
  });

  it("receives no broadcast [49]", async () => {
    const { chat, hold, url } = await startHolding();
    const wire = await openWire(url);
    const { socket, next } = await hold(wire);
    socket.join("room");
    chat.emit("too early");
    chat.to("room").emit("too early");
    next();
    expect(await wire.next()).to.match(/^40\/chat,\{"sid"/);
    chat.emit("in time");
    expect(await wire.next()).to.be('42/chat,["in time"]');
  });

  it("is not in the result of fetchSockets() [49, 67]", async () => {
    const { chat, hold, url } = await startHolding();
    const wire = await openWire(url);
    const { next } = await hold(wire);
    expect(await chat.fetchSockets()).to.eql([]);
    next();
    await wire.next();
    expect(await chat.fetchSockets()).to.have.length(1);
  });

  it("that disconnects is removed when next() is called, and does not connect [49]", async () => {
    const { io, chat, hold, url, connections } = await startHolding();
    const { wire, socket: main } = await joinWire({ io, url });
    const { socket, next } = await hold(wire);
    socket.join("room");
    const gone = nextEvent(main, "disconnect");
    wire.ws.close();
    await gone;
    next();
    await eventually(() => chat._preConnectSockets.size === 0);
    expect(connections()).to.be(0);
    expect(chat.sockets.size).to.be(0);
    expect(socket.connected).to.be(false);
    expect(socket.rooms.size).to.be(0);
    expect(chat.adapter.rooms.size).to.be(0);
  });

  ownTest("that disconnects is removed at once, though next() is never called [49]", async () => {
    const { io, chat, hold, url } = await startHolding();
    const { wire, socket: main } = await joinWire({ io, url });
    const { socket } = await hold(wire);
    socket.join("room");
    const gone = nextEvent(main, "disconnect");
    wire.ws.close();
    await gone;
    await eventually(() => chat._preConnectSockets.size === 0);
    expect(chat.adapter.rooms.size).to.be(0);
  });

  it("that disconnects is removed when it is refused afterwards [49]", async () => {
    const { io, chat, hold, url, connections } = await startHolding();
    const { wire, socket: main } = await joinWire({ io, url });
    const { next } = await hold(wire);
    const gone = nextEvent(main, "disconnect");
    wire.ws.close();
    await gone;
    next(new Error("no"));
    await eventually(() => chat._preConnectSockets.size === 0);
    expect(connections()).to.be(0);
  });

  it("does not affect others when it disconnects [49]", async () => {
    const { io, hold, url, connections } = await startHolding();
    const { wire, socket: main } = await joinWire({ io, url });
    const leaving = await hold(wire);
    const other = await openWire(url);
    const staying = await hold(other);
    const gone = nextEvent(main, "disconnect");
    wire.ws.close();
    await gone;
    leaving.next();
    staying.next();
    expect(await other.next()).to.match(/^40\/chat,/);
    expect(connections()).to.be(1);
  });

  it("can receive an event, which arrives before the CONNECT response [49, 55]", async () => {
    const { hold, url } = await startHolding();
    const wire = await openWire(url);
    const { socket, next } = await hold(wire);
    socket.emit("hello");
    next();
    expect(await wire.next()).to.be('42/chat,["hello"]');
    expect(await wire.next()).to.match(/^40\/chat,/);
  });

  it("does not delay the closing of the server, and is not accepted afterwards [49, 90]", async () => {
    const { io, hold, url, connections } = await startHolding();
    const wire = await openWire(url);
    const { next } = await hold(wire);
    await io.close();
    await wire.closed;
    next();
    await new Promise(setImmediate);
    expect(connections()).to.be(0);
  });
});

describe("a client whose connection is closed by a middleware", () => {
  it("receives neither a CONNECT response nor a refusal [49]", async () => {
    const { io, url } = await startServer();
    let connections = 0;
    io.use((socket, next) => {
      socket.conn.close();
      next();
    });
    io.on("connection", () => connections++);
    const wire = await openWire(url);
    wire.send("40");
    await wire.closed;
    expect(connections).to.be(0);
    let told: unknown;
    await wire.next().then(
      (frame) => {
        told = frame;
      },
      () => {},
    );
    expect(told).to.be(undefined);
  });
});
