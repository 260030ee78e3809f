/** Connections that the HTTP server had accepted before the server was attached to it. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import expect from "expect.js";
import { certificate } from "../support/certificate";
import { onTestEnd } from "../support/cleanup";
import { CLOSE_TIMEOUT, close, HALF_HEAD, openConnection, send, start } from "../support/open-connections";
import { ownSuite } from "../support/own-tests";
import { Server } from "../support/subject";

const later = { attachLater: true };

ownSuite("io.close() with connections that are older than the server", () => {
  it("gives a client that has sent nothing a second for its first request, and counts nothing", async () => {
    const started = await start(createServer(), later);
    const { tcp } = await openConnection(started);
    started.io.attach(started.httpServer as HttpServer);
    const ended = once(tcp, "close");
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(900);
    expect(await isClosed()).to.be(false);
    clock.tick(100);
    await closed;
    await ended;
    expect(report().destroyed).to.be(0);
  });

  it("does so over TLS", async () => {
    const started = await start(createHttpsServer(certificate), later);
    const accepted = once(started.httpServer, "secureConnection");
    const client = connectTls({ port: started.port, host: "localhost", ca: certificate.cert });
    client.on("error", () => {});
    onTestEnd(() => client.destroy());
    await accepted;
    started.io.attach(started.httpServer as HttpServer);
    const { clock, closed } = await close(started.io);
    clock.tick(1_000);
    await closed;
  });

  it("waits closeTimeoutMs for the rest of a request head, and counts the connection", async () => {
    const started = await start(createServer(), later);
    await send(await openConnection(started), HALF_HEAD);
    started.io.attach(started.httpServer as HttpServer);
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(CLOSE_TIMEOUT - 100);
    expect(await isClosed()).to.be(false);
    clock.tick(100);
    await closed;
    expect(report().destroyed).to.be(1);
  });

  it("ends one that has had a request before", async () => {
    const started = await start(
      createServer((_req, res) => res.end("done")),
      later,
    );
    const connection = await openConnection(started);
    const answered = once(connection.tcp, "data");
    await send(connection, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await answered;
    started.io.attach(started.httpServer as HttpServer);
    const { closed } = await close(started.io);
    await closed;
  });

  it("waits for a request of the application that has arrived before", async () => {
    let response: ServerResponse | undefined;
    const started = await start(
      createServer((_req, res) => {
        response = res;
      }),
      later,
    );
    const { tcp } = await openConnection(started);
    const asked = once(started.httpServer, "request");
    tcp.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await asked;
    started.io.attach(started.httpServer as HttpServer);
    const { clock, closed, isClosed, report } = await close(started.io);
    clock.tick(10 * CLOSE_TIMEOUT);
    expect(await isClosed()).to.be(false);
    const received = once(tcp, "data");
    response?.end("done");
    expect(String(await received)).to.contain("done");
    await closed;
    expect(report().destroyed).to.be(0);
  });

  it("ends those that came while no server was attached", async () => {
    const started = await start();
    const { httpServer } = started;
    await started.io.close({ closeHttpServer: false });
    await openConnection(started);
    const next = new Server(httpServer as HttpServer);
    const { clock, closed } = await close(next);
    clock.tick(1_000);
    await closed;
  });

  it("ends a session of HTTP/2 that has had a request since", async () => {
    const started = await start(
      createHttp2Server((_req, res) => res.end("done")),
      later,
    );
    const client = connectHttp2(`http://localhost:${started.port}`);
    onTestEnd(() => client.destroy());
    await once(started.httpServer, "session");
    started.io.attach(started.httpServer as HttpServer);
    const request = client.request({ ":path": "/" });
    await once(request.resume(), "close");
    const left = once(client, "close");
    const { closed } = await close(started.io);
    await closed;
    await left;
  });

  it("leaves a request on a connection whose TLS handshake was completed while no server was attached", async () => {
    let response: ServerResponse | undefined;
    const started = await start(
      createHttpsServer(certificate, (_req, res) => {
        response = res;
      }),
    );
    const { httpServer } = started;
    const { tcp } = await openConnection(started);
    await started.io.close({ closeHttpServer: false });
    const secure = connectTls({ socket: tcp, ca: certificate.cert, servername: "localhost" });
    const asked = once(httpServer, "request");
    secure.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await asked;
    const received = once(secure, "data");
    const next = new Server(httpServer as HttpServer, { limits: { closeTimeoutMs: CLOSE_TIMEOUT } });
    const { clock, closed, isClosed, report } = await close(next);
    clock.tick(CLOSE_TIMEOUT);
    expect(await isClosed()).to.be(false);
    response?.end("done");
    expect(String(await received)).to.contain("done");
    await closed;
    expect(report().destroyed).to.be(0);
  });

  it("removes its listeners from them when they are upgraded", async () => {
    const started = await start(createServer(), later);
    const { tcp, accepted } = await openConnection(started);
    const before = accepted.listenerCount("close");
    started.io.attach(started.httpServer as HttpServer);
    const added = accepted.listeners("close").at(-1);
    expect(accepted.listenerCount("close")).to.be(before + 1);
    const upgraded = once(tcp, "data");
    tcp.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n" +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
    );
    await upgraded;
    expect(accepted.listeners("close")).not.to.contain(added);
  });
});

ownSuite("io.close() with https on a Unix domain socket", () => {
  it("gives each client a second for its TLS handshake, and leaves a client that has completed it", async () => {
    let response: ServerResponse | undefined;
    const httpServer = createHttpsServer(certificate, (_req, res) => {
      response = res;
    });
    const io = new Server(httpServer);
    const directory = mkdtempSync(join(tmpdir(), "socket.io-unix-"));
    onTestEnd(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "server");
    await once(httpServer.listen(path), "listening");
    const open = async () => {
      const accepted = once(httpServer, "connection");
      const socket: TcpSocket = connectTcp(path);
      socket.on("error", () => {});
      onTestEnd(() => socket.destroy());
      await accepted;
      return socket;
    };
    await open();
    const secure = connectTls({ socket: await open(), ca: certificate.cert, servername: "localhost" });
    const asked = once(httpServer, "request");
    secure.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await open();
    await asked;
    const received = once(secure, "data");
    const { clock, closed, isClosed, report } = await close(io);
    clock.tick(1_000);
    expect(await isClosed()).to.be(false);
    response?.end("done");
    expect(String(await received)).to.contain("done");
    await closed;
    expect(report().destroyed).to.be(0);
  });
});
