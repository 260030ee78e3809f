import { createServer, type Server as HttpServer } from "node:http";
import { Server as Engine } from "engine.io";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ask, askHandshake, openOf } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { listen } from "../support/server";
import { Server } from "../support/subject";
import { nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

ownSuite("attaching a server again to the same HTTP server and path", () => {
  it("changes nothing: WebSocket and polling clients are served once", async () => {
    const httpServer = createServer((_req, res) => res.end("mine"));
    const io = new Server(httpServer, { pingInterval: 12_345 });
    const { engine } = io;
    io.attach(httpServer, { pingInterval: 54_321 }).listen(httpServer);
    expect(io.engine).to.be(engine);
    const { pair, url } = await listen(io, httpServer);
    expect((await openWire(url)).opened.pingInterval).to.be(12_345);
    for (const transport of ["polling", "websocket"]) {
      const { client, socket } = await pair("/", { transports: [transport] });
      socket.emit("hello");
      await nextEvent(client, "hello");
    }
    expect((await ask(`${url}/elsewhere`)).text).to.be("mine");
    expect(httpServer.listenerCount("upgrade")).to.be(1);
  });

  it("changes nothing when other code has wrapped the request listeners", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer);
    takeOverRequests(httpServer);
    io.attach(httpServer);
    const { pair } = await listen(io, httpServer);
    await pair("/", { transports: ["polling"] });
    await pair("/", { transports: ["websocket"] });
    expect(httpServer.listenerCount("upgrade")).to.be(1);
  });

  for (const events of [["upgrade"], ["request"], ["request", "upgrade"]]) {
    it(`serves again after the listeners of ${events.join(" and ")} were removed`, async () => {
      const httpServer = createServer((_req, res) => res.end("mine"));
      const io = new Server(httpServer);
      for (let round = 0; round < 12; round++) {
        for (const event of events) {
          httpServer.removeAllListeners(event);
        }
        io.attach(httpServer);
      }
      const { pair } = await listen(io, httpServer);
      for (const transport of ["polling", "websocket"]) {
        const { client, socket } = await pair("/", { transports: [transport] });
        socket.emit("hello");
        await nextEvent(client, "hello");
      }
      const counts = { request: 1, upgrade: 1, newListener: 2, close: 1 };
      for (const event of Object.keys(counts)) {
        expect({ ...counts, [event]: httpServer.listenerCount(event) }).to.eql(counts);
      }
    });
  }

  it("with another path adds that path", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer);
    io.attach(httpServer, { path: "/other" }).attach(httpServer, { path: "/other/" });
    const { url } = await listen(io, httpServer);
    await (await openWire(url)).join();
    await (await openWire(url, "EIO=4", { path: "/other/" })).join();
    expect(io.sockets.sockets.size).to.be(2);
  });
});

/** An old idiom: a listener of the application replaces all listeners, and calls them. */
function takeOverRequests(httpServer: HttpServer): void {
  const listeners = httpServer.listeners("request");
  httpServer.removeAllListeners("request");
  httpServer.on("request", (req, res) => {
    if (req.url === "/health") {
      res.end("healthy");
      return;
    }
    for (const listener of listeners) {
      listener.call(httpServer, req, res);
    }
  });
}

ownSuite("two servers on one HTTP server", () => {
  it("with the same path: the second server throws PATH_TAKEN though other code has wrapped the request listeners", async () => {
    const httpServer = createServer();
    const first = new Server(httpServer);
    takeOverRequests(httpServer);
    expect(() => new Server(httpServer)).to.throwException((error: any) => {
      expect(error.code).to.be("PATH_TAKEN");
    });
    // the other path is added in front of that code
    const second = new Server(httpServer, { path: "/second" });
    onTestEnd(() => second.close());
    const { url, pair } = await listen(first, httpServer);
    await pair("/", { transports: ["polling"] });
    await pair("/", { transports: ["websocket"] });
    openOf(await askHandshake(url, {}, "/second/"));
    await (await openWire(url, "EIO=4", { path: "/second/" })).join();
    expect((await ask(`${url}/health`)).text).to.be("healthy");
    await second.close({ closeHttpServer: false });
    await first.close({ closeHttpServer: false });
    expect((await ask(`${url}/health`)).text).to.be("healthy");
    expect(["upgrade", "newListener", "close"].map((event) => httpServer.listenerCount(event))).to.eql([
      0, 0, 0,
    ]);
  });

  it("with the same path: the second server throws PATH_TAKEN at once, and the first server is not affected", async () => {
    const httpServer = createServer();
    const first = new Server(httpServer);
    const second = new Server();
    for (const attach of [
      () => new Server(httpServer),
      () => second.attach(httpServer),
      () => second.attach(httpServer, { path: "/socket.io/" }),
      () => second.listen(httpServer),
    ]) {
      expect(attach).to.throwException((error: any) => {
        expect(error.code).to.be("PATH_TAKEN");
        expect(error.message).to.contain('"/socket.io/"');
      });
    }
    expect(second.engine).to.be(undefined);
    const { pair } = await listen(first, httpServer);
    await pair("/", { transports: ["websocket"] });
    await pair("/", { transports: ["polling"] });
  });

  for (const order of ["first", "last"]) {
    it(`receive the requests below the longest path, when the shorter path is attached ${order}`, async () => {
      const httpServer = createServer();
      const paths =
        order === "first" ? ["/socket.io", "/socket.io/admin"] : ["/socket.io/admin", "/socket.io"];
      const [one, two] = paths.map((path) => new Server(httpServer, { path }));
      onTestEnd(() => two.close());
      const [outer, inner] = order === "first" ? [one, two] : [two, one];
      const { url } = await listen(one, httpServer);
      await (await openWire(url)).join();
      await (await openWire(url, "EIO=4", { path: "/socket.io/admin/" })).join();
      openOf(await askHandshake(url, {}, "/socket.io/admin/"));
      openOf(await askHandshake(url, {}, "/socket.io/"));
      expect([outer.engine.clientsCount, inner.engine.clientsCount]).to.eql([2, 2]);
      expect((await ask(`${url}/socket.io/admin/socket.io.js`)).status).to.be(200);
      expect((await ask(`${url}/socket.io/socket.io.js`)).status).to.be(200);
    });
  }

  it("serve their own clients if one path begins with the other", async () => {
    const httpServer = createServer();
    const first = new Server(httpServer, { path: "/a" });
    const second = new Server(httpServer, { path: "/ab" });
    onTestEnd(() => second.close());
    const { url } = await listen(first, httpServer);
    await (await openWire(url, "EIO=4", { path: "/a/" })).join();
    await (await openWire(url, "EIO=4", { path: "/ab/" })).join();
    expect([first.engine.clientsCount, second.engine.clientsCount]).to.eql([1, 1]);
  });

  it("serve beside an engine that other code has attached", async () => {
    const httpServer = createServer((_req, res) => res.end("mine"));
    const io = new Server(httpServer, { destroyUpgrade: false });
    const engine = new Engine();
    engine.attach(httpServer, { path: "/engine.io", destroyUpgrade: false });
    onTestEnd(() => engine.close());
    const { url, pair } = await listen(io, httpServer);
    await pair("/", { transports: ["polling"] });
    await pair("/", { transports: ["websocket"] });
    openOf(await askHandshake(url, {}, "/engine.io/"));
    expect((await ask(`${url}/elsewhere`)).text).to.be("mine");
    await io.close({ closeHttpServer: false });
    openOf(await askHandshake(url, {}, "/engine.io/"));
    expect((await ask(`${url}/socket.io/`)).text).to.be("mine");
  });

  it("can follow each other: the path is free when the first server has closed", async () => {
    const httpServer = createServer();
    const first = new Server(httpServer);
    await listen(first, httpServer);
    await first.close({ closeHttpServer: false });
    const second = new Server(httpServer);
    const { port } = httpServer.address() as { port: number };
    onTestEnd(() => second.close());
    await (await openWire(`http://localhost:${port}`)).join();
    expect(second.engine.clientsCount).to.be(1);
  });

  it("can follow each other without waiting for the first server to close", async () => {
    const httpServer = createServer();
    const first = new Server(httpServer);
    const { url } = await listen(first, httpServer);
    const closed = first.close({ closeHttpServer: false });
    const second = new Server(httpServer);
    onTestEnd(() => second.close());
    await closed;
    await (await openWire(url)).join();
    openOf(await askHandshake(url));
    expect(second.engine.clientsCount).to.be(2);
  });
});
