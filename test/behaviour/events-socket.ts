import expect from "expect.js";
import { heard, joinMore, joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { Socket } from "../support/subject";
import { nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

describe("the connection event", () => {
  it("is emitted twice, as connect and then as connection, with the same socket [50]", async () => {
    const { io, url } = await startServer();
    const seen: unknown[] = [];
    io.on("connection", (socket) => seen.push("connection", socket));
    io.on("connect", (socket) => seen.push("connect", socket));
    const { socket } = await joinWire({ io, url });
    expect(seen).to.eql(["connect", socket, "connection", socket]);
  });

  it("has the namespace as this [50]", async () => {
    const { io, url } = await startServer();
    const seen: unknown[] = [];
    for (const name of ["connect", "connection"] as const) {
      io.of("/chat").on(name, function (this: unknown) {
        seen.push(this);
      });
    }
    await joinWire({ io, url }, "/chat");
    expect(seen).to.eql([io.of("/chat"), io.of("/chat")]);
  });

  it("has a socket that is connected, in its own room and in the map [50, 61, 63]", async () => {
    const { io, url } = await startServer();
    const seen: unknown[] = [];
    io.on("connect", (socket) => {
      const { connected, disconnected, rooms, id } = socket;
      seen.push(connected, disconnected, rooms.has(id), io.of("/").sockets.has(id));
    });
    await joinWire({ io, url });
    expect(seen).to.eql([true, false, true, true]);
  });

  it("is emitted before the first event of the client, which is received even if it was sent at once [50]", async () => {
    const { io, connect } = await startServer();
    const heardEvent = new Promise((resolve) => {
      io.on("connection", (socket) => {
        socket.on("hello", resolve);
      });
    });
    connect().emit("hello", 1);
    expect(await heardEvent).to.be(1);
  });

  it("is emitted also if a connect listener has disconnected the socket [50, 61]", async () => {
    const { io, url } = await startServer();
    const seen: unknown[] = [];
    io.on("connect", (socket) => socket.disconnect());
    io.on("connection", (socket) => seen.push(socket.connected));
    const wire = await openWire(url);
    await wire.join();
    expect(await wire.next()).to.be("41");
    expect(seen).to.eql([false]);
  });

  it("can be received with once() [50]", async () => {
    const { io, url } = await startServer();
    let connections = 0;
    io.once("connection", () => connections++);
    await joinWire({ io, url });
    await joinWire({ io, url });
    expect(connections).to.be(1);
  });
});

describe("a socket", () => {
  it("is a Socket and an event emitter, and has its namespace [61]", async () => {
    const { io, url } = await startServer();
    const { socket } = await joinWire({ io, url }, "/");
    expect(socket).to.be.a(Socket);
    expect(socket.nsp).to.be(io.of("/"));
    for (const method of ["on", "once", "off", "addListener", "removeListener", "prependListener"] as const) {
      expect(socket[method]).to.be.a("function");
    }
  });

  it("is connected until it is disconnected [61]", async () => {
    const { socket } = await joinWire(await startServer());
    expect([socket.connected, socket.disconnected]).to.eql([true, false]);
    socket.disconnect();
    expect([socket.connected, socket.disconnected]).to.eql([false, true]);
  });

  it("keeps its id after it is disconnected [61]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const { id } = client;
    socket.disconnect();
    expect(socket.id).to.be(id);
  });

  it("is not recovered without connection state recovery [61]", async () => {
    const { socket } = await joinWire(await startServer());
    expect(socket.recovered).to.be(false);
  });

  it("has the connection and the request that opened it [26, 61]", async () => {
    const { pair } = await startServer();
    const { socket } = await pair("/", { transports: ["websocket"], query: { a: "b" } });
    expect(socket.conn).to.be(socket.client.conn);
    expect(socket.conn.transport.name).to.be("websocket");
    expect(socket.request).to.be(socket.conn.request);
    expect(socket.request).to.be(socket.client.request);
    expect((socket.request as any)._query.a).to.be("b");
    expect(socket.request.url).to.contain("a=b");
  });

  it("has the new transport after an upgrade [61]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const upgraded = new Promise<void>((resolve) => socket.conn.once("upgrade", () => resolve()));
    expect(["polling", "websocket"]).to.contain(socket.conn.transport.name);
    if (socket.conn.transport.name === "polling") {
      await upgraded;
    }
    expect(socket.conn.transport.name).to.be("websocket");
    expect(client.connected).to.be(true);
  });

  it("has its own data object [60]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const one = await joinWire({ io, url });
    const two = await joinMore(io, one.wire, "/chat");
    expect(one.socket.data).to.eql({});
    one.socket.data.user = "alice";
    expect(two.socket.data).to.eql({});
    expect(one.socket.data.user).to.be("alice");
  });

  it("keeps its data after it is disconnected, and its data can be replaced [60]", async () => {
    const { io, url } = await startServer();
    const { wire, socket } = await joinWire({ io, url });
    const data = { user: "alice" };
    socket.data = data;
    expect(socket.data).to.be(data);
    expect((await io.fetchSockets())[0].data).to.be(data);
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    expect(socket.data).to.be(data);
  });

  it("returns itself from its setters, for chains [55, 59, 60]", async () => {
    const { socket } = await joinWire(await startServer());
    const listener = () => {};
    expect(socket.volatile).to.be(socket);
    expect(socket.compress(true)).to.be(socket);
    expect(socket.timeout(1000)).to.be(socket);
    expect(socket.onAny(listener)).to.be(socket);
    expect(socket.prependAny(listener)).to.be(socket);
    expect(socket.offAny(listener)).to.be(socket);
    expect(socket.onAnyOutgoing(listener)).to.be(socket);
    expect(socket.prependAnyOutgoing(listener)).to.be(socket);
    expect(socket.offAnyOutgoing(listener)).to.be(socket);
    expect(socket.disconnect()).to.be(socket);
    expect(socket.disconnect()).to.be(socket);
  });

  it("has an error listener from the start, which does nothing [52]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    expect(socket.listenerCount("error")).to.be(1);
    socket.use(([name], next) => next(name === "mark" ? undefined : new Error("no")));
    joined.wire.send('42["hello"]');
    await heard(joined);
  });

  ownTest("has reset its one-shot flags when the call that follows them throws [60]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    expect(() => socket.volatile.compress(false).emit("disconnect")).to.throwException();
    const sent: any[] = [];
    socket.conn.on("packetCreate", ({ options }: any) => sent.push(options));
    socket.emit("hello");
    await wire.next();
    expect(sent).to.have.length(1);
    expect(sent[0].volatile).not.to.be(true);
    expect(sent[0].compress).to.be(true);
  });
});
