import expect from "expect.js";
import { ask, askUpgrade } from "../support/http";
import { type Running, startServer } from "../support/server";
import type { SocketType } from "../support/subject";
import { nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

const PUBLIC_ID = /^[\w-]{20}$/;

/** The server's socket of a raw client. */
async function joined(
  { io, url }: Running,
  options: { query?: string; namespace?: string; auth?: object; headers?: Record<string, string> } = {},
): Promise<SocketType<any, any, any, any>> {
  const { query = "EIO=4", namespace = "/", auth, headers } = options;
  const connected = nextValue(io.of(namespace), "connection");
  const wire = await openWire(url, query, { headers });
  wire.send(`40${namespace === "/" ? "" : `${namespace},`}${auth ? JSON.stringify(auth) : ""}`);
  return connected;
}

describe("the open packet", () => {
  const defaults = { upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 };

  it("has the session, the upgrades, the heartbeat and the payload limit for a polling client [25]", async () => {
    const { url } = await startServer();
    const { text } = await ask(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(text[0]).to.be("0");
    const { sid, ...rest } = JSON.parse(text.slice(1));
    expect(sid).to.match(PUBLIC_ID);
    expect(Object.keys(JSON.parse(text.slice(1)))).to.eql([
      "sid",
      "upgrades",
      "pingInterval",
      "pingTimeout",
      "maxPayload",
    ]);
    expect(rest).to.eql(defaults);
  });

  it("has no upgrade for a WebSocket client [25]", async () => {
    const { url } = await startServer();
    const { sid, ...rest } = (await openWire(url)).opened;
    expect(sid).to.match(PUBLIC_ID);
    expect(rest).to.eql({ ...defaults, upgrades: [] });
  });

  it("depends on the options [25]", async () => {
    const { url } = await startServer({ pingInterval: 1234, pingTimeout: 567, maxHttpBufferSize: 89 });
    const { sid: _, ...rest } = (await openPolling(url)).opened;
    expect(rest).to.eql({ upgrades: ["websocket"], pingInterval: 1234, pingTimeout: 567, maxPayload: 89 });
  });

  it("has no upgrade if upgrades are disabled, or no transport is available [25]", async () => {
    const forbidding = await startServer({ allowUpgrades: false });
    expect((await openPolling(forbidding.url)).opened.upgrades).to.eql([]);
    const pollingOnly = await startServer({ transports: ["polling"] });
    expect((await openPolling(pollingOnly.url)).opened.upgrades).to.eql([]);
  });
});

describe("socket.handshake", () => {
  it("can be replaced [26]", async () => {
    const socket: { handshake: object } = await joined(await startServer());
    const handshake = { auth: { user: "Ada" } };
    socket.handshake = handshake;
    expect(socket.handshake).to.be(handshake);
  });

  it("describes the first request of a WebSocket connection [26]", async () => {
    const before = Date.now();
    const running = await startServer();
    const socket = await joined(running, { query: "EIO=4&token=a%20b", headers: { "x-special": "yes" } });
    const { handshake } = socket;
    expect(Object.keys(handshake)).to.eql([
      "headers",
      "time",
      "address",
      "xdomain",
      "secure",
      "issued",
      "url",
      "query",
      "auth",
    ]);
    expect(handshake.headers["x-special"]).to.be("yes");
    expect(handshake.headers.host).to.be(`localhost:${running.port}`);
    expect(handshake.address).to.match(/^(::1|(::ffff:)?127\.0\.0\.1)$/);
    expect(handshake.xdomain).to.be(false);
    expect(handshake.secure).to.be(false);
    expect(handshake.issued).to.be.within(before, Date.now());
    expect(handshake.time).to.be(String(new Date(handshake.issued)));
    expect(handshake.url).to.be("/socket.io/?transport=websocket&EIO=4&token=a%20b");
    expect({ ...handshake.query }).to.eql({ transport: "websocket", EIO: "4", token: "a b" });
    expect(handshake.auth).to.eql({});
  });

  it("describes the first request of a polling connection, not the request that joins [26]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io, "connection");
    const wire = await openPolling(url, "EIO=4&n=1", { headers: { "x-special": "yes" } });
    await wire.join("/", { token: "x" });
    const { handshake } = await connected;
    expect(handshake.url).to.be("/socket.io/?transport=polling&EIO=4&n=1");
    expect({ ...handshake.query }).to.eql({ transport: "polling", EIO: "4", n: "1" });
    expect(handshake.headers["x-special"]).to.be("yes");
    expect(handshake.auth).to.eql({ token: "x" });
  });

  it("has xdomain when the request has an origin [26]", async () => {
    const socket = await joined(await startServer(), { headers: { origin: "http://elsewhere.example" } });
    expect(socket.handshake.xdomain).to.be(true);
    expect(socket.handshake.headers.origin).to.be("http://elsewhere.example");
  });

  it("has the auth of its namespace, over one connection [26]", async () => {
    const { io, url } = await startServer();
    const main = nextValue(io, "connection");
    const chat = nextValue(io.of("/chat"), "connection");
    const wire = await openWire(url);
    await wire.join("/", { for: "main" });
    await wire.join("/chat", { for: "chat", deep: [{ a: 1 }] });
    expect((await main).handshake.auth).to.eql({ for: "main" });
    expect((await chat).handshake.auth).to.eql({ for: "chat", deep: [{ a: 1 }] });
    expect((await main).handshake.query).to.be((await chat).handshake.query);
  });

  it("is available in the middleware [26]", async () => {
    const running = await startServer();
    const seen: unknown[] = [];
    running.io.use((socket, next) => {
      seen.push(socket.handshake.auth, socket.handshake.query.q);
      next();
    });
    await joined(running, { query: "EIO=4&q=1", auth: { a: 1 } });
    expect(seen).to.eql([{ a: 1 }, "1"]);
  });

  it("has the query and auth of the client's options [26]", async () => {
    const { pair } = await startServer();
    const { socket } = await pair("/", {
      query: { a: "b", "c&d": "e=f" },
      auth: (done: (auth: object) => void) => done({ token: "123" }),
    });
    expect(socket.handshake.query.a).to.be("b");
    expect(socket.handshake.query["c&d"]).to.be("e=f");
    expect(socket.handshake.auth).to.eql({ token: "123" });
  });

  it("has the last of several query parameters with the same name [26]", async () => {
    const socket = await joined(await startServer(), { query: "EIO=4&a=1&a=2" });
    expect(socket.handshake.query.a).to.be("2");
  });
});

describe("the request and the connection of a socket", () => {
  it("are those of the handshake, and shared by all namespaces [26]", async () => {
    const { io, url } = await startServer();
    const engineConnection = nextValue(io.engine, "connection");
    const main = nextValue(io, "connection");
    const chat = nextValue(io.of("/chat"), "connection");
    const wire = await openWire(url, "EIO=4&n=1");
    await wire.join();
    await wire.join("/chat");
    const socket = await main;
    expect(socket.conn).to.be(await engineConnection);
    expect(socket.request).to.be(socket.conn.request);
    expect(socket.request.url).to.be("/socket.io/?transport=websocket&EIO=4&n=1");
    expect(socket.request._query).to.be(socket.handshake.query);
    expect((await chat).conn).to.be(socket.conn);
    expect((await chat).client).to.be(socket.client);
    expect(socket.client.conn).to.be(socket.conn);
    expect(socket.client.request).to.be(socket.request);
  });
});

describe("the ids of a connection", () => {
  it("are the secret session id, and a public id for each namespace [27]", async () => {
    const { io, url } = await startServer();
    const main = nextValue(io, "connection");
    const chat = nextValue(io.of("/chat"), "connection");
    const wire = await openWire(url);
    const mainAnswer = await wire.join();
    const chatAnswer = await wire.join("/chat");
    const ids = [(await main).id, (await chat).id, (await main).conn.id];
    expect(new Set(ids).size).to.be(3);
    for (const id of ids) {
      expect(id).to.match(PUBLIC_ID);
    }
    expect(wire.opened.sid).to.be((await main).conn.id);
    expect((await main).client.id).to.be((await main).conn.id);
    expect(mainAnswer).to.be(`40${JSON.stringify({ sid: (await main).id })}`);
    expect(chatAnswer).to.be(`40/chat,${JSON.stringify({ sid: (await chat).id })}`);
  });

  it("include a private id if a session can be recovered, which is different from the public one [27]", async () => {
    const { io, url } = await startServer({ connectionStateRecovery: {} });
    const connected = nextValue(io, "connection");
    const wire = await openWire(url);
    const answer = JSON.parse(String(await wire.join()).slice(2));
    const socket = await connected;
    expect(Object.keys(answer)).to.eql(["sid", "pid"]);
    expect(answer.pid).to.match(PUBLIC_ID);
    expect(new Set([answer.sid, answer.pid, wire.opened.sid]).size).to.be(3);
    expect([...socket.rooms]).to.eql([answer.sid]);
    expect(JSON.stringify(await fetchedOf(io))).not.to.contain(answer.pid);
  });

  /** The data about the sockets that other servers of a cluster receive. */
  async function fetchedOf(io: Running["io"]): Promise<unknown[]> {
    const sockets = await io.fetchSockets();
    return sockets.map(({ id, handshake, rooms, data }) => ({ id, handshake, rooms: [...rooms], data }));
  }
});

describe("names in packets and queries that Object.prototype has too", () => {
  const query = "EIO=4&__proto__=polluted&constructor=polluted&toString=polluted&hasOwnProperty=polluted";

  it("are ordinary query parameters, and own properties [31]", async () => {
    const socket = await joined(await startServer(), { query });
    const parsed: object = socket.handshake.query;
    // the engine parses the query with Object.fromEntries(), which does not set the prototype
    expect(Object.getPrototypeOf(parsed)).to.be(Object.prototype);
    expect(Object.keys(parsed)).to.eql([
      "transport",
      "EIO",
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
    ]);
    expect(Object.values(parsed).slice(2)).to.eql(["polluted", "polluted", "polluted", "polluted"]);
    expect(Object.hasOwn(parsed, "__proto__")).to.be(true);
    expect("polluted" in {}).to.be(false);
  });

  it("do not change a prototype through auth, nor through the arguments of an event [31]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io, "connection");
    const wire = await openWire(url);
    wire.send('40{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"own":2}');
    const socket = await connected;
    const heard = nextValue(socket, "event");
    wire.send('42["event",{"__proto__":{"polluted":1},"own":2}]');
    const argument = await heard;
    for (const value of [socket.handshake.auth, argument]) {
      expect(Object.getPrototypeOf(value)).to.be(Object.prototype);
      expect(Object.hasOwn(value, "__proto__")).to.be(true);
      expect(value.polluted).to.be(undefined);
      expect(value.own).to.be(2);
    }
    expect(({} as any).polluted).to.be(undefined);
  });

  it("are unknown namespaces, and unknown session ids [28, 31]", async () => {
    const { url } = await startServer();
    const wire = await openWire(url);
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const answer = await ask(`${url}/socket.io/?EIO=4&transport=polling&sid=${name}`);
      expect(answer.status).to.be(400);
      expect(JSON.parse(answer.text)).to.eql({ code: 1, message: "Session ID unknown" });
      expect(await wire.join(`/${name}`)).to.be(`44/${name},{"message":"Invalid namespace"}`);
    }
    expect(await wire.join()).to.match(/^40\{"sid"/);
  });

  it("are unknown transports [28, 31]", async () => {
    const { url, port } = await startServer();
    for (const name of ["__proto__", "constructor", "toString"]) {
      const answer = await ask(`${url}/socket.io/?EIO=4&transport=${name}`);
      expect([answer.status, JSON.parse(answer.text).code]).to.eql([400, 0]);
      const upgrade = await askUpgrade(port, `/socket.io/?EIO=4&transport=${name}`);
      await upgrade.ended;
      expect(upgrade.received().toString()).to.match(/^HTTP\/1\.1 400 Bad Request\r\n.*Transport unknown$/s);
    }
  });

  it("are events that only their own listeners receive [31]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io, "connection");
    const wire = await openWire(url);
    await wire.join();
    const socket = await connected;
    const heard: unknown[][] = [];
    socket.onAny((...event: unknown[]) => heard.push(event));
    socket.on("constructor", (argument: unknown, answer: (argument: unknown) => void) => answer(argument));
    const names = ["__proto__", "toString", "hasOwnProperty", "valueOf", "emit"];
    wire.send(...names.map((name) => `42["${name}",1]`), '421["constructor","x"]');
    expect(await wire.next()).to.be('431["x"]');
    expect(heard.map(([name]) => name)).to.eql([...names, "constructor"]);
  });
});
