import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { connectMember, settled } from "../support/members";
import { ownTest } from "../support/own-tests";
import { connectClient, listen, startServer } from "../support/server";
import { defaultParser, Namespace, Server, Socket, subject } from "../support/subject";
import { nextEvent, nextValue, turn } from "../support/waiting";

/** A server that is not attached. */
function unattached(options?: ConstructorParameters<typeof Server>[0]): any {
  const io = new Server(options as any);
  onTestEnd(() => io.close().catch(() => {}));
  return io;
}

describe("Server, as adapters and tools use it", () => {
  it("opts.connectionStateRecovery is read by adapters, with the defaults filled in [23]", async () => {
    const { io } = await startServer({ connectionStateRecovery: {} });
    const { opts } = io.of("/chat").server as any;
    expect(opts.connectionStateRecovery.maxDisconnectionDuration).to.be(120_000);
    expect(opts.connectionStateRecovery.skipMiddlewares).to.be(true);
    const other: any = (await startServer()).io;
    expect(other.opts.connectionStateRecovery).to.be(undefined);
  });

  it("opts has the other options as given [23]", async () => {
    const io = unattached({ cleanupEmptyChildNamespaces: true, connectTimeout: 123 });
    expect(io.opts.cleanupEmptyChildNamespaces).to.be(true);
    expect(io.opts.connectTimeout).to.be(123);
  });

  it("encoder encodes packets, for adapters that encode themselves [22]", () => {
    const io = unattached();
    expect(io.encoder).to.be.a(defaultParser.Encoder);
    expect(io.of("/").server.encoder).to.be(io.encoder);
    const packet = { type: 2, nsp: "/chat", data: ["hello"] };
    expect(io.encoder.encode(packet)).to.eql(['2/chat,["hello"]']);
  });

  it("encoder and _parser are those of the parser option [22, 86]", () => {
    class Encoder extends defaultParser.Encoder {}
    const parser = { ...defaultParser, Encoder };
    const io = unattached({ parser });
    expect(io.encoder).to.be.an(Encoder);
    expect(io._parser).to.be(parser);
    expect(unattached()._parser.Decoder).to.be(defaultParser.Decoder);
  });

  it("_nsps is the map of the namespaces by name [44]", async () => {
    const running = await startServer();
    const { io } = running;
    expect(io._nsps).to.be.a(Map);
    const chat = io.of("/chat");
    io.of(/^\/dynamic-\d$/);
    expect([...io._nsps.keys()]).to.eql(["/", "/chat"]);
    expect(io._nsps.get("/")).to.be(io.sockets);
    expect(io._nsps.get("/chat")).to.be(chat);
    await connectMember(running, "/dynamic-1");
    expect([...io._nsps.keys()]).to.eql(["/", "/chat", "/dynamic-1"]);
  });

  it("new_namespace is emitted for each namespace that is created [44]", async () => {
    const running = await startServer();
    const names: string[] = [];
    running.io.on("new_namespace", (namespace) => {
      expect(namespace).to.be.a(Namespace);
      names.push(namespace.name);
    });
    running.io.of("/chat");
    running.io.of("/chat");
    running.io.of(/^\/dynamic-\d$/);
    await connectMember(running, "/dynamic-1");
    expect(names).to.eql(["/chat", "/dynamic-1"]);
  });

  it("the object is extensible [44]", async () => {
    const io = unattached();
    io._eventBuffer = { push() {} };
    io._pollingClientsCount = 1;
    expect(Object.isExtensible(io)).to.be(true);
    expect(io._pollingClientsCount++).to.be(1);
  });

  it("engine is undefined before the server is attached, and eio is the same object [10, 32]", async () => {
    expect(unattached().engine).to.be(undefined);
    const { io }: { io: any } = await startServer();
    expect(io.engine).to.be.ok();
    expect(io.eio).to.be(io.engine);
  });

  it("engine has the members that tools and applications use [32, 33]", async () => {
    const running = await startServer({ pingInterval: 12_345 });
    const { engine } = running.io;
    for (const method of ["use", "generateId", "handleRequest", "handleUpgrade", "on", "close"] as const) {
      expect(engine[method]).to.be.a("function");
    }
    expect(engine.opts.pingInterval).to.be(12_345);
    expect(engine.clientsCount).to.be(0);
    const opened = nextValue(engine, "connection");
    await connectMember(running);
    expect(engine.clientsCount).to.be(1);
    expect((await opened).transport.name).to.be("websocket");
  });

  it("httpServer is the server that was passed, or undefined [10]", async () => {
    expect(unattached().httpServer).to.be(undefined);
    const { io, httpServer } = await startServer();
    expect(io.httpServer).to.be(httpServer);
    const own = unattached();
    own.listen(0);
    onTestEnd(() => own.close());
    expect(own.httpServer.listen).to.be.a("function");
  });

  it("httpServer accepts listeners before those of the library, as sticky sessions require [7]", async () => {
    const running = await startServer();
    const urls: string[] = [];
    running.httpServer.prependListener("request", (req: IncomingMessage) => urls.push(req.url!));
    await connectMember(running, "/", { transports: ["polling"] });
    expect(urls[0]).to.match(/^\/socket\.io\/\?EIO=4&transport=polling/);
  });

  it("engine.handleRequest() and handleUpgrade() serve a server that is not attached [6, 32]", async () => {
    const attached = createServer();
    const io = new Server(attached);
    const { engine } = io;
    const other = createServer((req: IncomingMessage, res: ServerResponse) => {
      engine.handleRequest(req as any, res);
    });
    other.on("upgrade", (req, socket, head) => engine.handleUpgrade(req, socket as any, head));
    other.listen(0);
    await nextEvent(other, "listening");
    onTestEnd(async () => {
      await io.close();
      other.close();
      other.closeAllConnections();
    });
    const running = await listen(io, attached);
    const url = `http://localhost:${(other.address() as AddressInfo).port}`;
    for (const transports of [["polling"], ["websocket"]]) {
      const connected = nextValue(running.io, "connection");
      const client = connectClient(url, { transports });
      const socket = await connected;
      const came = nextEvent(client, "hello");
      socket.emit("hello", 1);
      expect(await came).to.eql([1]);
    }
  });

  it("on(), use() and emit() are those of the main namespace [10]", async () => {
    const running = await startServer();
    const order: string[] = [];
    running.io.use((_socket, next) => {
      order.push("use");
      next();
    });
    running.io.of("/").on("connection", () => order.push("namespace"));
    running.io.on("connection", () => order.push("server"));
    const member = await connectMember(running);
    expect(order).to.eql(["use", "namespace", "server"]);
    expect(running.io.listeners("connection")).to.have.length(2);
    running.io.emit("hello");
    await settled(member);
    expect(member.seen).to.eql([["hello"]]);
  });

  it("has the methods for sockets, detectable with typeof, and their local forms [66, 68]", async () => {
    const running = await startServer();
    for (const verb of ["socketsJoin", "socketsLeave", "disconnectSockets", "fetchSockets"] as const) {
      expect(running.io[verb]).to.be.a("function");
      expect(running.io.of("/")[verb]).to.be.a("function");
      expect(running.io.local[verb]).to.be.a("function");
    }
    const member = await connectMember(running);
    const gone = nextEvent(member.client, "disconnect");
    running.io.local.disconnectSockets(true);
    expect(await gone).to.be.ok();
  });

  it("is created by calling the main export too, which has the classes as properties [1]", () => {
    expect(subject).to.be.a("function");
    const io = subject({ path: "/elsewhere" });
    onTestEnd(() => io.close().catch(() => {}));
    expect(io).to.be.a(Server);
    expect(io.path()).to.be("/elsewhere");
    expect(subject.Server).to.be(Server);
    expect(subject.Namespace).to.be(Namespace);
    expect(subject.Socket).to.be(Socket);
  });

  it("path() and adapter() get and set, close() accepts a callback and returns a promise [10, 90]", async () => {
    const { io } = await startServer({ path: "/elsewhere" });
    expect(io.path()).to.be("/elsewhere");
    expect(io.adapter()).to.be.a("function");
    let calls = 0;
    const closed = io.close(() => calls++);
    expect(closed).to.be.a(Promise);
    await closed;
    expect(calls).to.be(1);
  });
});

describe("Server.bind(), with another engine", () => {
  /** The members that an engine must have, and no more: no clientsCount, no opts, no attach. */
  class OtherEngine extends EventEmitter {
    closed = 0;
    close() {
      this.closed++;
    }
  }

  /** The same for a connection: no remoteAddress, no protocol, and a request with few members. */
  class OtherConnection extends EventEmitter {
    readonly id = "other-id";
    readyState = "open";
    readonly transport = { name: "websocket", writable: true };
    readonly request = {
      url: "/socket.io/?EIO=4&color=blue",
      headers: { host: "localhost" },
      _query: { EIO: "4", color: "blue" },
      connection: { encrypted: true },
    };
    readonly written: unknown[] = [];
    write(data: unknown) {
      this.written.push(data);
    }
    close() {
      this.readyState = "closed";
      this.emit("close", "forced close");
    }
  }

  async function bound() {
    const io = unattached();
    const engine = new OtherEngine();
    expect(io.bind(engine)).to.be(io);
    expect(io.engine).to.be(engine);
    const connection = new OtherConnection();
    const connected = nextValue(io, "connection");
    engine.emit("connection", connection);
    connection.emit("data", '0{"token":"secret"}');
    const socket = await connected;
    return { io, engine, connection, socket };
  }

  it("serves its connections [6]", async () => {
    const { connection, socket } = await bound();
    expect(connection.written).to.eql([`0{"sid":"${socket.id}"}`]);
    expect(socket.conn).to.be(connection);
    expect(socket.request).to.be(connection.request);
    expect(socket.client.id).to.be("other-id");
    expect(socket.handshake.address).to.be(undefined);
    expect(socket.handshake.secure).to.be(true);
    expect(socket.handshake.xdomain).to.be(false);
    expect(socket.handshake.url).to.be("/socket.io/?EIO=4&color=blue");
    expect(socket.handshake.query.color).to.be("blue");
    expect(socket.handshake.auth).to.eql({ token: "secret" });
  });

  it("transmits events, acknowledgements and broadcasts [6]", async () => {
    const { io, connection, socket } = await bound();
    connection.written.length = 0;
    socket.on("question", (value: number, ack: (answer: number) => void) => ack(value + 1));
    connection.emit("data", '27["question",1]');
    await turn();
    io.emit("to all", 1);
    socket.emit("to one", 2);
    socket.emit("binary", Buffer.from([3]));
    expect(connection.written).to.eql([
      "37[2]",
      '2["to all",1]',
      '2["to one",2]',
      '51-["binary",{"_placeholder":true,"num":0}]',
      Buffer.from([3]),
    ]);
  });

  it("reports when a connection closes, and is closed with the server [6, 90]", async () => {
    const { io, engine, connection, socket } = await bound();
    const gone = nextEvent(socket, "disconnect");
    connection.emit("close", "transport close", "why");
    expect(await gone).to.eql(["transport close", "why"]);
    await io.close();
    expect(engine.closed).to.be(1);
  });

  it("an error of a connection closes it [6, 52]", async () => {
    const { connection, socket } = await bound();
    const errors: unknown[] = [];
    socket.on("error", (error: unknown) => errors.push(error));
    const error = new Error("broken");
    connection.emit("error", error);
    expect(errors).to.eql([error]);
    expect(connection.readyState).to.be("closed");
    expect(socket.connected).to.be(false);
  });

  ownTest("is the engine under either name [6, 32]", async () => {
    const { io, engine } = await bound();
    expect(io.eio).to.be(engine);
  });
});
