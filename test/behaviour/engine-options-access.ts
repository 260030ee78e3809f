import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import expect from "expect.js";
import { type WebSocket, WebSocketServer } from "ws";
import type { ServerOptions } from "../../lib";
import { ask, askHandshake, openOf } from "../support/http";
import { protocol3Refused } from "../support/refusals";
import { startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openPolling } from "../support/wire";

const ORIGIN = "https://app.example";

/** A WebSocket with the documented members of ws only. */
class ForeignSocket extends EventEmitter {
  readonly send: WebSocket["send"];
  readonly close: WebSocket["close"];

  constructor(webSocket: WebSocket) {
    super();
    this.send = webSocket.send.bind(webSocket) as WebSocket["send"];
    this.close = webSocket.close.bind(webSocket);
    for (const event of ["message", "close", "error"]) {
      webSocket.on(event, (...args) => this.emit(event, ...args));
    }
  }
}

/** A WebSocket server without events, like that of eiows. */
class ForeignServer {
  private readonly server: WebSocketServer;

  constructor(options: ConstructorParameters<typeof WebSocketServer>[0]) {
    this.server = new WebSocketServer(options);
  }

  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, done: (webSocket: any) => void) {
    this.server.handleUpgrade(req, socket, head, (webSocket) => done(new ForeignSocket(webSocket)));
  }

  close() {
    this.server.close();
  }
}

/** The value of the cookie in the response to a handshake. */
async function cookieWith(cookie: ServerOptions["cookie"]): Promise<string | undefined> {
  const { url } = await startServer({ cookie });
  const answer = await askHandshake(url);
  const [line, ...others] = answer.headers["set-cookie"] ?? [];
  expect(others).to.eql([]);
  return line?.replace(openOf(answer).sid, "<sid>");
}

describe("cookie", () => {
  it("is not set by default [18]", async () => {
    const { url } = await startServer();
    expect((await askHandshake(url)).headers["set-cookie"]).to.be(undefined);
    expect(await cookieWith(false)).to.be(undefined);
  });

  it('with true is "io", with the session id, for HTTP only [18]', async () => {
    expect(await cookieWith(true)).to.be("io=<sid>; Path=/; HttpOnly; SameSite=Lax");
  });

  it("accepts a name, and keeps its other defaults [18]", async () => {
    expect(await cookieWith({ name: "chat" })).to.be("chat=<sid>; Path=/; HttpOnly; SameSite=Lax");
  });

  it("accepts other attributes [18]", async () => {
    expect(await cookieWith({ name: "chat", httpOnly: false, sameSite: "strict", path: "/chat" })).to.be(
      "chat=<sid>; Path=/chat; SameSite=Strict",
    );
    expect(await cookieWith({ name: "chat", maxAge: 86400, domain: "app.example", secure: true })).to.be(
      "chat=<sid>; Max-Age=86400; Domain=app.example; Path=/; HttpOnly; Secure; SameSite=Lax",
    );
  });

  it("is set once per connection [18]", async () => {
    const { url } = await startServer({ cookie: true });
    const polling = await openPolling(url);
    const posted = await polling.post("40");
    const polled = await polling.get();
    expect([posted, polled].map(({ headers }) => headers["set-cookie"])).to.eql([undefined, undefined]);
  });

  it("is not set for clients that start with WebSocket [18]", async () => {
    const { io, pair } = await startServer({ cookie: true });
    const headers = nextValue(io.engine, "initial_headers");
    await pair("/", { transports: ["websocket"] });
    expect(await headers).to.eql({});
  });
});

describe("cors", () => {
  it("is disabled by default [19]", async () => {
    const { url } = await startServer();
    const { headers } = await askHandshake(url, { headers: { Origin: ORIGIN } });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).to.eql([]);
  });

  it("when disabled does not answer preflight requests [19]", async () => {
    const { url } = await startServer();
    const { status, text } = await askHandshake(url, { method: "OPTIONS", headers: { Origin: ORIGIN } });
    expect([status, text]).to.eql([400, '{"code":2,"message":"Bad handshake method"}']);
  });

  it("adds its headers to all responses [19]", async () => {
    const { url } = await startServer({ cors: { origin: ORIGIN, credentials: true } });
    const headers = { Origin: ORIGIN };
    const answer = await askHandshake(url, { headers });
    const refused = await ask(`${url}/socket.io/?EIO=4&transport=none`, { headers });
    expect(refused.status).to.be(400);
    for (const { headers: got } of [answer, refused]) {
      expect(got["access-control-allow-origin"]).to.be(ORIGIN);
      expect(got["access-control-allow-credentials"]).to.be("true");
    }
  });

  it("does not allow other origins [19]", async () => {
    const { url } = await startServer({ cors: { origin: [ORIGIN, /\.app\.example$/] } });
    const allowed = async (origin: string) =>
      (await askHandshake(url, { headers: { Origin: origin } })).headers["access-control-allow-origin"];
    expect(await allowed(ORIGIN)).to.be(ORIGIN);
    expect(await allowed("https://chat.app.example")).to.be("https://chat.app.example");
    expect(await allowed("https://evil.example")).to.be(undefined);
  });

  it("answers preflight requests [19]", async () => {
    const { io, url } = await startServer({ cors: { origin: ORIGIN, allowedHeaders: ["x-mine"] } });
    const { headers, status, text } = await askHandshake(url, {
      method: "OPTIONS",
      headers: { Origin: ORIGIN, "Access-Control-Request-Method": "POST" },
    });
    expect([status, text]).to.eql([204, ""]);
    expect(headers["access-control-allow-origin"]).to.be(ORIGIN);
    expect(headers["access-control-allow-headers"]).to.be("x-mine");
    expect(io.engine.clientsCount).to.be(0);
  });
});

describe("allowRequest", () => {
  it("accepts clients synchronously or asynchronously, and receives the request [19]", async () => {
    const seen: unknown[] = [];
    const { pair } = await startServer({
      allowRequest(req: IncomingMessage, done) {
        seen.push([req.method, req.headers["x-token"]]);
        if (seen.length === 1) {
          done(null, true);
        } else {
          setImmediate(() => done(undefined, true));
        }
      },
    });
    const options = { extraHeaders: { "x-token": "secret" } };
    await pair("/", { ...options, transports: ["websocket"] });
    await pair("/", { ...options, transports: ["polling"] });
    expect(seen).to.eql([
      ["GET", "secret"],
      ["GET", "secret"],
    ]);
  });

  const refusals: [
    string,
    (done: (error: string | null | undefined, ok: boolean) => void) => void,
    string,
  ][] = [
    ["at once", (done) => done(null, false), "Forbidden"],
    ["later", (done) => setImmediate(() => done(undefined, false)), "Forbidden"],
    ["with a message", (done) => done("no token", false), "no token"],
  ];
  for (const [how, refuse, message] of refusals) {
    it(`refuses ${how}: 403 [19]`, async () => {
      const { io, url } = await startServer({ allowRequest: (_req, done) => refuse(done) });
      const { status, text } = await askHandshake(url);
      expect(status).to.be(403);
      expect(JSON.parse(text)).to.eql({ code: 4, message });
      expect(io.engine.clientsCount).to.be(0);
    });
  }

  for (const transport of ["polling", "websocket"] as const) {
    it(`that refuses causes a connection error at ${transport} clients [19]`, async () => {
      const { io, connect } = await startServer({ allowRequest: (_req, done) => done("no token", false) });
      io.on("connection", () => {
        throw new Error("it was refused");
      });
      const client = connect("/", { transports: [transport], reconnection: false });
      const error = await nextValue(client, "connect_error");
      expect(error.type).to.be("TransportError");
      expect(client.connected).to.be(false);
    });
  }

  it("is called once per connection, not for its later requests [19]", async () => {
    let asked = 0;
    const { pair } = await startServer({
      allowRequest: (_req, done) => {
        asked++;
        done(null, true);
      },
    });
    const { socket } = await pair();
    await nextEvent(socket.conn, "upgrade");
    expect(asked).to.be(1);
  });
});

describe("allowEIO3", () => {
  const protocol3 = "/socket.io/?EIO=3&transport=polling";

  it("is false by default: protocol 3 is refused [19]", async () => {
    const { url } = await startServer();
    for (const query of ["EIO=3&transport=polling", "transport=polling", "EIO=5&transport=polling"]) {
      const { status, text } = await ask(`${url}/socket.io/?${query}`);
      expect([query, status, text]).to.eql([
        query,
        400,
        JSON.stringify({
          code: 5,
          message: query.startsWith("EIO=3") ? protocol3Refused : "Unsupported protocol version",
        }),
      ]);
    }
  });

  it("allows protocol 3 in addition to protocol 4 [19]", async () => {
    const { url } = await startServer({ allowEIO3: true });
    const { status, text } = await ask(url + protocol3);
    expect(status).to.be(200);
    expect(text).to.match(/^\d+:0\{"sid":/);
    openOf(await askHandshake(url));
  });
});

describe("wsEngine", () => {
  it("is constructed in place of the Server of ws [20]", async () => {
    const given: unknown[] = [];
    class OwnWebSocketServer extends WebSocketServer {
      constructor(options: any) {
        super(options);
        given.push(options);
      }
    }
    const { pair } = await startServer({
      wsEngine: OwnWebSocketServer as any,
      maxHttpBufferSize: 1234,
      perMessageDeflate: undefined,
    });
    await pair("/", { transports: ["websocket"] });
    expect(given[0]).to.eql({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: undefined,
      maxPayload: 1234,
      maxBufferedChunks: 10_000,
    });
  });

  it("may be another implementation: only documented members of ws are used [20]", async () => {
    const { io, pair } = await startServer({ wsEngine: ForeignServer as any });
    const { client, socket } = await pair("/", { transports: ["websocket"] });
    expect((socket.conn.transport as any).socket).to.be.a(ForeignSocket);
    client.emit("hello", 1);
    expect(await nextValue(socket, "hello")).to.be(1);
    socket.emit("hello", 2);
    expect(await nextValue(client, "hello")).to.be(2);
    io.emit("hello", "to all");
    expect(await nextValue(client, "hello")).to.be("to all");
    io.emit("hello", Buffer.from("to all"));
    expect((await nextValue(client, "hello")).toString()).to.be("to all");
    socket.disconnect(true);
    await nextEvent(client, "disconnect");
  });
});
