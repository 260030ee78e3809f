import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import expect from "expect.js";
import { Adapter } from "socket.io-adapter";
import { onTestEnd } from "../support/cleanup";
import { ask, askHandshake, openOf } from "../support/http";
import { ownTest } from "../support/own-tests";
import { listen, startServer } from "../support/server";
import { dependencyOfSubject, Server } from "../support/subject";
import { nextEvent, nextValue } from "../support/waiting";
import { openPolling } from "../support/wire";

/** The reference server modifies the objects that it receives. */

describe("options of attach()", () => {
  it("are merged with the options of the constructor, which take precedence [2]", async () => {
    const httpServer = createServer();
    const io = new Server({ pingInterval: 111 });
    io.attach(httpServer, { pingInterval: 222, pingTimeout: 333 });
    const { url } = await listen(io, httpServer);
    const { pingInterval, pingTimeout } = openOf(await askHandshake(url));
    expect({ pingInterval, pingTimeout }).to.eql({ pingInterval: 111, pingTimeout: 333 });
  });

  it("set the path of the engine, unless the constructor did [2, 8]", async () => {
    const first = createServer();
    const a = await listen(new Server().attach(first, { path: "/attached/" }), first);
    openOf(await askHandshake(a.url, {}, "/attached/"));
    const second = createServer();
    const b = await listen(new Server({ path: "/made" }).attach(second, { path: "/attached" }), second);
    openOf(await askHandshake(b.url, {}, "/made/"));
  });

  it("do not move the client files, which are below io.path() [2, 11]", async () => {
    const httpServer = createServer();
    const io = new Server();
    const { url } = await listen(io.attach(httpServer, { path: "/attached" }), httpServer);
    expect(io.path()).to.be("/socket.io");
    expect((await ask(`${url}/socket.io/socket.io.js`)).status).to.be(200);
    expect((await ask(`${url}/attached/socket.io.js`)).status).to.be(400);
  });

  it("are passed to the engine; options of the server itself belong to the constructor [2]", async () => {
    const httpServer = createServer();
    const io = new Server();
    io.attach(httpServer, { serveClient: false, connectTimeout: 5 });
    const { url } = await listen(io, httpServer);
    expect(io.serveClient()).to.be(true);
    expect(io.connectTimeout()).to.be(45000);
    expect((await ask(`${url}/socket.io/socket.io.js`)).status).to.be(200);
  });
});

describe("an object with options", () => {
  ownTest("given to the constructor is not modified [2]", () => {
    const connectionStateRecovery = Object.freeze({});
    const options = Object.freeze({ connectionStateRecovery, cookie: Object.freeze({ name: "a" }) });
    const io = new Server(createServer(), options);
    expect(options).to.eql({ connectionStateRecovery: {}, cookie: { name: "a" } });
    expect(io.opts.connectionStateRecovery?.maxDisconnectionDuration).to.be(120000);
  });

  ownTest("given to attach() is not modified [2]", () => {
    const options = Object.freeze({ pingInterval: 222 });
    const io = new Server({ pingInterval: 111, pingTimeout: 333 });
    io.attach(createServer(), options);
    expect(options).to.eql({ pingInterval: 222 });
    expect(io.engine.opts.pingInterval).to.be(111);
  });

  ownTest("can be used by several servers [2]", () => {
    const shared = { path: "/shared", connectionStateRecovery: {} };
    const before = JSON.stringify(shared);
    const servers = [new Server(createServer(), shared), new Server(createServer(), shared)];
    servers[0].path("/moved");
    expect(JSON.stringify(shared)).to.be(before);
    expect(servers[1].path()).to.be("/shared");
  });
});

describe("getters and setters", () => {
  it("path() returns the path, and changes it before the server is attached [10]", async () => {
    const httpServer = createServer();
    const io = new Server();
    expect(io.path()).to.be("/socket.io");
    expect(io.path("/chat/")).to.be(io);
    expect(io.path()).to.be("/chat");
    const { url, pair } = await listen(io.attach(httpServer), httpServer);
    openOf(await askHandshake(url, {}, "/chat/"));
    expect((await ask(`${url}/chat/socket.io.js`)).status).to.be(200);
    await pair("/", { path: "/chat" });
  });

  // the reference server moves the client files, but not the path of the engine
  ownTest("path() moves a server that was created with another path [10]", async () => {
    const httpServer = createServer();
    const io = new Server({ path: "/made" });
    const { url } = await listen(io.path("/moved").attach(httpServer), httpServer);
    openOf(await askHandshake(url, {}, "/moved/"));
    expect((await ask(`${url}/moved/socket.io.js`)).status).to.be(200);
  });

  it("connectTimeout() returns the timeout, and sets it for later connections [10, 21]", async () => {
    const { io, url } = await startServer();
    expect(io.connectTimeout()).to.be(45000);
    expect(io.connectTimeout(1)).to.be(io);
    expect(io.connectTimeout()).to.be(1);
    const polling = await openPolling(url);
    expect((await polling.poll()).at(-1)).to.be("1");
  });

  it("adapter() returns the adapter constructor, and sets it for all namespaces [10, 22]", async () => {
    class OwnAdapter extends Adapter {}
    const io = new Server();
    const chat = io.of("/chat");
    expect(io.sockets.adapter).to.be.a(io.adapter() as any);
    expect(io.adapter(OwnAdapter)).to.be(io);
    expect(io.adapter()).to.be(OwnAdapter);
    for (const nsp of [io.sockets, chat, io.of("/later")]) {
      expect(nsp.adapter).to.be.a(OwnAdapter);
    }
  });

  it("serveClient() returns whether the client files are served, and sets it before attaching [10, 11]", async () => {
    const httpServer = createServer();
    const io = new Server();
    expect(io.serveClient()).to.be(true);
    expect(io.serveClient(false)).to.be(io);
    expect(io.serveClient()).to.be(false);
    const { url } = await listen(io.attach(httpServer), httpServer);
    expect((await ask(`${url}/socket.io/socket.io.js`)).status).to.be(400);
  });

  it("return what the constructor received [10]", () => {
    class OwnAdapter extends Adapter {}
    const io = new Server({ path: "/a", connectTimeout: 12, adapter: OwnAdapter, serveClient: false });
    expect(io.path()).to.be("/a");
    expect(io.connectTimeout()).to.be(12);
    expect(io.adapter()).to.be(OwnAdapter);
    expect(io.serveClient()).to.be(false);
  });

  it("io.engine is the Engine.IO server [10]", async () => {
    const { io, pair } = await startServer({ pingInterval: 1234 });
    expect(io.engine).to.be.a(dependencyOfSubject("engine.io").Server);
    expect(io.engine.opts.pingInterval).to.be(1234);
    await pair();
    expect(io.engine.clientsCount).to.be(1);
  });

  it("io.sockets is the main namespace [10]", () => {
    const io = new Server();
    expect(io.sockets).to.be(io.of("/"));
  });
});

describe("bind()", () => {
  it("serves the connections of an engine that was created elsewhere [6]", async () => {
    const httpServer = createServer();
    const engine = new Engine({ pingInterval: 1234 });
    engine.attach(httpServer, { path: "/socket.io/" });
    const io = new Server();
    expect(io.bind(engine)).to.be(io);
    expect(io.engine).to.be(engine);
    const { url, pair } = await listen(io, httpServer);
    expect(openOf(await askHandshake(url)).pingInterval).to.be(1234);
    const { client, socket } = await pair();
    client.emit("hello", 1);
    expect(await nextValue(socket, "hello")).to.be(1);
  });

  it("requires on() and close() of the engine only [6]", async () => {
    const { io: other, connect } = await startServer();
    const calls: unknown[] = [];
    let connected: ((conn: any) => void) | undefined;
    const engine = {
      on(event: string, listener: (conn: any) => void) {
        calls.push(["on", event]);
        connected = listener;
      },
      close() {
        calls.push(["close"]);
      },
    };
    const io = new Server();
    io.bind(engine as any);
    // the connections of another engine are sufficient: its own server is not used
    other.engine.removeAllListeners("connection");
    other.engine.on("connection", (conn) => connected?.(conn));
    const joined = nextValue(io, "connection");
    const client = connect();
    await nextEvent(client, "connect");
    const socket = await joined;
    expect(socket.id).to.be(client.id);
    client.disconnect();
    await nextEvent(socket, "disconnect");
    expect(calls).to.eql([["on", "connection"]]);
    await io.close();
    expect(calls).to.eql([["on", "connection"], ["close"]]);
  });

  it("serves no client files: the HTTP server is not its own [6]", async () => {
    const httpServer = createServer();
    const engine = new Engine();
    engine.attach(httpServer, { path: "/socket.io/" });
    const io = new Server();
    io.bind(engine);
    onTestEnd(() => engine.close());
    expect(io.httpServer).to.be(undefined);
    const { url } = await listen(io, httpServer);
    expect((await ask(`${url}/socket.io/socket.io.js`)).status).to.be(400);
  });
});
