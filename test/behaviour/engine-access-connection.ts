import { EventEmitter } from "node:events";
import expect from "expect.js";
import { type Running, startServer } from "../support/server";
import { Server, type SocketType } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { type OpenedWire, openPolling, openWire } from "../support/wire";

async function joined({ io, url }: Running): Promise<{ wire: OpenedWire; socket: any; conn: any }> {
  const connected = nextValue(io, "connection");
  const wire = await openWire(url);
  await wire.join();
  const socket = await connected;
  await eventually(() => socket.conn.transport.writable);
  return { wire, socket, conn: socket.conn };
}

describe("a connection of the engine", () => {
  it("has an id, protocol, request, remote address, transport and state [36]", async () => {
    const running = await startServer();
    const { wire, socket, conn } = await joined(running);
    expect(conn.id).to.be(wire.opened.sid);
    expect(conn.protocol).to.be(4);
    expect(conn.request).to.be(socket.request);
    expect(conn.remoteAddress).to.be(socket.handshake.address);
    expect(conn.transport.name).to.be("websocket");
    expect(conn.transport.writable).to.be(true);
    expect(conn.readyState).to.be("open");
    expect(conn.server).to.be(running.io.engine);
  });

  it("changes its state from open to closing to closed [36]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    const wire = await openPolling(url);
    const conn = await connected;
    expect(conn.readyState).to.be("open");
    conn.close();
    expect(conn.readyState).to.be("closing");
    conn.send("too late");
    expect(await wire.poll()).to.eql(["6", "1"]);
    expect(conn.readyState).to.be("closed");
  });

  it("has a request that may be replaced; its sockets return the new one [36]", async () => {
    const { socket, conn } = await joined(await startServer());
    const request = { headers: {}, session: "new" };
    conn.request = request;
    expect(socket.request).to.be(request);
  });

  for (const method of ["send", "write"] as const) {
    it(`${method}() sends one message, text or binary, and returns the connection [36]`, async () => {
      const { wire, conn } = await joined(await startServer());
      expect(conn[method]("hello")).to.be(conn);
      conn[method](Buffer.from([1, 2]));
      expect(await wire.next()).to.be("4hello");
      expect(await wire.next()).to.eql(Buffer.from([1, 2]));
    });

    it(`${method}() calls the callback with the transport when the message is written [36]`, async () => {
      const { wire, conn } = await joined(await startServer());
      const written: any[] = [];
      conn[method]("a", { compress: false }, (transport: any) => written.push("a", transport.name));
      conn[method]("b", (transport: any) => written.push("b", transport.name));
      expect(written).to.eql([]);
      await wire.next();
      await wire.next();
      await eventually(() => written.length === 4);
      expect(written).to.eql(["a", "websocket", "b", "websocket"]);
    });
  }

  it("calls the callback over polling when the poll is answered [36]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    const wire = await openPolling(url);
    const conn = await connected;
    const written: string[] = [];
    conn.send("a", {}, (transport: any) => written.push(transport.name));
    conn.send("b", {}, (transport: any) => written.push(transport.name));
    expect(written).to.eql([]);
    expect(await wire.poll()).to.eql(["4a", "4b"]);
    expect(written).to.eql(["polling", "polling"]);
  });

  it("close() sends the buffered data first, over WebSocket [36, 91]", async () => {
    const { wire, conn } = await joined(await startServer());
    conn.send("1");
    conn.send("2");
    conn.send("3");
    conn.close();
    expect([await wire.next(), await wire.next(), await wire.next()]).to.eql(["41", "42", "43"]);
    expect(await wire.closed).to.be(1005);
  });

  it("close() sends a close packet to a polling client, after the buffered data [36]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    const wire = await openPolling(url);
    const conn = await connected;
    const closed = nextEvent(conn, "close");
    conn.send("last");
    conn.close();
    expect(await wire.poll()).to.eql(["4last"]);
    expect(conn.readyState).to.be("closing");
    expect(await wire.poll()).to.eql(["6", "1"]);
    expect((await closed)[0]).to.be("forced close");
  });

  it("close(true) drops the buffered data [36]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    await openPolling(url);
    const conn = await connected;
    const closed = nextEvent(conn, "close");
    conn.send("lost");
    conn.close(true);
    expect((await closed)[0]).to.be("forced close");
    expect(io.engine.clientsCount).to.be(0);
  });

  it("that is closed disconnects its sockets and its client [36]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const told = nextEvent(client, "disconnect");
    const disconnected = nextEvent(socket, "disconnect");
    socket.conn.close();
    expect((await disconnected)[0]).to.be("forced close");
    expect((await told)[0]).to.be("transport close");
  });

  it("emits error: its sockets emit it, and the connection is closed [36, 52]", async () => {
    const { socket, conn } = await joined(await startServer());
    const order: unknown[] = [];
    socket.on("error", (error: Error) => order.push(error));
    socket.on("disconnect", (reason: string) => order.push(reason));
    const failure = new Error("failure");
    conn.emit("error", failure);
    await eventually(() => order.length === 2);
    expect(order).to.eql([failure, "forced close"]);
  });
});

/** The members that a connection must have; an engine for Bun has no more. */
class LeastConnection extends EventEmitter {
  readonly id = "the-session";
  readyState = "open";
  readonly transport = { name: "websocket", writable: true };
  readonly written: [unknown, any][] = [];
  readonly request = {
    url: "/socket.io/?a=1",
    headers: { host: "localhost" },
    _query: { a: "1" },
    connection: { encrypted: true },
  };

  write(data: unknown, options: any) {
    this.written.push([data, options]);
  }

  close() {
    this.readyState = "closed";
    this.emit("close", "forced close");
  }
}

function bound(options = {}) {
  const io = new Server(options);
  const engine = Object.assign(new EventEmitter(), { close() {} });
  io.bind(engine as any);
  const conn = new LeastConnection();
  const connected = nextValue<SocketType<any, any, any, any>>(io, "connection");
  engine.emit("connection", conn);
  return { io, conn, connected };
}

describe("a connection with the required members only", () => {
  it("joins: the handshake has the members that are available [36]", async () => {
    const { conn, connected } = bound();
    conn.emit("data", '0{"token":"x"}');
    const socket = await connected;
    expect(conn.written.map(([data]) => data)).to.eql([`0{"sid":"${socket.id}"}`]);
    const { address, secure, xdomain, query, auth, url } = socket.handshake;
    expect([address, secure, xdomain, url]).to.eql([undefined, true, false, "/socket.io/?a=1"]);
    expect(query).to.eql({ a: "1" });
    expect(auth).to.eql({ token: "x" });
    expect(socket.client.id).to.be("the-session");
    conn.close();
  });

  it("sends and receives events, acknowledgements, broadcasts and binary data [36]", async () => {
    const { io, conn, connected } = bound();
    conn.emit("data", "0");
    const socket = await connected;
    const heard = nextEvent(socket, "hello");
    conn.emit("data", '51-["hello",{"_placeholder":true,"num":0}]');
    conn.emit("data", Buffer.from([1]));
    expect(await heard).to.eql([Buffer.from([1])]);
    conn.written.length = 0;
    socket.emit("one", Buffer.from([2]));
    io.emit("all");
    const question = socket.emitWithAck("question");
    conn.emit("data", '30["answer"]');
    expect(await question).to.be("answer");
    expect(conn.written.map(([data]) => data)).to.eql([
      '51-["one",{"_placeholder":true,"num":0}]',
      Buffer.from([2]),
      '2["all"]',
      '20["question"]',
    ]);
    conn.close();
  });

  it("receives the options of a write: compress, and the frame of a broadcast [36]", async () => {
    const { io, conn, connected } = bound();
    conn.emit("data", "0");
    const socket = await connected;
    conn.written.length = 0;
    socket.compress(false).emit("one");
    io.compress(true).emit("all");
    expect(conn.written.map(([, { compress }]) => compress)).to.eql([false, true]);
    expect(conn.written[1][1].wsPreEncodedFrame).to.be.an("array");
    conn.close();
  });

  it("is checked for a writable transport before a volatile event [36]", async () => {
    const { conn, connected } = bound();
    conn.emit("data", "0");
    const socket = await connected;
    conn.written.length = 0;
    conn.transport.writable = false;
    socket.volatile.emit("dropped");
    conn.transport.writable = true;
    socket.volatile.emit("sent");
    expect(conn.written.map(([data]) => data)).to.eql(['2["sent"]']);
    conn.close();
  });

  it("disconnects with each reason of close, and is released [36]", async () => {
    const { io, conn, connected } = bound();
    conn.emit("data", "0");
    const socket = await connected;
    const disconnected = nextEvent(socket, "disconnect");
    conn.emit("close", "transport close", { code: 1001 });
    expect(await disconnected).to.eql(["transport close", { code: 1001 }]);
    expect(io.sockets.sockets.size).to.be(0);
    expect(["data", "error", "close"].map((event) => conn.listenerCount(event))).to.eql([0, 0, 0]);
  });

  it("is closed by socket.disconnect(true) [36]", async () => {
    const { conn, connected } = bound();
    conn.emit("data", "0");
    const socket = await connected;
    const disconnected = nextEvent(socket, "disconnect");
    socket.disconnect(true);
    expect((await disconnected)[0]).to.be("server namespace disconnect");
    expect(conn.readyState).to.be("closed");
    expect(conn.written.at(-1)?.[0]).to.be("1");
  });

  it("is closed when it joins no namespace in time [21, 36]", async () => {
    const { conn } = bound({ connectTimeout: 5 });
    await nextEvent(conn, "close");
    expect(conn.readyState).to.be("closed");
    expect(conn.written).to.eql([]);
  });
});
