import { createServer, type Server as HttpServer, type IncomingMessage } from "node:http";
import expect from "expect.js";
import { WebSocketServer } from "ws";
import { onTestEnd } from "../support/cleanup";
import { ask, askHandshake, openOf } from "../support/http";
import { ownTest } from "../support/own-tests";
import { listen } from "../support/server";
import { Server } from "../support/subject";
import { nextEvent, turn } from "../support/waiting";
import { connectWire } from "../support/wire";

const express = require("express");
const Koa = require("koa");

const applications: Record<string, () => (req: any, res: any) => void> = {
  "a function": () => (_req, res) => res.end("application"),
  "an Express application": () => express().use((_req: unknown, res: any) => res.send("application")),
  "a Koa application": () => new Koa().use((context: any) => (context.body = "application")).callback(),
};

describe("a request listener that is registered after attach()", () => {
  for (const [name, application] of Object.entries(applications)) {
    ownTest(`receives all requests that are not below the path: ${name} [7]`, async () => {
      const httpServer = createServer();
      const io = new Server(httpServer);
      httpServer.on("request", application());
      const { pair, url } = await listen(io, httpServer);
      const { client, socket } = await pair("/", { transports: ["polling"] });
      socket.emit("hello");
      await nextEvent(client, "hello");
      await pair();
      expect((await ask(`${url}/socket.io/socket.io.js`)).text).to.contain("Socket.IO v");
      expect((await ask(`${url}/elsewhere`)).text).to.be("application");
      expect((await ask(`${url}/socket.io`)).text).to.be("application");
    });
  }

  ownTest(
    "does so when it is registered while the server runs, and for all servers of an HTTP server",
    async () => {
      const httpServer = createServer();
      const [first, second] = ["/a", "/b"].map((path) => new Server(httpServer, { path }));
      onTestEnd(() => second.close());
      const { url } = await listen(first, httpServer);
      const seen = recordRequests(httpServer);
      openOf(await askHandshake(url, {}, "/a/"));
      openOf(await askHandshake(url, {}, "/b/"));
      expect((await ask(`${url}/c`)).text).to.be("late");
      expect(seen).to.eql(["/c"]);
    },
  );

  it("can be removed, and is among the listeners [7]", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer);
    const old = () => {};
    httpServer.on("request", old);
    await turn();
    expect(httpServer.listeners("request")).to.contain(old);
    httpServer.off("request", old);
    const seen = recordRequests(httpServer);
    expect(httpServer.listeners("request")).not.to.contain(old);
    const { url } = await listen(io, httpServer);
    expect((await ask(`${url}/x`)).text).to.be("late");
    expect(seen).to.eql(["/x"]);
  });

  ownTest("with once() is called for the first request that is not below the path only", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer);
    const seen: unknown[] = [];
    httpServer.once("request", (req) => seen.push(req.url));
    recordRequests(httpServer);
    const { url } = await listen(io, httpServer);
    openOf(await askHandshake(url));
    await ask(`${url}/x`);
    await ask(`${url}/y`);
    expect(seen).to.eql(["/x"]);
    expect(httpServer.listenerCount("request")).to.be(2);
  });

  it("with once() can be removed, and is among the listeners [7]", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer);
    const old = () => expect().fail("the listener was called");
    httpServer.once("request", old);
    await turn();
    expect(httpServer.listeners("request")).to.contain(old);
    httpServer.off("request", old);
    const seen = recordRequests(httpServer);
    const { url } = await listen(io, httpServer);
    await ask(`${url}/x`);
    expect(seen).to.eql(["/x"]);
  });

  it("with prependListener() receives every request, before the server does [7]", async () => {
    const httpServer = createServer((_req, res) => res.end("mine"));
    const io = new Server(httpServer);
    const seen: unknown[] = [];
    httpServer.prependListener("request", (req) => seen.push(req.url));
    const { url } = await listen(io, httpServer);
    openOf(await askHandshake(url));
    await ask(`${url}/x`);
    expect(seen).to.eql(["/socket.io/?EIO=4&transport=polling", "/x"]);
  });

  ownTest("receives the requests below the path after the server is closed", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer);
    const seen = recordRequests(httpServer);
    const { url } = await listen(io, httpServer);
    openOf(await askHandshake(url));
    await io.close({ closeHttpServer: false });
    expect((await ask(`${url}/socket.io/x`)).text).to.be("late");
    expect(seen).to.eql(["/socket.io/x"]);
  });
});

function recordRequests(httpServer: HttpServer): unknown[] {
  const seen: unknown[] = [];
  httpServer.on("request", (req: IncomingMessage, res) => {
    seen.push(req.url);
    res.end("late");
  });
  return seen;
}

describe("a WebSocket server of the application on another path", () => {
  it("works, whether it is created before or after attach() [7, 9]", async () => {
    const httpServer = createServer();
    const before = new WebSocketServer({ noServer: true });
    httpServer.on("upgrade", (req, socket, head) => {
      if (req.url?.startsWith("/before")) {
        before.handleUpgrade(req, socket, head, (ws) => ws.send("before"));
      }
    });
    const io = new Server(httpServer);
    const after = new WebSocketServer({ noServer: true });
    httpServer.on("upgrade", (req, socket, head) => {
      if (req.url?.startsWith("/after")) {
        after.handleUpgrade(req, socket, head, (ws) => ws.send("after"));
      }
    });
    const { url, pair } = await listen(io, httpServer);
    for (const name of ["before", "after"]) {
      expect(await (await connectWire(url, "", { path: `/${name}` })).next()).to.be(name);
    }
    await pair("/", { transports: ["websocket"] });
  });
});
