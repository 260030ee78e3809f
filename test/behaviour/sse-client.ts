import { createServer } from "node:http";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket as TcpSocket,
} from "node:net";
import { Fetch, NodeWebSocket } from "engine.io-client";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { ServerSentEvents } from "../../lib/server-sent-events";
import { onTestEnd } from "../support/cleanup";
import { ownSuite } from "../support/own-tests";
import {
  type ClientOptions,
  type ClientSocket,
  connectClient,
  listenOnFreePort,
  startServer,
} from "../support/server";
import { uncaught } from "../support/uncaught";
import { eventually, nextEvent, nextValue, roundTrip } from "../support/waiting";

const SSE: Partial<ServerOptions> = { transports: ["sse", "polling", "websocket"] };
const ONLY: ClientOptions = { transports: [ServerSentEvents] };

async function paired(options: Partial<ServerOptions> = {}, clientOptions: ClientOptions = {}) {
  const running = await startServer({ ...SSE, ...options });
  return { running, ...(await running.pair("/", { ...ONLY, ...clientOptions })) };
}

function transportOf(client: ClientSocket): string {
  return client.io.engine.transport.name;
}

ownSuite("a client with the class ServerSentEvents", () => {
  it("connects, and exchanges events and acknowledgements", async () => {
    const { client, socket } = await paired();
    expect([transportOf(client), socket.conn.transport.name]).to.eql(["sse", "sse"]);
    socket.on("hello", (name: string, answer: (text: string) => void) => answer(`hello, ${name}`));
    expect(await client.emitWithAck("hello", "ö€😀\r\n\0")).to.be("hello, ö€😀\r\n\0");
    client.on("hello", (name: string, answer: (text: string) => void) => answer(`hi, ${name}`));
    expect(await socket.emitWithAck("hello", "\u2028\ud800")).to.be("hi, \u2028\ud800");
  });

  it("exchanges binary data", async () => {
    const { client, socket } = await paired();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    socket.on("echo", (data: Buffer, answer: (data: Buffer) => void) => answer(data));
    const answer = await client.emitWithAck("echo", bytes);
    expect(Buffer.isBuffer(answer)).to.be(true);
    expect(answer.equals(bytes)).to.be(true);
  });

  for (const type of ["arraybuffer", "blob"] as const) {
    it(`receives binary data as ${type} if it asks for that`, async () => {
      const { client, socket } = await paired();
      client.io.engine.binaryType = type;
      const received = nextValue(client, "data");
      socket.emit("data", Buffer.from([1, 2, 3]));
      const data: ArrayBuffer | Blob = await received;
      expect(data).to.be.a(type === "blob" ? Blob : ArrayBuffer);
      expect([...new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data)]).to.eql([1, 2, 3]);
    });
  }

  it("receives large messages, which arrive in many chunks", async () => {
    const { client, socket } = await paired();
    const text = "ö€😀".repeat(1_000_000);
    const received = nextValue(client, "text");
    socket.emit("text", text);
    expect((await received) === text).to.be(true);
  });

  it("sends more than the server accepts in one request in several requests, in order", async () => {
    const { client, socket, running } = await paired({ maxHttpBufferSize: 1_000 });
    const bodies: number[] = [];
    running.httpServer.prependListener("request", (req) => {
      if (req.method === "POST") {
        bodies.push(Number(req.headers["content-length"]));
      }
    });
    const heard: number[] = [];
    socket.on("number", (i: number) => heard.push(i));
    for (let i = 0; i < 200; i++) {
      client.emit("number", i, "ö".repeat(20));
    }
    await eventually(() => heard.length === 200);
    expect(heard).to.eql(Array.from({ length: 200 }, (_, i) => i));
    expect(Math.max(...bodies) <= 1_000).to.be(true);
    expect(bodies.length < 40).to.be(true);
    expect(client.connected).to.be(true);
  });

  it("is disconnected by a single event that is too large", async () => {
    const { client } = await paired({ maxHttpBufferSize: 1_000 }, { reconnection: false });
    const left = nextEvent(client, "disconnect");
    client.emit("large", "x".repeat(5_000));
    expect((await left)[0]).to.be("transport error");
  });

  it("is disconnected when the server closes its connection", async () => {
    const { client, socket } = await paired({}, { reconnection: false });
    const left = nextEvent(client, "disconnect");
    socket.conn.close();
    const [reason, details] = await left;
    expect([reason, details.description]).to.eql(["transport close", "transport closed by the server"]);
  });

  it("tells the server when it disconnects, also right after an event", async () => {
    const { running, client, socket } = await paired();
    const left = nextEvent(socket, "disconnect");
    const heard = nextValue(socket, "last");
    client.emit("last", 1);
    client.disconnect();
    expect(await heard).to.be(1);
    expect((await left)[0]).to.be("client namespace disconnect");
    await eventually(() => running.io.engine.clientsCount === 0);
  });

  it("ends its connection when the client closes the engine", async () => {
    const { running, client, socket } = await paired({}, { reconnection: false });
    const left = nextEvent(socket, "disconnect");
    client.io.engine.close();
    expect((await left)[0]).to.be("transport close");
    await eventually(() => running.io.engine.clientsCount === 0);
  });

  it("closes its stream if the session ends while it upgrades", async () => {
    const running = await startServer(SSE);
    const engineConnected = nextValue(running.io.engine, "connection");
    const client = running.connect("/", {
      transports: [ServerSentEvents, NodeWebSocket],
      reconnection: false,
    });
    const isUpgrading = new Promise((resolve) =>
      client.io.on("open", () => client.io.engine.on("upgrading", resolve)),
    );
    const conn: any = await engineConnected;
    const { transport } = conn;
    // the server ignores the request to end the stream
    const take = transport.onPacket.bind(transport);
    transport.onPacket = (packet: { type: string }) => packet.type === "noop" || take(packet);
    await isUpgrading;
    await eventually(() => conn.upgrading);
    const closed = nextEvent(conn, "close");
    (client.io.engine as any)._onClose("ping timeout");
    expect((await closed)[0]).to.be("transport close");
  });

  it("opens no connection if it is closed at once", async () => {
    const running = await startServer(SSE);
    const client = running.connect("/", ONLY);
    await nextEvent(running.httpServer, "connection");
    client.disconnect();
    await eventually(() => running.io.engine.clientsCount === 0);
    expect(client.connected).to.be(false);
  });

  it("reconnects after a cut, and recovers the events that it has missed", async () => {
    const { running, client, socket } = await paired(
      { connectionStateRecovery: {} },
      { reconnectionDelay: 10, reconnectionDelayMax: 20 },
    );
    const heard: number[] = [];
    client.on("number", (i: number) => heard.push(i));
    socket.emit("number", 1);
    await roundTripTo(client, socket);
    running.httpServer.closeAllConnections();
    await nextEvent(socket, "disconnect");
    running.io.emit("number", 2);
    await nextEvent(client, "connect");
    expect(client.recovered).to.be(true);
    await eventually(() => heard.length === 2);
    expect(heard).to.eql([1, 2]);
  });

  it("answers the heartbeat", async () => {
    const { client, socket } = await paired({ pingInterval: 20, pingTimeout: 5_000 });
    for (let i = 0; i < 5; i++) {
      await nextEvent(socket.conn, "heartbeat");
    }
    expect(client.connected).to.be(true);
  });

  it("sends the headers, the query and the cookies of its options", async () => {
    const running = await startServer({ ...SSE, cookie: true });
    const requests: { method: string; headers: Record<string, string>; url: string }[] = [];
    running.io.engine.use((req: (typeof requests)[number], _res: unknown, next: () => void) => {
      requests.push(req);
      next();
    });
    const { client } = await running.pair("/", {
      ...ONLY,
      extraHeaders: { "x-token": "abc" },
      query: { room: "1" },
      withCredentials: true,
    });
    const sid = client.io.engine.id as string;
    await eventually(() => requests.length >= 2);
    for (const { headers, url } of requests) {
      expect(headers["x-token"]).to.be("abc");
      expect(url).to.contain("room=1");
    }
    const post = requests.find(({ method }) => method === "POST");
    expect(post?.headers.cookie).to.be(`io=${sid}`);
  });

  it("honours path, also behind transportOptions", async () => {
    const running = await startServer({ ...SSE, path: "/live" });
    const client = running.connect("/", {
      ...ONLY,
      path: "/live",
      transportOptions: { sse: { extraHeaders: { "x-only": "sse" } } },
    });
    const socket = await nextValue(running.io, "connection");
    expect(socket.handshake.headers["x-only"]).to.be("sse");
    await nextEvent(client, "connect");
  });

  it("upgrades to WebSocket without losing or repeating an event", async () => {
    const running = await startServer(SSE);
    const connected = nextValue(running.io, "connection");
    const client = running.connect("/", { transports: [ServerSentEvents, NodeWebSocket] });
    const heard: number[] = [];
    client.on("number", (i: number) => heard.push(i));
    const socket = await connected;
    const back: number[] = [];
    socket.on("number", (i: number) => back.push(i));
    let sent = 0;
    while (socket.conn.transport.name !== "websocket" || transportOf(client) !== "websocket") {
      socket.emit("number", sent);
      client.emit("number", sent);
      sent++;
      await new Promise(setImmediate);
    }
    await roundTripTo(client, socket);
    await roundTripFrom(client, socket);
    const all = Array.from({ length: sent }, (_, i) => i);
    expect(heard).to.eql(all);
    expect(back).to.eql(all);
    await eventually(() => running.io.engine.clientsCount === 1);
  });

  it("continues over server-sent events if the upgrade fails", async () => {
    const running = await startServer(SSE);
    running.httpServer.prependListener("upgrade", (_req, tcp: TcpSocket) => tcp.destroy());
    const failed = new Promise((resolve) => {
      const client = running.connect("/", { transports: [ServerSentEvents, NodeWebSocket] });
      client.io.on("open", () => client.io.engine.on("upgradeError", () => resolve(client)));
    });
    const client = (await failed) as ClientSocket;
    await eventually(() => client.connected);
    expect(transportOf(client)).to.be("sse");
  });

  it("fails to connect to a server without the transport", async () => {
    const { connect } = await startServer();
    const client = connect("/", ONLY);
    const error = await nextValue(client, "connect_error");
    expect([error.message, error.type, error.description]).to.eql([
      "server-sent events error",
      "TransportError",
      400,
    ]);
  });

  it("fails to connect to a page that is no event stream", async () => {
    const page = createServer((_req, res) => res.end("<h1>Please log in</h1>"));
    const port = await listenOnFreePort(page);
    onTestEnd(() => page.close());
    const client = connectClient(`http://localhost:${port}`, { ...ONLY, reconnection: false });
    expect((await nextValue(client, "connect_error")).description).to.be(200);
  });

  for (const handshake of ["no JSON", "null", ""]) {
    it(`fails to connect if the handshake is "${handshake}"`, async () => {
      const url = await streamOf(`data:0${handshake}\n\n`);
      const client = connectClient(url, { ...ONLY, reconnection: false });
      expect((await nextValue<Error>(client, "connect_error")).message).to.be("server error");
    });
  }

  for (const [what, text] of [
    ["is no packet", 'data:{"a":1}\n\n'],
    ["is an incomplete JSON string", 'data:"4a\n\n'],
    ["has no base64", "data:b%\n\n"],
    ["is empty", "data:\n\n"],
  ] as const) {
    it(`is disconnected by a message that ${what}`, async () => {
      const url = await streamOf(`${OPEN}${text}`);
      const client = connectClient(url, { ...ONLY, reconnection: false });
      client.io.on("open", () => {
        client.io.engine.binaryType = "arraybuffer";
      });
      const [reason, error] = await nextEvent<[string, Error]>(client.io, "close");
      expect([reason, error.message]).to.eql(["transport error", "server error"]);
    });
  }

  it("receives events after a listener has thrown", async () => {
    const { client, socket } = await paired({ pingInterval: 20 });
    const thrown = uncaught(() => {
      client.io.once("ping", () => {
        throw new Error("of the application");
      });
    });
    expect(((await thrown) as Error).message).to.be("of the application");
    await roundTripTo(client, socket);
  });

  it("reads comments, other fields, CRLF and a space after the colon, as a proxy may write them", async () => {
    const lines = [
      ": a comment",
      "event: message",
      "id: 1",
      "retry: 10",
      "data: 4hello",
      "",
      "data:4",
      "data:b",
      "",
      "",
    ];
    const url = await streamOf(`${OPEN}${lines.join("\r\n")}`);
    const client = connectClient(url, { ...ONLY, reconnection: false });
    const seen: string[] = [];
    client.io.on("open", () => client.io.engine.on("data", (data) => seen.push(data)));
    await eventually(() => seen.length === 2);
    expect(seen).to.eql(["hello", "\nb"]);
  });

  it("uses the next transport with tryAllTransports", async () => {
    const running = await startServer();
    const { client } = await running.pair("/", {
      transports: [ServerSentEvents, Fetch],
      tryAllTransports: true,
    });
    expect(transportOf(client)).to.be("polling");
  });

  it("uses the next transport if a proxy holds the stream back", async () => {
    const running = await startServer(SSE);
    const port = await bufferingProxy(running.port);
    const client = connectClient(`http://localhost:${port}`, {
      transports: [ServerSentEvents, NodeWebSocket],
      transportOptions: { sse: { openTimeout: 100 } },
      tryAllTransports: true,
    });
    await nextEvent(client, "connect");
    expect(transportOf(client)).to.be("websocket");
  });
});

const OPEN = `data:0${JSON.stringify({ sid: "a", upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 })}\n\n`;

/** Resolves with the URL of a server that answers each GET request with this stream, and does not end it. */
async function streamOf(text: string): Promise<string> {
  const server = createServer((req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    req.method === "GET" ? res.write(text) : res.end("ok");
  });
  const port = await listenOnFreePort(server);
  onTestEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://localhost:${port}`;
}

/** Resolves when everything that the server has sent before has arrived. */
async function roundTripTo(client: ClientSocket, socket: { emit(event: string, ...args: any[]): unknown }) {
  client.once("round trip", (answer: () => void) => answer());
  await roundTrip(socket);
}

/** Resolves when everything that the client has sent before has arrived. */
async function roundTripFrom(client: ClientSocket, socket: { once(event: string, listener: any): unknown }) {
  socket.once("round trip", (answer: () => void) => answer());
  await roundTrip(client);
}

/** A proxy that passes WebSockets on, and holds the responses to all other requests back. */
async function bufferingProxy(target: number): Promise<number> {
  const proxy = createTcpServer((incoming) => {
    const outgoing = connectTcp(target, "localhost");
    for (const tcp of [incoming, outgoing]) {
      tcp.on("error", () => {});
      onTestEnd(() => tcp.destroy());
    }
    incoming.once("data", (head) => {
      outgoing.write(head);
      incoming.pipe(outgoing);
      if (/^upgrade: websocket/im.test(head.toString())) {
        outgoing.pipe(incoming);
      }
    });
  });
  await listenOnFreePort(proxy);
  onTestEnd(() => proxy.close());
  return (proxy.address() as AddressInfo).port;
}
