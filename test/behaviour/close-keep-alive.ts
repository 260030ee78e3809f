import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket as TcpSocket } from "node:net";
import { promisify } from "node:util";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ownSuite } from "../support/own-tests";
import { environment, root } from "../support/repository";
import { listen, type Running, startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, turn } from "../support/waiting";
import { openPolling } from "../support/wire";

interface Line {
  /** Sends a request with this path. */
  get(path: string): void;
  post(path: string, body: string): void;
  /** Resolves with everything that was received, when the server has ended the connection. */
  ended: Promise<string>;
}

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";

/** Opens a TCP connection, which the server keeps alive after each response. */
async function openLine({ port, httpServer }: Running): Promise<Line> {
  const accepted = once(httpServer, "connection");
  const tcp: TcpSocket = connect(port, "localhost");
  tcp.on("error", () => {});
  onTestEnd(() => tcp.destroy());
  let received = "";
  tcp.on("data", (chunk) => {
    received += chunk;
  });
  await accepted;
  const write = (method: string, path: string, rest: string) =>
    tcp.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}`);
  return {
    get: (path) => write("GET", path, "\r\n"),
    post: (path, body) => write("POST", path, `Content-Length: ${body.length}\r\n\r\n${body}`),
    ended: once(tcp, "end").then(() => received),
  };
}

/** Starts a server that keeps connections alive for longer than a test takes. */
async function start(): Promise<Running> {
  const running = await startServer({ transports: ["polling", "websocket", "sse"] as any });
  running.httpServer.keepAliveTimeout = 100_000;
  return running;
}

/** Begins to close the server; resolves when its engine is closed. */
async function beginClosing(io: Running["io"], how?: object): Promise<{ closed: Promise<unknown> }> {
  const closed = how ? io.close(how) : io.close();
  await turn();
  await turn();
  return { closed };
}

const statusOf = (response: string) => Number(response.split(" ")[1]);

ownSuite("a connection with a request that is answered after io.close() has begun", () => {
  for (const [name, how] of [
    ["io.close()", undefined],
    ["io.close({})", {}],
    ["io.close({ drain: true })", { drain: true }],
  ] as const) {
    for (const [what, status, ask] of [
      ["a handshake", 403, (line: Line) => line.get(HANDSHAKE)],
      [
        "a handshake over an unknown transport",
        400,
        (line: Line) => line.get("/socket.io/?EIO=4&transport=no"),
      ],
      ["a request of an unknown session", 400, (line: Line) => line.post(`${HANDSHAKE}&sid=no`, "4")],
    ] as const) {
      it(`is closed at once after ${what}, ${name}`, async () => {
        const running = await start();
        const line = await openLine(running);
        const { closed } = await beginClosing(running.io, how);
        ask(line);
        await closed;
        const response = await line.ended;
        expect(statusOf(response)).to.be(status);
        expect(response).to.contain("Connection: close\r\n");
      });
    }

    for (const allowed of [true, false]) {
      it(`is closed at once if allowRequest ${allowed ? "accepts" : "refuses"} the client then, ${name}`, async () => {
        const running = await start();
        let decide: any;
        running.io.engine.opts.allowRequest = (_req, callback) => {
          decide = callback;
        };
        const line = await openLine(running);
        line.get(HANDSHAKE);
        await eventually(() => decide !== undefined);
        const { closed } = await beginClosing(running.io, how);
        decide(null, allowed);
        await closed;
        const response = await line.ended;
        expect(statusOf(response)).to.be(403);
        expect(response).to.contain("Connection: close\r\n");
        expect(running.io.engine.clientsCount).to.be(0);
      });
    }

    it(`is closed at once after a POST request of a session that was closed, ${name}`, async () => {
      const running = await start();
      const wire = await openPolling(running.url);
      const line = await openLine(running);
      const { closed } = await beginClosing(running.io, how);
      const { pathname, search } = new URL(wire.address);
      line.post(pathname + search, "4");
      await closed;
      const response = await line.ended;
      expect(statusOf(response)).to.be(400);
      expect(response).to.contain("Connection: close\r\n");
    });

    it(`is closed soon after the end of an event stream, ${name}`, async () => {
      const running = await start();
      const line = await openLine(running);
      line.get("/socket.io/?EIO=4&transport=sse");
      await eventually(() => running.io.engine.clientsCount === 1);
      const { closed } = await beginClosing(running.io, how);
      await closed;
      expect(await line.ended).to.contain("data:1\n\n");
    });
  }

  it("is closed soon after a response of the application, on its own server", async () => {
    let pending: any;
    const httpServer = createServer((_req, res) => {
      pending = res;
    });
    const running = await listen(new Server(httpServer), httpServer);
    httpServer.keepAliveTimeout = 100_000;
    const line = await openLine(running);
    line.get("/page");
    await eventually(() => pending !== undefined);
    const { closed } = await beginClosing(running.io);
    pending.end("hello");
    await closed;
    expect(await line.ended).to.contain("hello");
    expect(httpServer.keepAliveTimeout).to.be(100_000);
  });

  it("does not change how long the HTTP server keeps connections if it is not closed, or not running", async () => {
    const running = await start();
    await running.io.close({ closeHttpServer: false });
    expect(running.httpServer.keepAliveTimeout).to.be(100_000);
    await Promise.all([running.io.close(), running.io.close()]);
    expect(running.httpServer.keepAliveTimeout).to.be(100_000);
  });

  it("does not change how long an HTTP server keeps connections after two servers were closed with it", async () => {
    const httpServer = createServer();
    const servers = ["/a", "/b"].map((path) => new Server(httpServer, { path }));
    for (let i = 0; i < 2; i++) {
      await listen(servers[0], httpServer);
      httpServer.keepAliveTimeout = 100_000 + i;
      await Promise.allSettled(servers.map((io) => io.close()));
      expect(httpServer.keepAliveTimeout).to.be(100_000 + i);
    }
  });

  it("does not change how long an HTTP server keeps connections if the application sets that while it is closed", async () => {
    let pending: any;
    const httpServer = createServer((_req, res) => {
      pending = res;
    });
    const running = await listen(new Server(httpServer), httpServer);
    const line = await openLine(running);
    line.get("/page");
    await eventually(() => pending !== undefined);
    const { closed } = await beginClosing(running.io);
    httpServer.keepAliveTimeout = 50_000;
    pending.setHeader("Connection", "close").end();
    await closed;
    expect(httpServer.keepAliveTimeout).to.be(50_000);
  });

  for (const transport of ["polling", "sse"]) {
    it(`does not keep the process alive: ${transport}`, async () => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--import=tsx", "test/fixtures/deciding-server.ts", transport],
        { cwd: root, env: environment(), timeout: 15_000 },
      );
      expect(stdout.trim()).to.be("403 close 0");
    });
  }
});
