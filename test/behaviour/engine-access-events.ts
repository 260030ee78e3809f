import expect from "expect.js";
import { stopClock } from "../support/clock";
import { ask, askHandshake } from "../support/http";
import { type Running, startServer } from "../support/server";
import type { SocketType } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { connectWire, openPolling, openWire, type Wire } from "../support/wire";

type AnySocket = SocketType<any, any, any, any>;

/** A raw client that has joined, with the server's socket and the engine's. */
async function joined({ io, url }: Running): Promise<{ wire: Wire; socket: AnySocket; conn: any }> {
  const connected = nextValue<AnySocket>(io, "connection");
  const wire = await openWire(url);
  await wire.join();
  const socket = await connected;
  return { wire, socket, conn: socket.conn };
}

/** Collects the arguments with which an emitter emits an event. */
function record(source: any, event: string): any[][] {
  const seen: any[][] = [];
  source.on(event, (...args: any[]) => seen.push(args));
  return seen;
}

/** The headers of the response to an upgrade request. */
async function upgradeHeaders(url: string, query: string): Promise<any> {
  let headers: unknown;
  await connectWire(url, query, {
    finishRequest(request) {
      request.on("upgrade", (response) => {
        headers = response.headers;
      });
      request.end();
    },
  });
  return headers;
}

describe("the engine's events", () => {
  it("connection is emitted with the connection, before it joins a namespace [34]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    const { opened } = await openWire(url);
    const conn = await connected;
    expect(conn.id).to.be(opened.sid);
    expect(conn.readyState).to.be("open");
    expect(io.sockets.sockets.size).to.be(0);
  });

  it("initial_headers is emitted once in a polling connection, headers for every response [34]", async () => {
    const { io, url } = await startServer();
    const initial = record(io.engine, "initial_headers");
    const every = record(io.engine, "headers");
    const wire = await openPolling(url);
    await wire.join();
    const urlOf = ([, req]: any[]) => `${req.method} ${req._query.sid ? "later" : "first"}`;
    expect(initial.map(urlOf)).to.eql(["GET first"]);
    expect(every.map(urlOf)).to.eql(["GET first", "POST later", "GET later"]);
    expect(initial[0][0]).to.be(every[0][0]);
    expect(every[0][0]["Content-Type"]).to.be("text/plain; charset=UTF-8");
  });

  it("initial_headers and headers modify the headers that polling clients receive [34]", async () => {
    const { io, url } = await startServer();
    io.engine.on("initial_headers", (headers: any) => {
      headers["x-initial"] = "1";
      headers["set-cookie"] = ["a=b", "c=d"];
    });
    io.engine.on("headers", (headers: any, req: any) => {
      headers["x-every"] = req.method;
    });
    const first = await askHandshake(url);
    expect(first.headers["x-initial"]).to.be("1");
    expect(first.headers["set-cookie"]).to.eql(["a=b", "c=d"]);
    expect(first.headers["x-every"]).to.be("GET");
    const { sid } = JSON.parse(first.text.slice(1));
    const address = `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const posted = await ask(address, { method: "POST", body: "40" });
    expect(posted.headers["x-initial"]).to.be(undefined);
    expect(posted.headers["x-every"]).to.be("POST");
  });

  it("both are emitted for the response to an upgrade request that opens a connection [34]", async () => {
    const { io, url } = await startServer();
    io.engine.on("initial_headers", (headers: any) => {
      headers["x-initial"] = "1";
    });
    io.engine.on("headers", (headers: any, req: any) => {
      headers["x-every"] = req.method;
    });
    const headers = await upgradeHeaders(url, "EIO=4");
    expect(headers["x-initial"]).to.be("1");
    expect(headers["x-every"]).to.be("GET");
  });

  it("only headers is emitted for the upgrade of a session [34]", async () => {
    const { io, url } = await startServer();
    const { opened } = await openPolling(url);
    const initial = record(io.engine, "initial_headers");
    io.engine.on("headers", (headers: any) => {
      headers["x-every"] = "1";
    });
    const headers = await upgradeHeaders(url, `EIO=4&sid=${opened.sid}`);
    expect(headers["x-every"]).to.be("1");
    expect(initial).to.eql([]);
  });

  it("flush and drain are emitted with the connection, flush also with the packets [34]", async () => {
    const running = await startServer();
    const { wire, socket, conn } = await joined(running);
    const flushed = record(running.io.engine, "flush");
    const drained = record(running.io.engine, "drain");
    await eventually(() => conn.transport.writable);
    socket.emit("hello");
    expect(await wire.next()).to.be('42["hello"]');
    expect(flushed.length).to.be(1);
    expect(flushed[0][0]).to.be(conn);
    expect(flushed[0][1].map(({ type, data }: any) => [type, data])).to.eql([["message", '2["hello"]']]);
    expect(drained).to.eql([[conn]]);
  });
});

describe("the events of a connection", () => {
  it("packet is emitted for each incoming packet, packetCreate for each outgoing packet [35]", async () => {
    const { wire, socket, conn } = await joined(await startServer());
    const incoming = record(conn, "packet");
    const outgoing = record(conn, "packetCreate");
    socket.on("question", (answer: (text: string) => void) => answer("yes"));
    wire.send('421["question"]');
    expect(await wire.next()).to.be('431["yes"]');
    expect(incoming).to.eql([[{ type: "message", data: '21["question"]' }]]);
    expect(outgoing.length).to.be(1);
    const { type, data, options } = outgoing[0][0];
    expect([type, data]).to.eql(["message", '31["yes"]']);
    expect(options.compress).to.be(true);
  });

  it("data and message have the content of a message packet, text or binary [35]", async () => {
    const { wire, conn } = await joined(await startServer());
    const data = record(conn, "data");
    const message = record(conn, "message");
    const closed = nextEvent(conn, "close");
    wire.send('42["hello",1]', '451-["hello",{"_placeholder":true,"num":0}]', Buffer.from([1, 2]), "6");
    wire.ws.close();
    await closed;
    expect(data).to.eql([
      ['2["hello",1]'],
      ['51-["hello",{"_placeholder":true,"num":0}]'],
      [Buffer.from([1, 2])],
    ]);
    expect(message).to.eql(data);
  });

  it("heartbeat is emitted for the answer to a ping [35]", async () => {
    const clock = stopClock({ engine: true });
    const { io, url } = await startServer({ pingInterval: 10 });
    const connected = nextValue(io.engine, "connection");
    const { ws } = await openWire(url);
    const conn = await connected;
    const heartbeats = record(conn, "heartbeat");
    const packets = record(conn, "packet");
    const created = record(conn, "packetCreate");
    ws.on("message", (data) => {
      if (String(data) === "2") {
        ws.send("3");
      }
    });
    for (const count of [1, 2]) {
      clock.tick(10);
      await eventually(() => heartbeats.length === count);
    }
    expect(packets.map(([{ type }]) => type)).to.eql(["pong", "pong"]);
    expect(created[0][0].type).to.be("ping");
  });

  it("flush is emitted before the packets are written, drain when they have been handed over [35]", async () => {
    const { wire, socket, conn } = await joined(await startServer());
    await eventually(() => conn.transport.writable);
    const order: string[] = [];
    conn.on("packetCreate", () => order.push("packetCreate"));
    conn.on("flush", (packets: any[]) => order.push(`flush ${packets.length}`));
    conn.on("drain", () => order.push("drain"));
    socket.emit("a");
    expect(order).to.eql(["packetCreate", "flush 1", "drain"]);
    socket.emit("b");
    socket.emit("c");
    expect(order).to.eql(["packetCreate", "flush 1", "drain", "packetCreate", "packetCreate"]);
    await wire.next();
    await wire.next();
    await wire.next();
    expect(order.slice(5)).to.eql(["flush 2", "drain"]);
  });

  it("upgrading and upgrade have the new transport [35, 39]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    const { opened } = await openPolling(url);
    const conn = await connected;
    const upgrading = record(conn, "upgrading");
    const upgraded = nextValue(conn, "upgrade");
    const ws = await connectWire(url, `EIO=4&sid=${opened.sid}`);
    ws.send("2probe");
    await ws.next();
    expect(upgrading.map(([transport]) => transport.name)).to.eql(["websocket"]);
    expect(conn.transport.name).to.be("polling");
    ws.send("5");
    expect(await upgraded).to.be(upgrading[0][0]);
    expect(conn.transport).to.be(upgrading[0][0]);
  });

  it("close has the reason transport close when the client disconnects [35]", async () => {
    const { wire, conn } = await joined(await startServer());
    const closed = nextEvent(conn, "close");
    wire.ws.close();
    expect((await closed)[0]).to.be("transport close");
    expect(conn.readyState).to.be("closed");
  });

  it("close has the reason transport error, and the error, when the WebSocket fails [35]", async () => {
    const { wire, conn } = await joined(await startServer());
    const closed = nextEvent(conn, "close");
    // a reserved opcode
    (wire.ws as any)._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    const [reason, error] = await closed;
    expect(reason).to.be("transport error");
    expect(error.message).to.contain("invalid opcode");
    expect(await wire.closed).to.be(1002);
  });

  it("close has the reason parse error when an invalid packet arrives [35]", async () => {
    const { wire, conn } = await joined(await startServer());
    const closed = nextEvent(conn, "close");
    wire.send("x");
    expect((await closed)[0]).to.be("parse error");
  });

  it("close has the reason forced close when the server closes the connection [35]", async () => {
    const { wire, conn } = await joined(await startServer());
    const closed = nextEvent(conn, "close");
    conn.close();
    expect((await closed)[0]).to.be("forced close");
    expect(await wire.closed).to.be(1005);
  });

  it("close has the reason ping timeout when the client is silent [35, 37]", async () => {
    const clock = stopClock({ engine: true });
    const { conn } = await joined(await startServer({ pingInterval: 5, pingTimeout: 50 }));
    const closed = nextEvent(conn, "close");
    clock.tick(55);
    expect((await closed)[0]).to.be("ping timeout");
  });

  it("close is the last event, and data for a closed connection is ignored [35]", async () => {
    const { wire, socket, conn } = await joined(await startServer());
    const outgoing = record(conn, "packetCreate");
    wire.ws.close();
    await nextEvent(conn, "close");
    conn.send("late");
    socket.emit("late");
    expect(outgoing).to.eql([]);
  });
});

describe("packetCreate of a broadcast", () => {
  it("has the frame for all WebSocket receivers, as an array [35]", async () => {
    const running = await startServer();
    const first = await joined(running);
    const second = await joined(running);
    const shown = [record(first.conn, "packetCreate"), record(second.conn, "packetCreate")];
    const outgoing: any[][] = [];
    first.socket.onAnyOutgoing((...event) => outgoing.push(event));
    running.io.emit("hello", "all");
    expect(await first.wire.next()).to.be('42["hello","all"]');
    expect(await second.wire.next()).to.be('42["hello","all"]');
    const [[[packet]], [[same]]] = shown;
    expect([packet.type, packet.data]).to.eql(["message", '2["hello","all"]']);
    expect(packet.options.wsPreEncodedFrame).to.be.an("array");
    const frame = Buffer.concat(packet.options.wsPreEncodedFrame);
    expect(frame.subarray(2).toString()).to.be('42["hello","all"]');
    expect(same.options.wsPreEncodedFrame).to.be(packet.options.wsPreEncodedFrame);
    expect(outgoing).to.eql([["hello", "all"]]);
  });

  it("has the frame for a polling connection too, which receives the text [35]", async () => {
    const running = await startServer();
    const connected = nextValue(running.io, "connection");
    const wire = await openPolling(running.url);
    await wire.join();
    const shown = record((await connected).conn, "packetCreate");
    running.io.emit("hello");
    expect(await wire.next()).to.be('42["hello"]');
    expect(shown[0][0].options.wsPreEncodedFrame).to.be.an("array");
  });

  it("has no frame for binary events, nor for an event to one socket [35]", async () => {
    const running = await startServer();
    const { wire, socket, conn } = await joined(running);
    const shown = record(conn, "packetCreate");
    running.io.emit("hello", Buffer.from([1]));
    socket.emit("hello");
    expect(await wire.next()).to.be('451-["hello",{"_placeholder":true,"num":0}]');
    expect(await wire.next()).to.eql(Buffer.from([1]));
    expect(await wire.next()).to.be('42["hello"]');
    expect(shown.map(([{ options }]) => options.wsPreEncodedFrame)).to.eql([undefined, undefined, undefined]);
  });
});
