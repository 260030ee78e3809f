/** WebTransport, with sessions that speak the W3C interface. */
import expect from "expect.js";
import { startServer } from "../support/server";
import { eventually, nextValue } from "../support/waiting";
import { openSession } from "../support/web-transport";

const withWebTransport = { transports: ["polling", "websocket", "webtransport"] } as any;

/** A client that has opened a session and joined the main namespace. */
async function join(engine: any) {
  const client = openSession();
  engine.onWebTransportSession(client.session);
  await client.send({ type: "open" });
  const opening = await client.receive();
  await client.send({ type: "message", data: "0" });
  const connected = await client.receive();
  return { client, opening, connected };
}

describe("a WebTransport session", () => {
  it("opens a connection, joins and exchanges events [16, 88]", async () => {
    const { io } = await startServer(withWebTransport);
    const arriving = nextValue(io, "connection");
    const { client, opening, connected } = await join(io.engine);
    expect(opening?.type).to.be("open");
    expect(Object.keys(JSON.parse(opening?.data as string)).sort()).to.eql(
      ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"].sort(),
    );
    expect(connected?.data).to.match(/^0\{"sid":/);
    const socket = await arriving;
    expect(socket.conn.transport.name).to.be("webtransport");
    const event = nextValue(socket, "greeting");
    await client.send({ type: "message", data: '2["greeting","hello"]' });
    expect(await event).to.be("hello");
    socket.emit("answer", "hello yourself");
    expect((await client.receive())?.data).to.be('2["answer","hello yourself"]');
  });

  it("transmits binary data [88]", async () => {
    const { io } = await startServer(withWebTransport);
    const arriving = nextValue(io, "connection");
    const { client } = await join(io.engine);
    const socket = await arriving;
    const event = nextValue(socket, "bytes");
    await client.send({ type: "message", data: '51-["bytes",{"_placeholder":true,"num":0}]' });
    await client.send({ type: "message", data: Buffer.from([1, 2, 3]) });
    expect([...(await event)]).to.eql([1, 2, 3]);
    socket.emit("bytes", Buffer.alloc(300, 7));
    expect((await client.receive())?.data).to.be('51-["bytes",{"_placeholder":true,"num":0}]');
    expect(Buffer.from((await client.receive())?.data as any)).to.eql(Buffer.alloc(300, 7));
  });

  it("accepts events of every length: headers of 1, 3 and 9 bytes [88]", async () => {
    const { io } = await startServer(withWebTransport);
    const arriving = nextValue(io, "connection");
    const { client } = await join(io.engine);
    const socket = await arriving;
    for (const length of [10, 1_000, 70_000]) {
      const event = nextValue(socket, "text");
      await client.send({ type: "message", data: `2["text","${"x".repeat(length)}"]` });
      expect((await event).length).to.be(length);
    }
  });

  it("has no request, and no address [88]", async () => {
    const { io } = await startServer(withWebTransport);
    const arriving = nextValue(io, "connection");
    await join(io.engine);
    const socket = await arriving;
    expect(socket.request).to.be(null);
    expect(socket.handshake.address).to.be(undefined);
    expect(socket.handshake.headers).to.eql({});
  });

  it("receives broadcasts [88]", async () => {
    const { io } = await startServer(withWebTransport);
    const { client } = await join(io.engine);
    io.emit("news", 1);
    expect((await client.receive())?.data).to.be('2["news",1]');
  });

  it("is disconnected when the session ends [88]", async () => {
    const { io } = await startServer(withWebTransport);
    const arriving = nextValue(io, "connection");
    const { client } = await join(io.engine);
    const socket = await arriving;
    const gone = nextValue(socket, "disconnect");
    client.end();
    expect(await gone).to.be("transport close");
  });

  it("is closed by the server when the socket is disconnected with its connection [88]", async () => {
    const { io } = await startServer(withWebTransport);
    const arriving = nextValue(io, "connection");
    const { client } = await join(io.engine);
    (await arriving).disconnect(true);
    await eventually(() => client.isClosed());
  });

  it("is closed if its first packet is not valid [88]", async () => {
    const { io } = await startServer(withWebTransport);
    const client = openSession();
    io.engine.onWebTransportSession(client.session);
    await client.send({ type: "message", data: "0" });
    await eventually(() => client.isClosed());
    expect(io.engine.clientsCount).to.be(0);
  });

  it("is refused if a middleware of the engine would be skipped [88]", async () => {
    const { io } = await startServer(withWebTransport);
    io.engine.use((_req: any, _res: any, next: () => void) => next());
    const client = openSession();
    io.engine.onWebTransportSession(client.session);
    await eventually(() => client.isClosed());
  });
});
