import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import expect from "expect.js";
import { guardMessages, refusalMessages } from "../support/guard-messages";
import { askHandshake } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { refusedNames, statusesOf } from "../support/refusals";
import { listen, type Running, startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openWebTransport } from "../support/web-transport";
import { openPolling, openWire } from "../support/wire";

const REFUSED = { polling: 403, websocket: 400 };

/** Opens a connection with this client address, behind a proxy. */
function openFrom(running: Running, address: string) {
  return openWire(running.url, "EIO=4", { headers: { "X-Forwarded-For": address } });
}

ownSuite("limits.connections", () => {
  it("refuses additional connections over either transport, until a client disconnects [security 7]", async () => {
    const running = await startServer({ limits: { connections: 2 } });
    const names = refusedNames(running.io);
    const told = refusalMessages(running);
    const { client, socket } = await running.pair();
    const wire = await openWire(running.url);
    expect(await statusesOf(running)).to.eql(REFUSED);
    expect(names).to.eql(["CONNECTION_LIMIT", "CONNECTION_LIMIT"]);
    expect(told.map(({ code }) => code)).to.eql(names);
    client.emit("hello");
    await nextValue(socket as any, "hello");
    wire.ws.close();
    await eventually(() => running.io.engine.clientsCount === 1);
    await openPolling(running.url);
  });

  it("allows upgrades when the limit is reached [security 7]", async () => {
    const running = await startServer({
      limits: { connections: 1, connectionsPerAddress: 1, handshakesPerSecond: 1 },
    });
    const { client } = await running.pair();
    await eventually(() => client.io.engine.transport.name === "websocket");
  });

  it("applies to many simultaneous connections, none of which is open yet [security 7]", async () => {
    let goOn: (() => void) | undefined;
    const together = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let waiting = 0;
    const running = await startServer({
      limits: { connections: 3 },
      allowRequest: (_req, done) => {
        waiting++;
        together.then(() => done(null, true));
      },
    });
    const { io, url } = running;
    const names = refusedNames(io);
    const told = guardMessages(io);
    const asked = Array.from({ length: 10 }, () => askHandshake(url));
    await eventually(() => waiting === 10);
    goOn?.();
    await Promise.all(asked);
    expect(io.engine.clientsCount).to.be(3);
    expect(names).to.eql(Array(7).fill("CONNECTION_LIMIT"));
    expect(told.map(({ code }) => code)).to.eql(names);
  });

  it("counts the connections of all HTTP servers together [security 7]", async () => {
    const [first, second] = [createServer(), createServer()];
    const io = new Server(first, { limits: { connections: 1 } });
    const one = await listen(io, first);
    const { engine } = io;
    io.attach(second);
    const two = await listen(io, second);
    const wire = await openWire(one.url);
    expect(await statusesOf(two)).to.eql(REFUSED);
    wire.ws.close();
    await eventually(() => engine.clientsCount === 0);
    expect((await askHandshake(two.url)).status).to.be(200);
  });

  it("applies to an engine that was created elsewhere: additional connections are closed when they are open [security 7]", async () => {
    const httpServer = createServer();
    const engine = new Engine();
    engine.attach(httpServer, { path: "/socket.io/" });
    const io = new Server({ limits: { connections: 1, connectionsPerAddress: 1 } });
    io.bind(engine as never);
    const running = await listen(io, httpServer);
    const names = refusedNames(io);
    const told = guardMessages(io);
    const honest = await openWire(running.url);
    const excess = await openWire(running.url);
    await excess.closed;
    expect(names).to.eql(["CONNECTION_LIMIT"]);
    expect(told.map(({ code }) => code)).to.eql(names);
    expect(await honest.join()).to.contain('"sid"');
    honest.ws.close();
    await eventually(() => engine.clientsCount === 0);
    expect(await (await openWire(running.url)).join()).to.contain('"sid"');
  });

  it("accepts engines whose connections have few members [security 7]", () => {
    let connect: (conn: object) => void = () => {};
    const io = new Server({ limits: { connections: 1, connectionsPerAddress: 1 } });
    io.bind({
      on(_event: string, listener: (conn: object) => void) {
        connect = listener;
      },
      close() {},
    } as never);
    const closed: number[] = [];
    const leave: (() => void)[] = [];
    const make = (id: number) => ({
      id: String(id),
      readyState: "open",
      transport: { writable: true, name: "websocket" },
      on(event: string, listener: () => void) {
        event === "close" && leave.push(listener);
      },
      removeListener() {},
      write() {},
      close: () => closed.push(id),
    });
    connect(make(1));
    connect(make(2));
    expect(closed).to.eql([2]);
    // whatever an engine emits, a connection is counted out once
    leave.map((left) => left());
    leave.map((left) => left());
    connect(make(3));
    connect(make(4));
    expect(closed).to.eql([2, 4]);
    leave.map((left) => left());
  });

  it("counts WebTransport sessions, which have no address [security 13]", async () => {
    const { io, url } = await startServer({ limits: { connections: 2, connectionsPerAddress: 1 } });
    const told = guardMessages(io);
    const first = await openWebTransport(io);
    const second = await openWebTransport(io);
    expect([first.isClosed(), second.isClosed()]).to.eql([false, false]);
    expect((await askHandshake(url)).status).to.be(403);
    const third = await openWebTransport(io);
    await eventually(third.isClosed);
    expect(told.map(({ code, conn }) => [code, conn])).to.eql([["CONNECTION_LIMIT", third.conn]]);
    const left = nextEvent(first.conn, "close");
    first.conn.close();
    await left;
    expect((await askHandshake(url)).status).to.be(200);
  });
});

ownSuite("limits.connectionsPerAddress", () => {
  it("refuses additional connections from one address, and serves others [security 7]", async () => {
    const running = await startServer({ limits: { connectionsPerAddress: 2 }, trustProxy: 1 });
    const names = refusedNames(running.io);
    const told = refusalMessages(running);
    const wire = await openFrom(running, "192.0.2.1");
    await openFrom(running, "192.0.2.1");
    const headers = { "X-Forwarded-For": "198.51.100.7, 192.0.2.1" };
    expect(await statusesOf(running, headers)).to.eql(REFUSED);
    expect(names).to.eql(["ADDRESS_LIMIT", "ADDRESS_LIMIT"]);
    expect(told.map(({ code, address }) => [code, address])).to.eql(names.map((name) => [name, "192.0.2.1"]));
    expect(await (await openFrom(running, "192.0.2.2")).join()).to.contain('"sid"');
    wire.ws.close();
    await eventually(() => running.io.engine.clientsCount === 2);
    await openFrom(running, "192.0.2.1");
  });

  it("ignores the address in the client's headers, unless a proxy is trusted [security 7]", async () => {
    const running = await startServer({ limits: { connectionsPerAddress: 1 } });
    await openFrom(running, "192.0.2.1");
    expect(await statusesOf(running, { "X-Forwarded-For": "192.0.2.2" })).to.eql(REFUSED);
  });

  it("counts the addresses of an IPv6 network together [security 7]", async () => {
    const trustProxy = (req: { headers: Record<string, any> }) => req.headers["x-client"];
    const running = await startServer({ limits: { connectionsPerAddress: 1 }, trustProxy });
    await openWire(running.url, "EIO=4", { headers: { "X-Client": "2001:db8::1" } });
    expect(await statusesOf(running, { "X-Client": "2001:db8::ffff:2" })).to.eql(REFUSED);
    await openWire(running.url, "EIO=4", { headers: { "X-Client": "2001:db8:0:1::1" } });
  });
});
