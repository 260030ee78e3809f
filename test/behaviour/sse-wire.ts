import type { ServerResponse } from "node:http";
import { connect as connectTcp } from "node:net";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { onTestEnd } from "../support/cleanup";
import { ask, askUpgrade } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { joinSse, openEventStream, openSse } from "../support/sse-wire";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { connectWire } from "../support/wire";

const SSE: Partial<ServerOptions> = { transports: ["sse", "polling", "websocket"] };

async function joined(options: Partial<ServerOptions> = {}) {
  const running = await startServer({ ...SSE, ...options });
  return { running, ...(await joinSse(running)) };
}

ownSuite("server-sent events", () => {
  it("are refused unless the option transports names them", async () => {
    const { url } = await startServer();
    const { status, text } = await ask(`${url}/socket.io/?EIO=4&transport=sse`);
    expect([status, JSON.parse(text)]).to.eql([400, { code: 0, message: "Transport unknown" }]);
  });

  it("begin with the open packet, in a response that proxies pass on at once", async () => {
    const { url } = await startServer(SSE);
    const { opened, stream } = await openSse(url);
    const { headers } = stream.response;
    expect(headers["content-type"]).to.be("text/event-stream");
    expect(headers["cache-control"]).to.be("no-cache, no-transform");
    expect(headers["x-accel-buffering"]).to.be("no");
    expect(headers["content-encoding"]).to.be(undefined);
    expect(Object.keys(opened).sort()).to.eql([
      "maxPayload",
      "pingInterval",
      "pingTimeout",
      "sid",
      "upgrades",
    ]);
    expect(opened.upgrades).to.eql(["websocket"]);
    expect(stream.received()).to.be(`data:0${JSON.stringify(opened)}\n\n`);
  });

  it("name the transport sse", async () => {
    const { socket } = await joined();
    expect([socket.conn.transport.name, socket.handshake.query.transport]).to.eql(["sse", "sse"]);
  });

  it("are not offered to clients of other transports", async () => {
    const { url } = await startServer(SSE);
    const { text } = await ask(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(JSON.parse(text.slice(1)).upgrades).to.eql(["websocket"]);
  });

  it("offer no upgrade without WebSocket, or without allowUpgrades", async () => {
    for (const options of [{ transports: ["sse" as const] }, { ...SSE, allowUpgrades: false }]) {
      const { url } = await startServer(options);
      expect((await openSse(url)).opened.upgrades).to.eql([]);
    }
  });

  it("carry one packet a message, in the order of the server", async () => {
    const { wire, socket } = await joined();
    socket.emit("a");
    socket.emit("b", "ö€😀");
    socket.emit("c", Buffer.from([1, 2, 3]));
    for (const packet of ['42["a"]', '42["b","ö€😀"]', '451-["c",{"_placeholder":true,"num":0}]', "bAQID"]) {
      expect(await wire.stream.nextMessage()).to.be(packet);
    }
  });

  it("carry any text unaltered", async () => {
    const { wire, socket } = await joined();
    for (const text of [
      "a\nb",
      "a\rb",
      "a\r\nb\r\n",
      "\0",
      "\ud800",
      "\udc00\ud800",
      "\ufeff",
      " ",
      "",
      '"',
      "\x1e",
    ]) {
      socket.conn.write(text);
      expect(await wire.next()).to.be(`4${text}`);
    }
  });

  it("carry the packets of the client in POST requests", async () => {
    const { wire, socket } = await joined();
    const heard: unknown[] = [];
    socket.onAny((...event: unknown[]) => heard.push(event));
    const answer = await wire.post('42["a","ö"]', '451-["b",{"_placeholder":true,"num":0}]', "bAQID");
    expect([answer.status, answer.text]).to.eql([200, "ok"]);
    expect(heard).to.eql([
      ["a", "ö"],
      ["b", Buffer.from([1, 2, 3])],
    ]);
  });

  it("answer acknowledgements in both directions", async () => {
    const { wire, socket } = await joined();
    socket.on("question", (answer: (text: string) => void) => answer("yes"));
    await wire.post('427["question"]');
    expect(await wire.next()).to.be('437["yes"]');
    const answered = socket.emitWithAck("question");
    expect(await wire.next()).to.be('420["question"]');
    await wire.post('430["no"]');
    expect(await answered).to.be("no");
  });

  it("have the heartbeat of the other transports", async () => {
    const { url } = await startServer({ ...SSE, pingInterval: 20, pingTimeout: 10_000 });
    const { stream, post } = await openSse(url);
    for (let i = 0; i < 3; i++) {
      expect(await stream.nextMessage()).to.be("2");
      expect((await post("3")).status).to.be(200);
    }
  });

  it("end with the ping timeout if the client does not answer", async () => {
    const running = await startServer({ ...SSE, pingInterval: 20, pingTimeout: 20 });
    // the stream may end before the client has read the response to CONNECT
    const closed = nextValue<any>(running.io.engine, "connection").then((conn) => nextEvent(conn, "close"));
    const { stream } = await openSse(running.url);
    expect((await closed)[0]).to.be("ping timeout");
    expect(await stream.ended).to.be(true);
  });

  it("end with the close packet when the server closes the connection", async () => {
    const { wire, socket } = await joined();
    const closed = nextEvent(socket, "disconnect");
    socket.emit("last");
    socket.disconnect(true);
    expect([await wire.next(), await wire.next(), await wire.next()]).to.eql(['42["last"]', "41", "1"]);
    expect(await wire.stream.ended).to.be(true);
    expect((await closed)[0]).to.be("server namespace disconnect");
  });

  it("end when the client sends the close packet", async () => {
    const { wire, socket } = await joined();
    const left = nextEvent(socket, "disconnect");
    expect((await wire.post("1")).status).to.be(200);
    expect((await left)[0]).to.be("transport close");
    expect(await wire.stream.ended).to.be(true);
  });

  it("close the connection when the client cuts the stream", async () => {
    const { running, wire, socket } = await joined();
    const left = nextEvent(socket, "disconnect");
    wire.stream.request.destroy();
    expect((await left)[0]).to.be("transport close");
    expect(running.io.engine.clientsCount).to.be(0);
    expect((await wire.post("3")).status).to.be(400);
  });

  it("close the connection when the client ends its side", async () => {
    const running = await startServer(SSE);
    const connected = nextValue(running.io.engine, "connection");
    const tcp = connectTcp(running.port, "localhost");
    onTestEnd(() => tcp.destroy());
    tcp.write("GET /socket.io/?EIO=4&transport=sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const conn = await connected;
    const closed = nextEvent(conn, "close");
    tcp.end();
    expect((await closed)[0]).to.be("transport close");
  });

  it("follow the response to an earlier request of the same TCP connection", async () => {
    const running = await startServer(SSE);
    const asked = new Promise<ServerResponse>((resolve) => {
      running.httpServer.on("request", ({ url }, res) => url === "/slow" && resolve(res));
    });
    const connected = nextValue<any>(running.io.engine, "connection");
    const tcp = connectTcp(running.port, "localhost");
    onTestEnd(() => tcp.destroy());
    let received = "";
    tcp.on("data", (chunk) => {
      received += chunk;
    });
    tcp.write("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    tcp.write("GET /socket.io/?EIO=4&transport=sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const conn = await connected;
    conn.write("a");
    (await asked).end("slow");
    await eventually(() => received.includes("data:4a\n\n"));
    conn.write("b");
    await eventually(() => received.includes("data:4b\n\n"));
    expect(received.replaceAll(/[\r\n]+/g, " ")).to.match(/slow.*data:0.*data:4a .*data:4b /);
    tcp.destroy();
    expect((await nextEvent(conn, "close"))[0]).to.be("transport close");
  });

  it("close the connection when the client opens a second stream", async () => {
    const { wire, socket } = await joined();
    const left = nextEvent(socket, "disconnect");
    expect((await ask(wire.address)).status).to.be(400);
    expect((await left)[0]).to.be("transport error");
    expect(await wire.stream.ended).to.be(true);
  });

  it("end when the client sends a noop, and continue in the next stream", async () => {
    const { wire, socket } = await joined();
    socket.emit("a");
    await wire.post("6");
    expect([await wire.next(), await wire.next()]).to.eql(['42["a"]', "6"]);
    expect(await wire.stream.ended).to.be(true);
    socket.emit("b");
    socket.volatile.emit("c");
    wire.stream = await openEventStream(wire.address);
    expect(await wire.next()).to.be('42["b"]');
    socket.emit("d");
    expect(await wire.next()).to.be('42["d"]');
  });

  it("are upgraded to WebSocket without losing a packet", async () => {
    const { running, wire, socket } = await joined();
    const ws = await connectWire(running.url, `EIO=4&sid=${wire.opened.sid}`);
    ws.send("2probe");
    expect(await ws.next()).to.be("3probe");
    socket.emit("a");
    await wire.post("6");
    socket.emit("b");
    expect([await wire.next(), await wire.next()]).to.eql(['42["a"]', "6"]);
    expect(await wire.stream.ended).to.be(true);
    const upgraded = nextEvent(socket.conn, "upgrade");
    ws.send("5");
    await upgraded;
    expect(await ws.next()).to.be('42["b"]');
    expect(socket.conn.transport.name).to.be("websocket");
    expect((await wire.post("3")).status).to.be(400);
  });

  it("end with the close packet when the client upgrades without ending the stream", async () => {
    const { running, wire, socket } = await joined();
    const ws = await connectWire(running.url, `EIO=4&sid=${wire.opened.sid}`);
    ws.send("2probe");
    await ws.next();
    ws.send("5");
    expect(await wire.next()).to.be("1");
    expect(await wire.stream.ended).to.be(true);
    socket.emit("a");
    expect(await ws.next()).to.be('42["a"]');
  });

  it("are refused to clients of Socket.IO 2", async () => {
    const { url } = await startServer({ ...SSE, allowEIO3: true });
    const { status, text } = await ask(`${url}/socket.io/?EIO=3&transport=sse`);
    expect([status, JSON.parse(text)]).to.eql([400, { code: 0, message: "Transport unknown" }]);
  });

  it("are refused by attachApp(), since apps of µWebSockets.js do not have them", () => {
    const io = new Server(SSE);
    try {
      io.attachApp({} as never);
      expect().fail("it was accepted");
    } catch (error) {
      const { code, message } = error as Error & { code: string };
      expect(code).to.be("INVALID_OPTION");
      expect(message).to.be(
        '"transports" must be a list without "sse" for an app of µWebSockets.js, got ["sse","polling","websocket"]',
      );
    }
  });

  it("are refused in an upgrade request", async () => {
    const { port, io } = await startServer(SSE);
    const { received, ended } = await askUpgrade(port, "/socket.io/?EIO=4&transport=sse");
    await ended;
    expect(received().toString()).to.match(/^HTTP\/1\.1 400 /);
    expect(io.engine.clientsCount).to.be(0);
  });

  it("have the cookie and the header events of long-polling", async () => {
    const { url, io } = await startServer({ ...SSE, cookie: true });
    const seen: string[] = [];
    io.engine.on("initial_headers", (headers: Record<string, string>) => {
      headers["x-first"] = "1";
    });
    io.engine.on("headers", (headers: Record<string, string>, req: { method: string }) => {
      headers["x-any"] = "2";
      seen.push(req.method);
    });
    const { stream, opened, post } = await openSse(url);
    const { headers } = stream.response;
    expect(headers["set-cookie"]?.[0]).to.contain(`io=${opened.sid}; Path=/`);
    expect([headers["x-first"], headers["x-any"]]).to.eql(["1", "2"]);
    const answer = await post("40");
    expect([answer.headers["x-first"], answer.headers["x-any"]]).to.eql([undefined, "2"]);
    expect(seen).to.eql(["GET", "POST"]);
  });

  it("have the header events without a cookie too", async () => {
    const { url, io } = await startServer(SSE);
    io.engine.on("initial_headers", (headers: Record<string, string>) => {
      headers["x-first"] = "1";
      headers["cache-control"] = "private";
    });
    const { headers } = (await openSse(url)).stream.response;
    expect([headers["x-first"], headers["cache-control"]]).to.eql(["1", "private"]);
  });

  it("have the CORS headers of the option cors", async () => {
    const { url } = await startServer({ ...SSE, cors: { origin: "https://example.com", credentials: true } });
    const { stream, post } = await openSse(url, "EIO=4", { headers: { origin: "https://example.com" } });
    for (const { headers } of [stream.response, await post("40")]) {
      expect(headers["access-control-allow-origin"]).to.be("https://example.com");
      expect(headers["access-control-allow-credentials"]).to.be("true");
    }
  });

  it("pass allowRequest and report refusals as connection_error", async () => {
    const { url, io } = await startServer({
      ...SSE,
      allowRequest: (_req, callback) => callback("no", false),
    });
    const reported = nextValue(io.engine, "connection_error");
    const { status, text } = await ask(`${url}/socket.io/?EIO=4&transport=sse`);
    expect([status, JSON.parse(text)]).to.eql([403, { code: 4, message: "no" }]);
    expect((await reported).code).to.be(4);
  });

  it("answer other methods with an error, and keep the connection", async () => {
    const { wire, socket } = await joined();
    expect((await ask(wire.address, { method: "PUT" })).status).to.be(500);
    socket.emit("a");
    expect(await wire.next()).to.be('42["a"]');
  });

  it("are drained and ended when the server closes", async () => {
    const { running, wire, socket } = await joined();
    socket.emit("a");
    await running.io.close();
    expect(await wire.next()).to.be('42["a"]');
    expect(await wire.stream.ended).to.be(true);
    await eventually(() => !running.httpServer.listening);
  });

  it("are closed by a drain when the acknowledgement has arrived", async () => {
    const { running, wire, socket } = await joined();
    const answered = socket.emitWithAck("question");
    const closed = running.io.close({ drain: { timeoutMs: 20_000 } });
    expect(await wire.next()).to.be('420["question"]');
    await wire.post('430["yes"]');
    expect(await answered).to.be("yes");
    await closed;
    expect(await wire.stream.ended).to.be(true);
  });
});
