import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import expect from "expect.js";
import express from "express";
import { WebSocket } from "ws";
import { asyncDispose } from "../../lib/server/dispose";
import { certificate } from "../support/certificate";
import { onTestEnd } from "../support/cleanup";
import { isFast } from "../support/fast-path";
import { ownSuite } from "../support/own-tests";
import { root } from "../support/repository";
import type { ClientSocket } from "../support/server";
import { Server, type SocketType } from "../support/subject";
import { startInMemory, testing, useClock } from "../support/testing";
import { connectV2 } from "../support/v2-client";
import { nextEvent, nextValue } from "../support/waiting";

const { createTestServer, settled, waitFor } = testing;

const page = readFileSync(join(root, "docs/testing.md"), "utf8").split("\n");

const WAYS: [title: string, transports: string[]][] = [
  ["a WebSocket", ["websocket"]],
  ["long-polling", ["polling"]],
  ["long-polling with an upgrade", ["polling", "websocket"]],
];

const failureOf = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

ownSuite("a test server", () => {
  for (const [title, transports] of WAYS) {
    it(`exchanges events, answers and binary data over ${title}, without a port`, async () => {
      const { io, httpServer, connect } = startInMemory();
      io.on("connection", (socket) => socket.on("echo", (...args) => args.pop()(...args)));
      const client = await connect("/", { transports });
      expect(await client.emitWithAck("echo", { text: "é" })).to.eql({ text: "é" });
      const bytes = Buffer.alloc(300_000, 7);
      expect(bytes.equals(await client.emitWithAck("echo", bytes))).to.be(true);
      if (transports.length > 1) {
        await waitFor(() => client.io.engine.transport.name === "websocket");
        expect(await client.emitWithAck("echo", 2)).to.be(2);
      }
      expect((httpServer as { listening?: boolean }).listening).to.be(false);
    });
  }

  it("serves a WebSocket over the same path of the code as a server with a port", async () => {
    const { io, connect, socketOf } = startInMemory();
    const client = await connect();
    expect(isFast(socketOf(client))).to.be(io.fastPath);
  });

  it("gives the server the auth, the query, the headers, the cookies and the address of a client", async () => {
    const { connect, socketOf } = startInMemory();
    const client = await connect("/", {
      auth: { token: "secret" },
      query: { page: "7" },
      headers: { "user-agent": "test" },
      cookies: { sid: "abc", theme: "dark" },
      address: "203.0.113.7",
    });
    const { auth, query, headers, address, secure } = socketOf(client).handshake;
    expect([auth, query.page, headers["user-agent"], headers.cookie, address, secure]).to.eql([
      { token: "secret" },
      "7",
      "test",
      "sid=abc; theme=dark",
      "203.0.113.7",
      false,
    ]);
  });

  it("rejects connect() with the error of a middleware, data included", async () => {
    const { io, connect } = startInMemory();
    io.of("/admin").use((_socket, next) => next(Object.assign(new Error("no"), { data: { code: 7 } })));
    const failure = await connect("/admin").then(
      () => undefined,
      (error) => error,
    );
    expect([failure.message, failure.data]).to.eql(["no", { code: 7 }]);
    await settled();
    expect(io.engine.clientsCount).to.be(0);
  });

  it("rejects connect() if the handshake is refused", async () => {
    const { connect } = startInMemory({ allowRequest: (_req, answer) => answer("no", false) });
    for (const transports of [["websocket"], ["polling"]]) {
      const failure = await connect("/", { transports }).then(
        () => undefined,
        (error) => error,
      );
      expect(failure).to.be.an(Error);
    }
  });

  it("has rooms and namespaces, also over one connection", async () => {
    const { io, connect, socketOf } = startInMemory();
    io.of("/chat");
    const [one, two] = [await connect("/chat"), await connect("/chat")];
    const received: string[] = [];
    one.on("news", () => received.push("one"));
    two.on("news", () => received.push("two"));
    socketOf(one).join("staff");
    io.of("/chat").to("staff").emit("news");
    await settled();
    expect(received).to.eql(["one"]);
    const main = one.io.socket("/");
    await waitFor(main, "connect");
    expect(socketOf(main as { id?: string }).conn).to.be(socketOf(one).conn);
  });

  it("observes the end of a connection, and the client's reconnection", async () => {
    const { io, connect, socketOf } = startInMemory();
    const client = await connect("/", { reconnectionDelay: 1 });
    const socket = socketOf(client);
    const left = nextValue(socket, "disconnect");
    const again = nextValue<SocketType>(io, "connection");
    client.io.engine.close();
    expect(await left).to.be("transport close");
    expect((await again).id).not.to.be(socket.id);
  });

  for (const [title, transports] of WAYS.slice(0, 2) as typeof WAYS) {
    it(`ends a connection over ${title} in each way, with the reasons that docs/testing.md lists`, async () => {
      const { connect, reset, socketOf } = startInMemory();
      const ways: Record<string, (client: ClientSocket) => void> = {
        "client.disconnect()": (client) => client.disconnect(),
        "socketOf(client).disconnect()": (client) => socketOf(client).disconnect(),
        "client.io.engine.close()": (client) => client.io.engine.close(),
        "reset(client)": reset,
      };
      for (const [name, end] of Object.entries(ways)) {
        const client = await connect("/", { transports, reconnection: false });
        const reasons = [nextValue(socketOf(client), "disconnect"), nextValue(client, "disconnect")];
        end(client);
        const row = page.findLast((line) => line.startsWith(`| \`${name}\` |`)) as string;
        const [, , ofServer, ofClient] = row.split("|");
        const [atServer, atClient] = await Promise.all(reasons);
        expect(ofServer).to.contain(`\`${atServer}\``);
        expect(ofClient).to.contain(`\`${atClient}\``);
      }
    });
  }

  it("resets a connection: both sides notice at once", async () => {
    const { connect, reset, socketOf } = startInMemory();
    for (const transports of [["websocket"], ["polling"]]) {
      const client = await connect("/", { transports, reconnection: false });
      const ends = [nextEvent(client, "disconnect"), nextEvent(socketOf(client), "disconnect")];
      reset(client);
      const [[ofClient], [ofServer]] = (await Promise.all(ends)) as [[string], [string]];
      expect(ofClient).to.match(/^transport (close|error)$/);
      expect(ofServer).to.match(/^transport (close|error)$/);
    }
  });

  it("restores the session of a client that was cut off", async () => {
    const { io, connect, reset, socketOf } = startInMemory({ connectionStateRecovery: {} });
    const client = await connect("/", { reconnectionDelay: 1 });
    const received: number[] = [];
    client.on("news", (number: number) => received.push(number));
    socketOf(client).emit("news", 1);
    await waitFor(() => received.length === 1);
    const back = nextEvent(client, "connect");
    const left = nextEvent(socketOf(client), "disconnect");
    reset(client);
    await left;
    io.emit("news", 2);
    await back;
    await waitFor(() => received.length === 2);
    expect([client.recovered, received]).to.eql([true, [1, 2]]);
  });

  it("connects to the server of an application that never listens, and sends it requests", async () => {
    const app = express();
    app.get("/login", (_req, res) => {
      res.cookie("sid", "abc").send("welcome");
    });
    const httpServer = createServer(app);
    const io = new Server(httpServer);
    const { connect, request, socketOf, close } = createTestServer(io);
    onTestEnd(close);
    const { status, headers, text } = await request("/login");
    expect([status, text]).to.eql([200, "welcome"]);
    const [cookie = ""] = headers["set-cookie"] ?? [];
    const client = await connect("/", { headers: { cookie: cookie.split(";", 1)[0] as string } });
    expect(socketOf(client).handshake.headers.cookie).to.be("sid=abc");
    const missing = await request("/none", { method: "POST", body: "x", address: "203.0.113.8" });
    expect(missing.status).to.be(404);
  });

  it("connects to a server with another path, and to one that is not attached yet", async () => {
    const { connect } = startInMemory({ path: "/live" });
    expect((await connect()).connected).to.be(true);
    const { connect: connectLater, close } = createTestServer(new Server());
    onTestEnd(close);
    expect((await connectLater()).connected).to.be(true);
  });

  it("connects to an HTTPS server and to a server for HTTP/2 with HTTP/1, without TLS", async () => {
    for (const httpServer of [
      createTlsServer(certificate),
      createSecureServer({ ...certificate, allowHTTP1: true }),
    ]) {
      const { connect, socketOf, close } = createTestServer(new Server(httpServer));
      onTestEnd(close);
      const client = await connect();
      expect(socketOf(client).handshake.secure).to.be(true);
      const polling = await connect("/", { transports: ["polling"] });
      expect(polling.connected).to.be(true);
    }
  });

  it("refuses a server for HTTP/2 only", () => {
    const io = new Server(createSecureServer(certificate));
    expect(() => createTestServer(io)).to.throwError((error: any) => {
      expect(error.code).to.be("TEST_SERVER_HTTP2");
    });
  });

  it("refuses clients of other servers", async () => {
    const [mine, other] = [startInMemory(), startInMemory()];
    const client = await other.connect();
    for (const call of [mine.cut, mine.reset, mine.socketOf]) {
      expect(() => call(client)).to.throwError((error: any) => {
        expect(error.code).to.be("UNKNOWN_CLIENT");
      });
    }
  });

  it("connects other clients with its agent: ws, Socket.IO v2, and requests", async () => {
    const { io, url, agent } = startInMemory({ allowEIO3: true });
    const webSocket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, {
      agent,
    });
    const [message] = await once(webSocket, "message");
    expect(String(message)).to.match(/^0\{"sid":/);
    webSocket.terminate();
    const [response] = await once(get(`${url}/socket.io/?EIO=4&transport=none`, { agent }), "response");
    expect(response.statusCode).to.be(400);
    response.resume();
    const connected = nextValue<SocketType>(io, "connection");
    connectV2(url, { agent, transports: ["websocket"], reconnection: false });
    expect((await connected).conn.protocol).to.be(3);
  });

  it("blocks the writes for a client that does not read", async () => {
    const { connect, cut, socketOf } = startInMemory({
      slowConsumer: { maxBufferedBytes: 1_000_000, policy: "disconnect" },
    });
    const client = await connect("/", { reconnection: false });
    const socket = socketOf(client);
    cut(client);
    const left = nextValue(socket, "disconnect");
    const isOver = { value: false };
    left.then(() => {
      isOver.value = true;
    });
    for (let sent = 0; sent < 100 && !isOver.value; sent++) {
      socket.emit("data", "x".repeat(100_000));
      await settled();
    }
    expect(isOver.value).to.be(true);
  });

  it("limits connections by the addresses of the clients", async () => {
    const { connect } = startInMemory({ limits: { connectionsPerAddress: 1 } });
    await connect("/", { address: "203.0.113.1" });
    await connect("/", { address: "203.0.113.2" });
    const refused = await connect("/", { address: "203.0.113.1" }).then(
      () => false,
      () => true,
    );
    expect(refused).to.be(true);
  });

  it("rejects connect() when the server is closed meanwhile, also by its own connection handler", async () => {
    const server = createTestServer();
    const failure = failureOf(server.connect("/"));
    await server.close();
    expect((await failure).code).to.be("ECONNABORTED");
    expect((await failure).message).to.be(
      'connect ECONNABORTED: close() was called before the client joined the namespace "/"',
    );
    const other = createTestServer();
    other.io.on("connection", () => other.close());
    expect((await failureOf(other.connect())).code).to.be("ECONNABORTED");
  });

  for (const [title, transports] of WAYS) {
    it(`refuses clients over ${title} and requests at once after the server was closed`, async () => {
      const closed = startInMemory();
      const address = "203.0.113.1";
      await closed.close();
      const closedByApplication = startInMemory();
      const client = await closedByApplication.connect();
      await closedByApplication.io.close();
      for (const { connect, createClient, request } of [closed, closedByApplication]) {
        expect((await failureOf(connect("/", { transports }))).code).to.be("ECONNREFUSED");
        expect((await failureOf(request("/"))).code).to.be("ECONNREFUSED");
        expect((await failureOf(request("/", { address }))).code).to.be("ECONNREFUSED");
        await nextEvent(createClient("/", { transports, reconnection: false }), "connect_error");
      }
      expect(client.connected).to.be(false);
    });
  }

  it("accepts clients again when the server of an application listens again", async () => {
    const { io, httpServer, connect } = startInMemory();
    await io.close();
    const server = httpServer as ReturnType<typeof createServer>;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    expect((await connect()).connected).to.be(true);
  });

  it("rejects connect() when the application closes the server meanwhile", async () => {
    const { io, connect } = startInMemory();
    io.use(() => io.close());
    expect((await failureOf(connect())).code).to.be("ECONNRESET");
  });

  it("rejects connect() when a middleware closes the connection, unless the client may reconnect", async () => {
    const { io, connect } = startInMemory();
    let attempts = 0;
    io.use((socket, next) => {
      if (++attempts % 2 === 1) {
        socket.conn.close();
      }
      next();
    });
    const failure = await failureOf(connect("/", { reconnection: false }));
    expect(failure.code).to.be("ECONNRESET");
    expect(failure.message).to.be(
      'connect ECONNRESET: the connection was closed before the client joined the namespace "/" (transport close)',
    );
    attempts = 0;
    expect((await connect("/", { reconnectionDelay: 1 })).connected).to.be(true);
    expect(attempts).to.be(2);
  });

  it("rejects connect() when a middleware does not decide within the option timeout", async () => {
    const { io, connect, socketOf } = startInMemory();
    io.of("/slow").use(() => {});
    const failure = await failureOf(connect("/slow", { timeout: 30 }));
    expect(failure.code).to.be("WAIT_TIMEOUT");
    expect(failure.message).to.be('The client did not join the namespace "/slow" within 30 ms');
    await waitFor(() => io.engine.clientsCount === 0);
    const clock = useClock();
    const waiting = failureOf(connect("/slow"));
    await clock.advance(19_999);
    const client = await connect();
    expect([io.engine.clientsCount, socketOf(client).connected]).to.eql([2, true]);
    await clock.advance(1);
    expect((await waiting).message).to.contain("within 20000 ms");
    expect(clock.timers).to.be.below(5);
  });

  it("refuses what is neither a server nor an object with options", () => {
    for (const [given, described] of [
      [null, "null"],
      [5, "5"],
      ["x", '"x"'],
    ]) {
      expect(() => createTestServer(given as unknown as undefined)).to.throwError((error: any) => {
        expect(error.code).to.be("INVALID_OPTION");
        expect(error.message).to.be(
          `"options" must be a server of socket.io or an object with options, got ${described}`,
        );
      });
    }
  });

  it("closes with the clients that are connecting, and leaves nothing that keeps the process alive", async () => {
    const server = createTestServer();
    const { io, connect, createClient, close } = server;
    const client = await connect();
    const reason = nextValue(client, "disconnect");
    createClient("/", { transports: ["polling"] });
    await connect("/", { transports: ["polling"] });
    const left = once(io, "connection");
    createClient();
    await left;
    await close();
    await server[asyncDispose]();
    expect(["io client disconnect", "transport close"]).to.contain(await reason);
    expect(io.engine.clientsCount).to.be(0);
  });
});
