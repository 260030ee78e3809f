import { once } from "node:events";
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Socket as TcpSocket } from "node:net";
import { connect as connectTls } from "node:tls";
import expect from "expect.js";
import { certificate } from "../support/certificate";
import { onTestEnd } from "../support/cleanup";
import type { Clock } from "../support/clock";
import { messagesAbout } from "../support/guard-messages";
import {
  CLOSE_TIMEOUT,
  close,
  HALF_HEAD,
  openConnection,
  type Started,
  send,
  start,
} from "../support/open-connections";
import { ownSuite } from "../support/own-tests";
import { Server } from "../support/subject";
import { eventually, nextValue } from "../support/waiting";

/** Advances the clock in small steps until the server is closed. */
async function tickUntilClosed(clock: Clock, isClosed: () => Promise<boolean>): Promise<number> {
  let time = 0;
  while (!(await isClosed())) {
    clock.tick(100);
    time += 100;
    if (time > 60_000) {
      throw new Error("The server is not closed after a minute.");
    }
  }
  return time;
}

ownSuite("io.close() with connections without a request", () => {
  it("gives a client that has just connected a second for its first request, and counts nothing", async () => {
    const started = await start();
    const { tcp } = await openConnection(started);
    const told = messagesAbout((detail) => Array.isArray((detail as any)?.adapters));
    const ended = once(tcp, "close");
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(900);
    expect(await isClosed()).to.be(false);
    clock.tick(100);
    await closed;
    await ended;
    expect(report().destroyed).to.be(0);
    expect(told).to.eql([]);
  });

  it("does so over TLS", async () => {
    const started = await start(createHttpsServer(certificate));
    const accepted = once(started.httpServer, "secureConnection");
    const client = connectTls({ port: started.port, host: "localhost", ca: certificate.cert });
    client.on("error", () => {});
    onTestEnd(() => client.destroy());
    await accepted;
    const { clock, closed } = await close(started.io);
    clock.tick(1_000);
    await closed;
  });

  for (const [name, create] of [
    ["https", () => createHttpsServer(certificate)],
    ["HTTP/2 and HTTP/1", () => createSecureServer({ ...certificate, allowHTTP1: true })],
  ] as const) {
    it(`gives a client that has just connected a second for its TLS handshake, with ${name}`, async () => {
      const started = await start(create());
      await openConnection(started);
      const { clock, closed, isClosed, report } = await close(started.io);
      clock.tick(900);
      expect(await isClosed()).to.be(false);
      clock.tick(100);
      await closed;
      expect(report().destroyed).to.be(0);
    });

    it(`waits closeTimeoutMs for the rest of a TLS handshake, with ${name}`, async () => {
      const started = await start(create());
      const { tcp, accepted } = await openConnection(started);
      // the beginning of a ClientHello: a handshake record of 512 bytes
      tcp.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
      await eventually(() => accepted.bytesRead > 0);
      const { clock, closed, isClosed, report } = await close(started.io);
      clock.tick(CLOSE_TIMEOUT - 100);
      expect(await isClosed()).to.be(false);
      clock.tick(100);
      await closed;
      expect(report().destroyed).to.be(1);
    });
  }

  it("waits for a request of the application over TLS", async () => {
    let answer: any;
    const httpServer = createHttpsServer(certificate, (_req, res) => {
      answer = () => res.end("done");
    });
    const started = await start(httpServer);
    const client = connectTls({ port: started.port, host: "localhost", ca: certificate.cert });
    onTestEnd(() => client.destroy());
    const asked = once(httpServer, "request");
    client.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await asked;
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(10 * CLOSE_TIMEOUT);
    expect(await isClosed()).to.be(false);
    client.resume();
    answer();
    await closed;
    expect(report().destroyed).to.be(0);
  });

  it("waits closeTimeoutMs for the rest of a request head, and counts the connection", async () => {
    const started = await start();
    const connection = await openConnection(started);
    await send(connection, HALF_HEAD);
    const told = messagesAbout((detail) => Array.isArray((detail as any)?.adapters));
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(CLOSE_TIMEOUT - 100);
    expect(await isClosed()).to.be(false);
    clock.tick(100);
    await closed;
    expect(report().destroyed).to.be(1);
    expect(told.map(({ code }) => code)).to.eql(["CLOSE_TIMEOUT"]);
  });

  it("waits closeTimeoutMs for the rest of a second request, also if it comes byte by byte", async () => {
    const httpServer = createServer((_req, res) => res.end("done"));
    const started = await start(httpServer);
    const connection = await openConnection(started);
    const answered = once(connection.tcp, "data");
    await send(connection, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await answered;
    await send(connection, HALF_HEAD);
    const { clock, closed, isClosed, report } = await close(started.io);
    for (let time = 0; time < CLOSE_TIMEOUT; time += 500) {
      expect(await isClosed()).to.be(false);
      await send(connection, "h");
      clock.tick(500);
    }
    await closed;
    expect(report().destroyed).to.be(1);
  });

  it("answers a request whose rest comes in time", async () => {
    const httpServer = createServer((_req, res) => res.end("done"));
    const started = await start(httpServer);
    const connection = await openConnection(started);
    await send(connection, HALF_HEAD);
    const answered = once(connection.tcp, "data");
    const { clock, closed, report } = await close(started.io);
    clock.tick(CLOSE_TIMEOUT - 100);
    connection.tcp.write("host\r\nConnection: close\r\n\r\n");
    expect(String(await answered)).to.contain("200 OK");
    await closed;
    expect(report().destroyed).to.be(0);
  });

  it("waits for a request of the application beyond closeTimeoutMs", async () => {
    let answer: any;
    const httpServer = createServer((_req, res) => {
      answer = () => res.end("done");
    });
    const started = await start(httpServer);
    const connection = await openConnection(started);
    const asked = once(httpServer, "request");
    connection.tcp.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await asked;
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(10 * CLOSE_TIMEOUT);
    expect(await isClosed()).to.be(false);
    const received = once(connection.tcp, "data");
    answer();
    expect(String(await received)).to.contain("done");
    await closed;
    expect(report().destroyed).to.be(0);
  });

  for (const [what, request] of [
    ["upgrade", "GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"],
    ["connect", "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ] as const) {
    it(`leaves a connection that the application has taken over with "${what}"`, async () => {
      const started = await start();
      const taken = new Promise<TcpSocket>((resolve) => {
        started.httpServer.on(what, (_req: IncomingMessage, socket: TcpSocket) => resolve(socket));
      });
      const { tcp } = await openConnection(started);
      tcp.write(request);
      const socket = await taken;
      socket.write("x");
      const { clock, closed, isClosed } = await close(started.io);
      clock.tick(10 * CLOSE_TIMEOUT);
      expect(await isClosed()).to.be(false);
      expect(socket.destroyed).to.be(false);
      socket.destroy();
      await closed;
    });
  }

  it("ends them with the drain", async () => {
    const started = await start();
    const half = await openConnection(started);
    await send(half, HALF_HEAD);
    await openConnection(started);
    const { clock, isClosed, report } = await close(started.io, { drain: { timeoutMs: 500 } });
    // the drain, and one more second
    expect(await tickUntilClosed(clock, isClosed)).to.be.below(1_600);
    expect(report().destroyed).to.be.within(1, 2);
    expect(half.accepted.destroyed).to.be(true);
  });

  it("ends them for two servers on one HTTP server", async () => {
    const started = await start();
    const other = new Server(started.httpServer as HttpServer, { path: "/other" });
    await openConnection(started);
    const { clock, closed } = await close(started.io);
    other.close();
    clock.tick(1_000);
    await closed;
  });

  it("leaves them to an HTTP server that continues", async () => {
    const started = await start();
    const { accepted } = await openConnection(started);
    const { clock, closed } = await close(started.io, { closeHttpServer: false });
    await closed;
    clock.tick(10 * CLOSE_TIMEOUT);
    expect(accepted.destroyed).to.be(false);
  });

  it("removes its listeners from the HTTP server, and from connections that are upgraded", async () => {
    const httpServer = createServer();
    const before = httpServer.listenerCount("connection");
    const started = await start(httpServer);
    const { tcp, accepted } = await openConnection(started);
    const added = accepted.listeners("close").at(-1);
    const upgraded = once(tcp, "data");
    tcp.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n" +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
    );
    await upgraded;
    expect(accepted.listeners("close")).not.to.contain(added);
    tcp.destroy();
    await started.io.close();
    expect(httpServer.listenerCount("connection")).to.be(before);
    expect(httpServer.listenerCount("session") + httpServer.listenerCount("stream")).to.be(0);
  });
});

ownSuite("io.close() with sessions of HTTP/2", () => {
  async function startHttp2(handler?: (req: any, res: any) => void): Promise<Started> {
    return start(handler ? createHttp2Server(handler) : createHttp2Server());
  }

  it("ends an idle session at once", async () => {
    const started = await startHttp2();
    const session = nextValue(started.httpServer as any, "session");
    const client = connectHttp2(`http://localhost:${started.port}`);
    onTestEnd(() => client.destroy());
    await session;
    const left = once(client, "close");
    const report = await started.io.close({});
    expect(report.destroyed).to.be(0);
    await left;
  });

  it("waits for a stream of the application", async () => {
    let response: ServerResponse | undefined;
    const started = await startHttp2((_req, res) => {
      response = res;
    });
    const client = connectHttp2(`http://localhost:${started.port}`);
    onTestEnd(() => client.destroy());
    const asked = once(started.httpServer, "request");
    const request = client.request({ ":path": "/" });
    await asked;
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(10 * CLOSE_TIMEOUT);
    expect(await isClosed()).to.be(false);
    const received = once(request.setEncoding("utf8"), "data");
    response?.end("done");
    expect(await received).to.eql(["done"]);
    await closed;
    expect(report().destroyed).to.be(0);
  });

  it("leaves a session that the application destroys at once to the application", async () => {
    const httpServer = createHttp2Server();
    httpServer.on("session", (session) => session.destroy());
    const started = await start(httpServer);
    const client = connectHttp2(`http://localhost:${started.port}`);
    client.on("error", () => {});
    await once(client, "close");
    const { closed } = await close(started.io);
    await closed;
  });

  it("destroys the connection of a client that does not end it within closeTimeoutMs", async () => {
    const started = await startHttp2();
    const { accepted } = await openConnection(started, { allowHalfOpen: true });
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(CLOSE_TIMEOUT - 100);
    expect(await isClosed()).to.be(false);
    expect(accepted.destroyed).to.be(false);
    clock.tick(100);
    await closed;
    expect(report().destroyed).to.be(1);
  });
});
