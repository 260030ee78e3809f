/** Server-sent events behind proxies and in a browser, with the files of examples/server-sent-events-proxy. */
import { createServer } from "node:http";
import { join } from "node:path";
import { NodeWebSocket } from "engine.io-client";
import expect from "expect.js";
import type { Browser, Page } from "playwright-core";
import { Server } from "socket.io";
import { ServerSentEvents } from "socket.io/server-sent-events";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { type RunningExample, runExample } from "../support/examples";
import { openEventStream } from "../support/sse-wire";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { chromium } from "./support/chromium";
import { client, listen } from "./support/hello";
import { haproxy, nginx, startNginx as startNginxWith, startProxy } from "./support/proxies";
import { tested } from "./support/tested";

const example = join(__dirname, "../../examples/server-sent-events-proxy");
const fixtures = join(__dirname, "../fixtures");

function startNginx(target: number, change?: (text: string) => string): Promise<number> {
  return startNginxWith(join(example, "nginx.conf"), [target], change);
}

function startHaproxy(target: number): Promise<number> {
  return startProxy(haproxy, join(example, "haproxy.cfg"), [target], (_folder, path) => ({
    args: ["-f", path, "-db"],
    text: (given) => given.replace("global\n", "global\n  log stdout format raw local0 err\n"),
  }));
}

async function startServer(): Promise<{ io: Server; port: number }> {
  const httpServer = createServer();
  const io = new Server(httpServer, { transports: ["sse", "websocket"] });
  onTestEnd(() => {
    io.close();
    httpServer.closeAllConnections();
  });
  io.on("connection", (socket) => {
    socket.on("echo", (value, reply) => reply(value));
  });
  return { io, port: await listen(httpServer) };
}

function passesThrough(start: (target: number) => Promise<number>): void {
  async function paired(options = {}) {
    const { io, port } = await startServer();
    const url = `http://127.0.0.1:${await start(port)}`;
    const connected = nextValue(io, "connection");
    const socket = client(url, { transports: [ServerSentEvents], ...options });
    await nextEvent(socket, "connect");
    return { io, url, socket, peer: await connected };
  }

  it("passes each event on at once, to a client that accepts gzip", async () => {
    const { io, url, peer } = await paired();
    const stream = await openEventStream(`${url}/socket.io/?EIO=4&transport=sse`, {
      headers: { "Accept-Encoding": "gzip" },
    });
    expect(await stream.nextMessage()).to.match(/^0\{/);
    io.of("/").sockets.get(peer.id)?.emit("ignored");
    for (const conn of Object.values((io.engine as any).clients) as any[]) {
      for (let i = 0; i < 3; i++) {
        conn.write(`${i}`);
        if (conn.id !== peer.conn.id) {
          expect(await stream.nextMessage()).to.be(`4${i}`);
        }
      }
    }
  });

  it("passes on texts, binary data and large messages in both directions", async () => {
    const { socket } = await paired();
    for (const value of ["ö€😀\r\n\0", { a: [1, null] }, "x".repeat(500_000)]) {
      expect(await socket.emitWithAck("echo", value)).to.eql(value);
    }
    expect([...(await socket.emitWithAck("echo", Buffer.from([1, 2, 3])))]).to.eql([1, 2, 3]);
  });

  it("tells the server that the client has gone", async () => {
    const { socket, peer } = await paired();
    const left = nextEvent<[string]>(peer, "disconnect");
    socket.io.engine.close();
    expect(await left).to.contain("transport close");
  });

  it("tells the client that the server has gone", async () => {
    const { socket, peer } = await paired();
    const left = nextEvent<[string]>(socket, "disconnect");
    peer.conn.transport.terminate();
    expect(await left).to.contain("transport close");
  });
}

tested(
  {
    area: "Proxies",
    name: "nginx: server-sent events",
    programs: [nginx],
    method:
      "For server-sent events, the tests use [nginx.conf](../examples/server-sent-events-proxy/nginx.conf), which compresses all types and does not switch buffering off.",
  },
  () => passesThrough(startNginx),
);

tested(
  {
    area: "Proxies",
    name: "HAProxy: server-sent events",
    programs: [haproxy],
    method:
      "For server-sent events, the tests use [haproxy.cfg](../examples/server-sent-events-proxy/haproxy.cfg), with compression.",
  },
  () => passesThrough(startHaproxy),
);

tested({ area: "Clients", name: "Chromium: server-sent events", programs: [chromium, nginx] }, () => {
  let browser: Browser;

  before(async function () {
    browser = await startBrowser(this);
  });

  after(() => browser?.close());

  async function visit(url: string, prepare?: () => void): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    onTestEnd(() => context.close());
    const page = await context.newPage();
    if (prepare) {
      await page.addInitScript(prepare);
    }
    await page.goto(url);
    return page;
  }

  async function expectGreeting(page: Page): Promise<void> {
    await page.waitForFunction("document.querySelector('output').textContent !== ''");
    expect(await page.textContent("output")).to.be("Hello, world! Over sse.");
  }

  const start = (): Promise<RunningExample> => runExample("server-sent-events-proxy/index.js");
  const portOf = ({ url }: RunningExample) => Number(new URL(url).port);

  it("connects with the class and a stream of fetch()", async () => {
    await expectGreeting(await visit((await start()).url));
  });

  it("connects with the class and EventSource, if responses have no streams", async () => {
    const page = await visit((await start()).url, () => {
      delete (Response.prototype as { body?: unknown }).body;
    });
    await expectGreeting(page);
  });

  it("connects behind nginx with gzip", async () => {
    const port = await startNginx(portOf(await start()));
    await expectGreeting(await visit(`http://localhost:${port}/`));
  });

  it("has more than six connections over HTTP/2", async () => {
    const port = await startNginx(portOf(await start()), (text) =>
      text.replace(
        /listen (\d+);/,
        `listen $1 ssl http2;
    ssl_certificate ${fixtures}/localhost.crt;
    ssl_certificate_key ${fixtures}/localhost.key;`,
      ),
    );
    const page = await visit(`https://localhost:${port}/`);
    await expectGreeting(page);
    const answers = await page.evaluate(`(async () => {
      const { io } = await import("/socket.io/socket.io.esm.min.js");
      const { ServerSentEvents } = await import("/server-sent-events.mjs");
      const sockets = Array.from({ length: 10 }, () => io({ transports: [ServerSentEvents], forceNew: true }));
      return Promise.all(sockets.map((socket, i) => socket.emitWithAck("hello", i)));
    })()`);
    expect(answers).to.eql(Array.from({ length: 10 }, (_, i) => `Hello, ${i}!`));
    const protocols = await page.evaluate(
      "performance.getEntriesByType('resource').map(({ nextHopProtocol }) => nextHopProtocol)",
    );
    expect([...new Set(protocols as string[])]).to.eql(["h2"]);
  });

  it("upgrades to WebSocket", async () => {
    const page = await visit((await start()).url);
    const name = await page.evaluate(`(async () => {
      const { io, WebSocket } = await import("/socket.io/socket.io.esm.min.js");
      const { ServerSentEvents } = await import("/server-sent-events.mjs");
      const socket = io({ transports: [ServerSentEvents, WebSocket], forceNew: true });
      await new Promise((resolve) => socket.io.on("open", () => socket.io.engine.once("upgrade", resolve)));
      return [await socket.emitWithAck("hello", "world"), socket.io.engine.transport.name];
    })()`);
    expect(name).to.eql(["Hello, world!", "websocket"]);
  });

  it("exchanges binary data, as ArrayBuffer and as Blob", async () => {
    const { io, port } = await startServer();
    const pages = await start();
    const page = await visit(pages.url);
    io.engine.on("initial_headers", (headers: Record<string, string>) => {
      headers["access-control-allow-origin"] = "*";
    });
    io.engine.on("headers", (headers: Record<string, string>) => {
      headers["access-control-allow-origin"] = "*";
    });
    const result = await page.evaluate(`(async () => {
      const { io } = await import("/socket.io/socket.io.esm.min.js");
      const { ServerSentEvents } = await import("/server-sent-events.mjs");
      const socket = io("http://127.0.0.1:${port}", { transports: [ServerSentEvents] });
      const answer = await socket.emitWithAck("echo", new Blob([Uint8Array.of(1, 2, 255)]));
      const view = await socket.emitWithAck("echo", Uint8Array.of(3, 4).subarray(1));
      return [answer instanceof ArrayBuffer, ...new Uint8Array(answer), ...new Uint8Array(view)];
    })()`);
    expect(result).to.eql([true, 1, 2, 255, 4]);
  });

  it("receives events in a page that has only EventSource", async () => {
    const { io, port } = await startServer();
    const site = createServer((_req, res) => {
      res.setHeader("Content-Type", "text/html");
      res.end(`<!doctype html><title>A page</title><script>
        const address = "http://127.0.0.1:${port}/socket.io/?EIO=4&transport=sse";
        window.seen = [];
        const source = new EventSource(address);
        source.onerror = () => source.close();
        const post = (packet) => fetch(address + "&sid=" + sid, { method: "POST", body: packet, mode: "no-cors" });
        let sid;
        source.onmessage = ({ data }) => {
          const packet = data[0] === '"' ? JSON.parse(data) : data;
          if (packet[0] === "0") {
            sid = JSON.parse(packet.slice(1)).sid;
            post("40");
          } else if (packet === "2") {
            post("3");
          } else if (packet.startsWith("42")) {
            seen.push(JSON.parse(packet.slice(2)));
          }
        };
      </script>`);
    });
    onTestEnd(() => site.close());
    for (const event of ["initial_headers", "headers"]) {
      io.engine.on(event, (headers: Record<string, string>) => {
        headers["access-control-allow-origin"] = "*";
      });
    }
    const connected = nextValue(io, "connection");
    const page = await visit(`http://127.0.0.1:${await listen(site)}`);
    const socket = await connected;
    socket.emit("text", "a\r\nb");
    await eventually(async () => (await page.evaluate("seen.length")) === 1);
    expect(await page.evaluate("seen")).to.eql([["text", "a\r\nb"]]);
  });
});

tested(
  {
    area: "Clients",
    name: "socket.io-client 4: server-sent events in Node.js",
    packages: ["socket.io-client"],
  },
  () => {
    it("upgrades to WebSocket, with the built package", async () => {
      const { io, port } = await startServer();
      const socket = client(`http://127.0.0.1:${port}`, { transports: [ServerSentEvents, NodeWebSocket] });
      await nextEvent(socket, "connect");
      const [connected] = io.of("/").sockets.values();
      await eventually(() => connected?.conn.transport.name === "websocket");
      expect(await socket.emitWithAck("echo", 1)).to.be(1);
    });
  },
);
