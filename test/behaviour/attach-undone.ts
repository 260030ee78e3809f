import { createServer, type Server as HttpServer } from "node:http";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ask, askHandshake, askUpgrade, openOf } from "../support/http";
import { ownSuite, ownTest } from "../support/own-tests";
import { listen, listenOnFreePort } from "../support/server";
import { Server, subjectName } from "../support/subject";
import { eventually, nextEvent, turn } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

const EVENTS = ["request", "upgrade", "close", "listening", "newListener", "removeListener"];

/** All listeners of an HTTP server that a server may have added or removed. */
function listenersOf(httpServer: HttpServer): unknown {
  return EVENTS.map((event) => httpServer.rawListeners(event));
}

/** An HTTP server with listeners of the application. */
function applicationServer(): HttpServer {
  const httpServer = createServer((req, res) => res.end(`application ${req.url}`));
  httpServer.on("upgrade", (req, socket) => {
    if (!req.url?.startsWith("/served/")) {
      socket.end("HTTP/1.1 426 Upgrade Required\r\n\r\n");
    }
  });
  httpServer.on("close", () => {});
  onTestEnd(() => {
    httpServer.close();
    httpServer.closeAllConnections();
  });
  return httpServer;
}

/** Checks that both transports and the client file are served. */
async function expectServed(url: string, path = "/socket.io/"): Promise<void> {
  expect(await (await openWire(url, "EIO=4", { path })).join()).to.contain('40{"sid":');
  openOf(await askHandshake(url, {}, path));
  expect((await ask(`${url}${path}socket.io.js`)).text).to.contain("Socket.IO v");
}

ownSuite("closing a server undoes what attaching it did", () => {
  for (const [name, close] of Object.entries({
    "io.close({ closeHttpServer: false })": (io: any) => io.close({ closeHttpServer: false }),
    "a drain": (io: any) => io.close({ closeHttpServer: false, drain: true }),
  })) {
    it(`removes its listeners from each HTTP server, with ${name}`, async () => {
      const [one, two] = [applicationServer(), applicationServer()];
      const before = [listenersOf(one), listenersOf(two)];
      const io = new Server(one).attach(two, { path: "/b" }).attach(two, { path: "/c" });
      await close(io);
      expect([listenersOf(one), listenersOf(two)]).to.eql(before);
    });
  }

  it("keeps the listeners that were registered meanwhile, in order", async () => {
    const httpServer = applicationServer();
    const [application] = httpServer.rawListeners("request");
    const io = new Server(httpServer);
    const [late, later, first, upgrade] = [() => {}, () => {}, () => {}, () => {}];
    httpServer.on("request", late);
    httpServer.prependListener("request", first);
    httpServer.on("request", later);
    httpServer.on("upgrade", upgrade);
    await turn();
    await io.close({ closeHttpServer: false });
    expect(httpServer.rawListeners("request")).to.eql([first, application, late, later]);
    expect(httpServer.rawListeners("upgrade")).to.contain(upgrade);
  });

  it("leaves the requests and upgrades for its path, and its client files, to the application", async () => {
    const httpServer = applicationServer();
    const { io, url, port } = await listen(new Server(httpServer, { path: "/app" }), httpServer);
    await io.close({ closeHttpServer: false });
    expect((await askHandshake(url, {}, "/app/")).text).to.contain("application /app/");
    expect((await ask(`${url}/app/socket.io.js`)).text).to.be("application /app/socket.io.js");
    const { received } = await askUpgrade(port, "/app/?EIO=4&transport=websocket");
    await eventually(() => received().toString().startsWith("HTTP/1.1 426"));
  });

  it("does not affect the other servers of the HTTP server", async () => {
    const httpServer = createServer((_req, res) => res.end("mine"));
    const first = new Server(httpServer, { path: "/a" });
    const second = new Server(httpServer, { path: "/b" });
    const { url } = await listen(second, httpServer);
    await first.close({ closeHttpServer: false });
    await expectServed(url, "/b/");
    expect((await askHandshake(url, {}, "/a/")).text).to.be("mine");
  });

  it("keeps a listener that replaced an earlier one", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer);
    const old = (_req: unknown, res: any) => res.end("old");
    httpServer.on("request", old);
    await turn();
    httpServer.removeListener("request", old);
    httpServer.on("request", (_req, res) => res.end("new"));
    const { url } = await listen(io, httpServer);
    expect((await ask(`${url}/x`)).text).to.be("new");
    await io.close({ closeHttpServer: false });
    expect((await ask(`${url}/x`)).text).to.be("new");
  });
});

/** Closes a server, and has its HTTP server listen again. */
async function closedAndListeningAgain() {
  const httpServer = createServer();
  const first = new Server(httpServer);
  await listen(first, httpServer);
  await first.close();
  return { httpServer, first, url: `http://localhost:${await listenOnFreePort(httpServer)}` };
}

describe("a program that replaces its server three times over the same HTTP server", () => {
  ownTest(
    "serves WebSocket, polling and the client file each time, if it closes and listens again",
    async () => {
      const httpServer = createServer((_req, res) => res.end("mine"));
      for (let round = 0; round < 3; round++) {
        const io = new Server(httpServer);
        const { url } = await listen(io, httpServer);
        await expectServed(url);
        expect((await ask(`${url}/x`)).text).to.be("mine");
        await io.close();
      }
    },
  );

  ownTest("serves them without closing the HTTP server, with a new application each time", async () => {
    const httpServer = createServer();
    const url = `http://localhost:${await listenOnFreePort(httpServer)}`;
    onTestEnd(() => {
      httpServer.close();
      httpServer.closeAllConnections();
    });
    let counts: unknown;
    for (let round = 0; round < 4; round++) {
      const application = (_req: unknown, res: any) => res.end(`round ${round}`);
      const io = new Server(httpServer);
      httpServer.on("request", application);
      await expectServed(url);
      const polling = await openPolling(url);
      await polling.join();
      expect((await ask(`${url}/x`)).text).to.be(`round ${round}`);
      counts ??= EVENTS.map((event) => httpServer.listenerCount(event));
      expect(EVENTS.map((event) => httpServer.listenerCount(event))).to.eql(counts);
      httpServer.removeListener("request", application);
      await io.close({ closeHttpServer: false });
      expect(httpServer.listenerCount("request")).to.be(0);
    }
  });

  ownTest("uses the new server, though a client has reconnected to the old server before", async () => {
    const { httpServer, first, url } = await closedAndListeningAgain();
    const early = await openWire(url);
    const second = new Server(httpServer);
    onTestEnd(() => second.close());
    await expectServed(url);
    expect([first.engine.clientsCount, second.engine.clientsCount]).to.eql([1, 2]);
    const left = nextEvent(early.ws, "close");
    await first.close({ closeHttpServer: false });
    await left;
    await expectServed(url);
  });

  it("uses the new server, though it was created after the HTTP server listened again", async () => {
    const { httpServer, url } = await closedAndListeningAgain();
    const second = new Server(httpServer);
    onTestEnd(() => second.close());
    if (subjectName !== "reference") {
      await (await openWire(url)).join();
    }
    openOf(await askHandshake(url));
    expect(second.engine.clientsCount).to.be.greaterThan(0);
  });
});
