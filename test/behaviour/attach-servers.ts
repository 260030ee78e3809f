import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createH2c, createSecureServer, connect as openSession } from "node:http2";
import { createServer as createHttps } from "node:https";
import expect from "expect.js";
import { certificate } from "../support/certificate";
import { onTestEnd } from "../support/cleanup";
import { addressOf, ask, askHandshake, askUpgrade, openOf } from "../support/http";
import { connectClient, listen } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";

const express = require("express");
const Koa = require("koa");

const { cert } = certificate;

const secureServers = {
  HTTPS: () => createHttps(certificate),
  "HTTP/2": () => createSecureServer({ ...certificate, allowHTTP1: true }),
};

/** One HTTP/2 request. */
type Http2Ask = (path: string, body?: string) => Promise<string>;

function openHttp2(url: string): Http2Ask {
  const session = openSession(url, { ca: cert });
  onTestEnd(() => session.destroy());
  return (path, body) =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ":path": path, ":method": body === undefined ? "GET" : "POST" });
      stream.setEncoding("utf8");
      let text = "";
      stream.on("data", (chunk) => {
        text += chunk;
      });
      stream.on("end", () => resolve(text));
      stream.on("error", reject);
      stream.end(body);
    });
}

async function pollOverHttp2(askHttp2: Http2Ask): Promise<string> {
  const handshake = "/socket.io/?EIO=4&transport=polling";
  const { sid } = JSON.parse((await askHttp2(handshake)).slice(1));
  expect(await askHttp2(`${handshake}&sid=${sid}`, "40")).to.be("ok");
  return askHttp2(`${handshake}&sid=${sid}`);
}

describe("attaching to a server that is not plain HTTP", () => {
  for (const [name, makeServer] of Object.entries(secureServers)) {
    for (const transport of ["polling", "websocket"] as const) {
      it(`${name} serves ${transport} clients, whose handshake is secure [2]`, async () => {
        const httpServer = makeServer();
        const io = new Server(httpServer);
        httpServer.listen(0);
        const connected = nextValue(io, "connection");
        connectClient(await addressOf(io, "https"), { transports: [transport], ca: cert as any });
        const socket = await connected;
        expect(socket.handshake.secure).to.be(true);
        expect(socket.conn.transport.name).to.be(transport);
      });
    }

    it(`${name} serves the client files [2, 11]`, async () => {
      const httpServer = makeServer();
      const io = new Server(httpServer);
      httpServer.listen(0);
      const url = await addressOf(io, "https");
      expect((await ask(`${url}/socket.io/socket.io.js`, { ca: cert })).status).to.be(200);
    });
  }

  it("with plain HTTP, the handshake is not secure [2]", async () => {
    const io = new Server(0);
    const connected = nextValue(io, "connection");
    connectClient(await addressOf(io));
    expect((await connected).handshake.secure).to.be(false);
  });

  it("HTTP/2 over TLS supports long-polling with HTTP/2 requests [2]", async () => {
    const httpServer = createSecureServer({ ...certificate, allowHTTP1: true });
    const io = new Server(httpServer);
    httpServer.listen(0);
    const connected = nextValue(io, "connection");
    const askHttp2 = openHttp2(await addressOf(io, "https"));
    const answer = await pollOverHttp2(askHttp2);
    const socket = await connected;
    expect(answer).to.be(`40{"sid":"${socket.id}"}`);
    expect(socket.request.httpVersion).to.be("2.0");
    expect(await askHttp2("/socket.io/socket.io.min.js")).to.contain("Socket.IO v");
  });

  it("HTTP/2 without TLS supports long-polling [2]", async () => {
    const httpServer = createH2c();
    const io = new Server(httpServer);
    httpServer.listen(0);
    expect(await pollOverHttp2(openHttp2(await addressOf(io)))).to.contain('40{"sid":"');
  });
});

describe("the requests of the application", () => {
  it("reach Express [7]", async () => {
    const app = express();
    app.get("/hello", (_req: unknown, res: any) => {
      res.send("from Express");
    });
    const httpServer = createServer(app);
    const { url, pair } = await listen(new Server(httpServer), httpServer);
    expect((await ask(`${url}/hello`)).text).to.be("from Express");
    expect((await ask(`${url}/nothing`)).status).to.be(404);
    await pair();
  });

  it("reach Koa [7]", async () => {
    const app = new Koa();
    app.use((context: any) => {
      context.body = `from Koa: ${context.path}`;
    });
    const httpServer = createServer(app.callback());
    const { url, pair } = await listen(new Server(httpServer), httpServer);
    expect((await ask(`${url}/hello`)).text).to.be("from Koa: /hello");
    await pair();
  });

  it("reach all earlier listeners in the same order as before [7]", async () => {
    const httpServer = createServer();
    const calls: unknown[] = [];
    httpServer.on("request", function (this: unknown, req: IncomingMessage) {
      calls.push(["first", req.url, this === httpServer]);
    });
    httpServer.on("request", function (this: unknown, req: IncomingMessage, res: ServerResponse) {
      calls.push(["second", req.url, this === httpServer]);
      res.end("done");
    });
    const { url } = await listen(new Server(httpServer), httpServer);
    expect((await ask(`${url}/hello?a=b`)).text).to.be("done");
    expect(calls).to.eql([
      ["first", "/hello?a=b", true],
      ["second", "/hello?a=b", true],
    ]);
  });

  it("are the only requests that these listeners receive [7]", async () => {
    const seen: unknown[] = [];
    const httpServer = createServer((req, res) => {
      seen.push(req.url);
      res.end();
    });
    const { url, pair } = await listen(new Server(httpServer), httpServer);
    await pair("/", { transports: ["polling"] });
    await ask(`${url}/socket.io/socket.io.js`);
    await ask(`${url}/socket.io/`);
    await ask(`${url}/last`);
    expect(seen).to.eql(["/last"]);
  });

  it("may be upgrade requests: their listeners remain, and receive all of them [7, 9]", async () => {
    const httpServer = createServer();
    const seen: unknown[] = [];
    httpServer.on("upgrade", (req, socket) => {
      seen.push(req.url);
      if (req.url === "/mine") {
        socket.end("HTTP/1.1 426 Upgrade Required\r\n\r\n");
      }
    });
    const { port, pair } = await listen(new Server(httpServer), httpServer);
    await pair("/", { transports: ["websocket"] });
    const { received } = await askUpgrade(port, "/mine");
    await eventually(() => received().toString().startsWith("HTTP/1.1 426"));
    expect(seen).to.eql(["/socket.io/?EIO=4&transport=websocket", "/mine"]);
  });
});

describe("one server for several HTTP servers", () => {
  it("serves the clients of both [2]", async () => {
    const io = new Server();
    const [first, second] = [createServer(), createServer()];
    const a = await listen(io.attach(first), first);
    const b = await listen(io.attach(second, { path: "/b" }), second);
    expect(io.httpServer).to.be(second);
    await nextEvent(a.connect(), "connect");
    await nextEvent(b.connect("/", { path: "/b" }), "connect");
    expect(io.sockets.sockets.size).to.be(2);
  });

  it("can serve two paths of one HTTP server [2, 7]", async () => {
    const io = new Server();
    const httpServer = createServer((_req, res) => res.end("mine"));
    const { url } = await listen(io.attach(httpServer).attach(httpServer, { path: "/b" }), httpServer);
    openOf(await askHandshake(url));
    openOf(await askHandshake(url, {}, "/b/"));
    expect((await ask(`${url}/c`)).text).to.be("mine");
  });

  it("two servers share one HTTP server with two paths [2, 7]", async () => {
    const httpServer = createServer((_req, res) => res.end("mine"));
    const first = new Server(httpServer, { path: "/a", destroyUpgrade: false });
    const second = new Server(httpServer, { path: "/b", destroyUpgrade: false });
    onTestEnd(() => second.close());
    const { url, connect } = await listen(first, httpServer);
    const [toFirst, toSecond] = [nextEvent(first, "connection"), nextEvent(second, "connection")];
    connect("/", { path: "/a", transports: ["websocket"] });
    connect("/", { path: "/b", transports: ["websocket"] });
    await Promise.all([toFirst, toSecond]);
    expect((await ask(`${url}/c`)).text).to.be("mine");
  });
});
