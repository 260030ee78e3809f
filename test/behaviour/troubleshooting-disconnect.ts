/** The rows of docs/troubleshooting.md about clients that are disconnected. */
import { randomBytes } from "node:crypto";
import expect from "expect.js";
import * as msgpack from "socket.io-msgpack-parser";
import { startBlockedPeer } from "../support/blocked-peer";
import { guardMessages } from "../support/guard-messages";
import { ownTest } from "../support/own-tests";
import { type ClientSocket, connectClient, type Running, startServer } from "../support/server";
import { startStallingProxy } from "../support/stalling-proxy";
import { clientEnd, expectRow, serverEnd } from "../support/troubleshooting";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { openPolling } from "../support/wire";

type Pair = Awaited<ReturnType<Running["pair"]>>;

const polling = { transports: ["polling"], reconnection: false };
const webSocket = { transports: ["websocket"], reconnection: false };

/** The texts that both sides of a connection report when it ends. */
async function endsOf({ client, socket }: Pair): Promise<{ client: string[]; server: string[] }> {
  const ends = [clientEnd(client), serverEnd(socket)] as const;
  return { client: await ends[0], server: await ends[1] };
}

/** The WebSocket of a client. */
function webSocketOf(client: ClientSocket): any {
  return (client.io.engine.transport as any).ws;
}

/** Connects a client over a proxy in front of the server. */
async function pairOver(running: Running) {
  const proxy = await startStallingProxy(running.port);
  const connected = nextValue(running.io, "connection");
  const client = connectClient(proxy.url, webSocket);
  const ready = nextEvent(client, "connect");
  const socket = await connected;
  await ready;
  return { proxy, client, socket };
}

const fastHeartbeat = { pingInterval: 500, pingTimeout: 500 };

describe("a client that is disconnected reports", () => {
  it("transport close if the server stops [T18]", async () => {
    const { io, pair } = await startServer();
    const ends = endsOf(await pair("/", webSocket));
    await io.close();
    expectRow("T18", await ends);
  });

  it("nothing if the page is closed, and the server reports transport close [T19]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair("/", webSocket);
    const server = serverEnd(socket);
    webSocketOf(client).terminate();
    expectRow("T19", { server: await server });
  });

  it("ping timeout if the network fails silently, like the server [T20]", async () => {
    const { proxy, ...pair } = await pairOver(await startServer(fastHeartbeat));
    const ends = endsOf(pair);
    proxy.silence();
    expectRow("T20", await ends);
  });

  it("ping timeout if the event loop of the server is blocked [T21]", async () => {
    const line = startBlockedPeer("server");
    const client = connectClient(`http://localhost:${await line()}`, webSocket);
    await nextEvent(client, "connect");
    await nextEvent(client.io, "ping");
    const end = clientEnd(client);
    client.emit("block");
    expectRow("T21", { client: await end, server: [await line()] });
  });

  it("ping timeout if its own event loop is blocked, like the server [T22]", async () => {
    const { io, url } = await startServer({ pingInterval: 500, pingTimeout: 500 });
    const connected = nextValue(io, "connection");
    const line = startBlockedPeer("client", url);
    const socket = await connected;
    const server = serverEnd(socket);
    socket.emit("block");
    expectRow("T22", { client: [await line()], server: await server });
  });

  it("transport close if a large message holds up its heartbeat on a slow line [T23]", async () => {
    // the client waits two seconds longer for the next ping than the server waits for the answer to this one
    const options = { pingInterval: 2_000, pingTimeout: 100, attachmentTimeout: 60_000 };
    const { proxy, ...pair } = await pairOver(await startServer(options));
    const ends = endsOf(pair);
    proxy.stallUploads(10_000);
    // no shorter with permessage-deflate
    pair.client.emit("file", randomBytes(500_000));
    expectRow("T23", await ends);
  });

  ownTest("a close code if its message is too large [T24]", async () => {
    const { pair } = await startServer({ maxHttpBufferSize: 1_000 });
    const joined = await pair("/", webSocket);
    const ends = endsOf(joined);
    joined.client.emit("file", Buffer.alloc(2_000));
    expectRow("T24", await ends);
  });

  ownTest("status 413 if its message is too large for long-polling [T25]", async () => {
    const { url, pair } = await startServer({ maxHttpBufferSize: 1_000 });
    const joined = await pair("/", polling);
    const ends = endsOf(joined);
    joined.client.emit("file", "x".repeat(2_000));
    const { client, server } = await ends;
    // whether the close packet or the response is there first
    expect(["transport close", "transport error"]).to.contain(client[0]);
    const { status, text } = await (await openPolling(url)).post("x".repeat(2_000));
    expectRow("T25", { client: ["transport close", String(status), JSON.parse(text).message], server });
  });

  it("transport close if the network resets the connection, like the server [T26]", async () => {
    const { proxy, ...pair } = await pairOver(await startServer());
    const ends = endsOf(pair);
    proxy.reset();
    expectRow("T26", await ends);
  });

  it("a loop of connections if it has another parser [T27]", async () => {
    const { connect } = await startServer({ parser: msgpack });
    const client = connect("/", { ...webSocket, reconnection: true, reconnectionDelay: 1 });
    const reasons: string[] = [];
    for (let i = 0; i < 2; i++) {
      reasons.push((await nextEvent(client.io, "close"))[0]);
    }
    expect(client.connected).to.be(false);
    expectRow("T27", { client: reasons });
  });

  it("that the server has disconnected it, and does not reconnect [T28]", async () => {
    const { pair } = await startServer();
    const joined = await pair("/", { transports: ["websocket"] });
    const ends = endsOf(joined);
    joined.socket.disconnect();
    expectRow("T28", await ends);
    expect(joined.client.active).to.be(false);
  });

  it("that it has disconnected itself, and does not reconnect [T29]", async () => {
    const { pair } = await startServer();
    const joined = await pair("/", { transports: ["websocket"] });
    const ends = endsOf(joined);
    joined.client.disconnect();
    expectRow("T29", await ends);
    expect(joined.client.active).to.be(false);
  });

  ownTest("the code of the guard that has closed its connection [T30]", async () => {
    const { io, pair } = await startServer({ limits: { eventsPerSecond: 5, burst: 1 } });
    const told = guardMessages(io);
    const joined = await pair("/", webSocket);
    const ends = endsOf(joined);
    for (let i = 0; i < 100; i++) {
      joined.client.emit("cursor", i);
    }
    expectRow("T30", await ends);
    expect(told.map(({ code }) => code)).to.eql(["EVENT_RATE"]);
  });

  ownTest("transport close if it does not read, before the memory of the server is full [T31]", async () => {
    const { io, pair } = await startServer({
      slowConsumer: { maxBufferedBytes: 100_000 },
      perMessageDeflate: false,
    });
    const told = guardMessages(io);
    const joined = await pair("/", webSocket);
    const ends = endsOf(joined);
    const stream = webSocketOf(joined.client);
    stream.pause();
    while (joined.socket.connected) {
      joined.socket.emit("picture", "x".repeat(16 * 1024));
      await turn();
    }
    stream.resume();
    expectRow("T31", await ends);
    expect(told.map(({ code }) => code)).to.eql(["SLOW_CONSUMER"]);
  });

  ownTest("the same end after each reconnection if it sends the same large message again [T32]", async () => {
    const { io, connect } = await startServer({ maxHttpBufferSize: 1_000 });
    const server: string[] = [];
    io.on("connection", async (socket) => server.push(...(await serverEnd(socket))));
    const client = connect("/", {
      transports: ["websocket"],
      reconnectionDelay: 1,
      retries: 5,
      ackTimeout: 60_000,
    });
    client.emit("file", Buffer.alloc(2_000));
    const ends = [...(await clientEnd(client)), ...(await clientEnd(client))];
    await eventually(() => server.length === 4);
    expect(ends.length).to.be(4);
    expectRow("T32", { client: ends, server });
  });

  it("a parse error if an event has more binary values than it accepts [T33]", async () => {
    const { pair } = await startServer();
    const joined = await pair("/", webSocket);
    const ends = endsOf(joined);
    joined.socket.emit("pictures", ...Array.from({ length: 11 }, () => Buffer.of(1)));
    expectRow("T33", await ends);
  });

  it("transport close if it sends a packet that cannot be read [T34]", async () => {
    const { pair } = await startServer();
    const joined = await pair("/", webSocket);
    const ends = endsOf(joined);
    const failed = nextValue<Error>(joined.socket, "error");
    joined.client.io.engine.write("9");
    expectRow("T34", await ends);
    expect((await failed).message).to.be("unknown packet type 9");
  });
});
