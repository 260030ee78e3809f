import { connect, type Socket as TcpSocket } from "node:net";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { allGuardMessages, guardMessages } from "../support/guard-messages";
import { ask } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { refusedNames } from "../support/refusals";
import { runNode } from "../support/repository";
import { type Running, startServer } from "../support/server";
import { fill } from "../support/slow-reader";
import { joinSse, openEventStream, openSse } from "../support/sse-wire";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";

const SSE: Partial<ServerOptions> = { transports: ["sse", "websocket"] };

async function joined(options: Partial<ServerOptions> = {}) {
  const running = await startServer({ ...SSE, ...options });
  return { running, ...(await joinSse(running)) };
}

/** A client that has stopped reading its stream, until the operating system accepts no more data. */
async function stalled(options: Partial<ServerOptions> = {}) {
  const session = await joined(options);
  session.wire.stream.response.pause();
  const sent = await fill(session.socket);
  return { ...session, sent };
}

/** A client that has joined over a TCP connection of the test, which it does not read any more. */
async function unreadStream({ io, port, httpServer }: Running) {
  const connected = nextValue<any>(io, "connection");
  const streamed = nextValue<TcpSocket>(httpServer, "connection");
  const tcp = connect(port, "localhost");
  onTestEnd(() => tcp.destroy());
  tcp.write("GET /socket.io/?EIO=4&transport=sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const stream = await streamed;
  let text = "";
  while (!text.includes("upgrades")) {
    text += await nextValue(tcp, "data");
  }
  const [, sid] = /"sid":"([^"]+)"/.exec(text) ?? [];
  await ask(`http://localhost:${port}/socket.io/?EIO=4&transport=sse&sid=${sid}`, {
    method: "POST",
    body: "40",
  });
  const socket = await connected;
  tcp.pause();
  for (let i = 0; i < 16; i++) {
    socket.emit("much", "x".repeat(1_000_000));
    await turn();
  }
  await eventually(() => stream.writableLength > 0);
  return { socket, stream, tcp };
}

ownSuite("a client over server-sent events that does not read", () => {
  it("has bufferedBytes and drained(), and receives everything when it reads again", async () => {
    const { wire, socket, sent } = await stalled();
    const before = socket.bufferedBytes;
    expect(before).to.be.above(0);
    socket.emit("more", "y".repeat(1_000));
    expect(socket.bufferedBytes - before).to.be.within(1_000, 1_100);
    const all = socket.drained();
    wire.stream.response.resume();
    for (let i = 0; i < sent; i++) {
      expect((await wire.next()).slice(0, 20)).to.be(`42["filling",${i},"xxxxx`.slice(0, 20));
    }
    expect((await wire.next()).slice(0, 10)).to.be('42["more",');
    await all;
    expect(socket.bufferedBytes).to.be(0);
  });

  it("misses volatile events, and no others", async () => {
    const { wire, socket } = await stalled();
    socket.volatile.emit("volatile");
    socket.emit("last");
    wire.stream.response.resume();
    let packet = "";
    while (!packet.startsWith('42["last"')) {
      packet = await wire.next();
      expect(packet).not.to.contain("volatile");
    }
  });

  it("misses a volatile event in the turn after the one that has filled the buffers", async () => {
    const { wire, socket } = await joined();
    wire.stream.response.pause();
    while (socket.bufferedBytes === 0) {
      socket.emit("filling", "x".repeat(16_000));
      await turn();
    }
    socket.volatile.emit("volatile");
    const all = socket.drained();
    socket.emit("last");
    wire.stream.response.resume();
    let packet = "";
    while (!packet.startsWith('42["last"')) {
      packet = await wire.next();
      expect(packet).not.to.contain("volatile");
    }
    await all;
  });

  it("is disconnected by slowConsumer, and its TCP connection is closed at once", async () => {
    const running = await startServer({ ...SSE, slowConsumer: { maxBufferedBytes: 100_000 } });
    const told = guardMessages(running.io);
    const { wire, socket } = await joinSse(running);
    const honest = await joinSse(running);
    const left = nextEvent(socket, "disconnect");
    wire.stream.response.pause();
    while (socket.connected) {
      socket.emit("much", "x".repeat(10_000));
      expect(socket.bufferedBytes <= 100_000).to.be(true);
      await turn();
    }
    const [reason, description] = await left;
    expect([reason, description.code]).to.eql(["forced server close", "SLOW_CONSUMER"]);
    expect(told.map(({ code }) => code)).to.eql(["SLOW_CONSUMER"]);
    wire.stream.response.resume();
    expect(await wire.stream.ended).to.be(false);
    honest.socket.emit("still here");
    expect(await honest.wire.next()).to.be('42["still here"]');
  });

  it("keeps the newest events with the policy drop-oldest", async () => {
    const { wire, socket } = await stalled({
      slowConsumer: { maxBufferedBytes: 200_000, policy: "drop-oldest" },
    });
    for (let i = 0; i < 100; i++) {
      socket.emit("number", i, "x".repeat(10_000));
    }
    expect(socket.bufferedBytes <= 220_000).to.be(true);
    wire.stream.response.resume();
    let packet = "";
    while (!packet.startsWith('42["number",99')) {
      packet = await wire.next();
    }
    expect(socket.connected).to.be(true);
  });

  it("occupies its TCP connection for 30 seconds after the ping timeout", async () => {
    const clock = stopClock({ engine: true });
    const limits = { connections: 1 };
    const running = await startServer({ ...SSE, pingInterval: 1_000, pingTimeout: 100, limits });
    const { socket, stream } = await unreadStream(running);
    const left = nextEvent(socket, "disconnect");
    clock.tick(1_100);
    expect((await left)[0]).to.be("ping timeout");
    expect(stream.destroyed).to.be(false);
    clock.tick(5_000);
    expect((await ask(`${running.url}/socket.io/?EIO=4&transport=sse`)).status).to.be(403);
    clock.tick(25_000);
    await eventually(() => stream.destroyed);
    await openSse(running.url);
  });

  it("does not prevent the server from closing", async () => {
    const running = await startServer(SSE);
    const { stream } = await unreadStream(running);
    await running.io.close();
    expect(stream.destroyed).to.be(true);
  });

  it("is closed with the connection if it has ended its side", async () => {
    const running = await startServer(SSE);
    const { socket, stream, tcp } = await unreadStream(running);
    tcp.end();
    await nextEvent(stream, "end");
    const left = nextEvent(socket, "disconnect");
    socket.conn.close(true);
    await left;
    tcp.resume();
    await eventually(() => stream.destroyed);
  });
});

ownSuite("the module for server-sent events", () => {
  for (const [transports, isLoaded] of [
    ['["polling", "websocket"]', false],
    ['["polling", "websocket", "sse"]', true],
  ] as const) {
    it(`is ${isLoaded ? "" : "not "}loaded by a server with the transports ${transports}`, async () => {
      const { code, stdout, stderr } = await runNode(["--import", "tsx", "-e", loadingProgram(transports)]);
      expect([code, stdout.trim(), stderr]).to.eql([0, `${isLoaded}`, ""]);
    });
  }
});

/** A program that answers a request of each transport, and prints whether it has loaded the module. */
function loadingProgram(transports: string): string {
  return `
    const { Server } = require("./lib");
    const io = new Server(0, { transports: ${transports} });
    io.httpServer.on("listening", async () => {
      const url = "http://localhost:" + io.httpServer.address().port + "/socket.io/?EIO=4&transport=";
      for (const transport of ["polling", "sse"]) {
        await (await fetch(url + transport)).body.cancel();
      }
      console.log(Object.keys(require.cache).some((file) => /connection.sse/.test(file)));
      io.close();
    });`;
}

ownSuite("the guards of connections over server-sent events", () => {
  it("limit the connections per address, and count until the stream is cut", async () => {
    const running = await startServer({ ...SSE, limits: { connectionsPerAddress: 2 } });
    const names = refusedNames(running.io);
    const first = await openSse(running.url);
    await openSse(running.url);
    const refused = await ask(`${running.url}/socket.io/?EIO=4&transport=sse`);
    expect([refused.status, names]).to.eql([403, ["ADDRESS_LIMIT"]]);
    first.stream.request.destroy();
    await eventually(() => running.io.engine.clientsCount === 1);
    await openSse(running.url);
  });

  it("refuse pages of other origins", async () => {
    const running = await startServer({ ...SSE, allowedOrigins: "https://example.com" });
    const status = async (origin: string) =>
      openEventStream(`${running.url}/socket.io/?EIO=4&transport=sse`, { headers: { origin } }).then(
        () => 200,
        ({ message }) => message,
      );
    expect(await status("https://example.com")).to.be(200);
    expect(await status("https://example.org")).to.be("the stream was refused with 403");
  });

  it("close a connection whose client does not join a namespace", async () => {
    const { url } = await startServer({ ...SSE, connectTimeout: 50 });
    const { stream } = await openSse(url);
    expect(await stream.ended).to.be(true);
  });

  it("refuse a request with more packets than packetsPerPayload", async () => {
    const told = allGuardMessages();
    const { wire, socket } = await joined({ limits: { packetsPerPayload: 3 } });
    const left = nextEvent(socket, "disconnect");
    const { status, text } = await wire.post(...Array(4).fill('42["x"]'));
    expect([status, JSON.parse(text).code]).to.eql([413, "PACKETS_PER_PAYLOAD"]);
    expect((await left)[0]).to.be("transport error");
    expect(told.map(({ code }) => code)).to.eql(["PACKETS_PER_PAYLOAD"]);
    expect(await wire.stream.ended).to.be(true);
  });

  it("refuse a request of five times maxHttpBufferSize", async () => {
    const { wire, socket } = await joined({ maxHttpBufferSize: 100_000 });
    socket.onAny(() => expect().fail("an event was delivered"));
    const left = nextEvent(socket, "disconnect");
    const { status } = await wire.post(`42["x","${"y".repeat(500_000)}"]`).catch(() => ({ status: 413 }));
    expect(status).to.be(413);
    expect((await left)[1].code).to.be("PAYLOAD_TOO_LARGE");
  });

  it("send their code in the close packet, after the events before it", async () => {
    const { wire, socket } = await joined({ limits: { eventsPerSecond: 1, burst: 1 } });
    for (let i = 0; i < 3; i++) {
      socket.emit("before", i);
    }
    await wire.post(...Array(9).fill('42["x"]'));
    for (let i = 0; i < 3; i++) {
      expect(await wire.next()).to.be(`42["before",${i}]`);
    }
    expect(await wire.next()).to.be("1EVENT_RATE");
    expect(await wire.stream.ended).to.be(true);
  });

  it("do not keep the responses of a client that ends and opens streams without reading them", async () => {
    const running = await startServer(SSE);
    const { socket, stream, tcp } = await unreadStream(running);
    const address = `${running.url}/socket.io/?EIO=4&transport=sse&sid=${socket.conn.id}`;
    const left = nextEvent(socket, "disconnect");
    await ask(address, { method: "POST", body: "6" });
    expect((await ask(address)).status).to.be(400);
    expect((await left)[0]).to.be("transport error");
    tcp.destroy();
    await eventually(() => stream.destroyed);
  });
});
