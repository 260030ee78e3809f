import expect from "expect.js";
import { ask, askUpgrade } from "../support/http";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextEvents, nextValue, turn } from "../support/waiting";
import { connectWire, openPolling, type PollingWire, type Wire } from "../support/wire";

interface Upgrading {
  running: Running;
  polling: PollingWire;
  /** The engine's connection. */
  conn: any;
  socket: any;
  /** Opens a WebSocket for the session. */
  connect(): Promise<Wire>;
}

/** A session that has joined over polling, with no buffered packet. */
async function joined(options?: Parameters<typeof startServer>[0]): Promise<Upgrading> {
  const running = await startServer(options);
  const connected = nextValue(running.io, "connection");
  const polling = await openPolling(running.url);
  await polling.join();
  const socket = await connected;
  socket.on("question", (answer: (text: string) => void) => answer("yes"));
  const connect = () => connectWire(running.url, `EIO=4&sid=${polling.opened.sid}`);
  return { running, polling, conn: socket.conn, socket, connect };
}

/** Performs the complete upgrade. */
async function upgraded({ connect, conn }: Upgrading): Promise<Wire> {
  const ws = await connect();
  ws.send("2probe");
  await ws.next();
  const done = nextEvent(conn, "upgrade");
  ws.send("5");
  await done;
  return ws;
}

async function expectServedOverPolling({ polling, conn }: Upgrading): Promise<void> {
  await polling.post('42987["question"]');
  expect(await polling.next()).to.be('43987["yes"]');
  expect(conn.transport.name).to.be("polling");
}

describe("the upgrade of a session to WebSocket", () => {
  it("is 2probe, answered with 3probe, and 5; from then on, all data is sent over the WebSocket [39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    ws.send("2probe");
    expect(await ws.next()).to.be("3probe");
    expect(session.conn.transport.name).to.be("polling");
    const done = nextEvent(session.conn, "upgrade");
    ws.send("5");
    await done;
    expect(session.conn.transport.name).to.be("websocket");
    ws.send('421["question"]');
    expect(await ws.next()).to.be('431["yes"]');
    session.running.io.emit("hello");
    expect(await ws.next()).to.be('42["hello"]');
  });

  it("answers a pending poll with a NOOP, and later polls too, until it is complete [39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    const held = session.polling.poll();
    await eventually(() => session.conn.transport.writable);
    ws.send("2probe");
    expect(await ws.next()).to.be("3probe");
    expect(await held).to.eql(["6"]);
    expect(await session.polling.poll()).to.eql(["6"]);
    ws.send("5", '421["question"]');
    expect(await ws.next()).to.be('431["yes"]');
  });

  it("sends data meanwhile over polling [39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    ws.send("2probe");
    await ws.next();
    session.socket.emit("hello");
    expect(await session.polling.poll()).to.eql(['42["hello"]']);
    await expectServedOverPolling(session);
  });

  it("sends data that was not polled over the WebSocket [39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    ws.send("2probe");
    await ws.next();
    session.socket.emit("a");
    session.socket.emit("b", Buffer.from([1]));
    ws.send("5");
    expect(await ws.next()).to.be('42["a"]');
    expect(await ws.next()).to.be('451-["b",{"_placeholder":true,"num":0}]');
    expect(await ws.next()).to.eql(Buffer.from([1]));
  });

  it("answers a pending poll with the close packet [39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    const held = session.polling.poll();
    await eventually(() => session.conn.transport.writable);
    ws.send("5");
    expect(await held).to.eql(["1"]);
    ws.send('421["question"]');
    expect(await ws.next()).to.be('431["yes"]');
  });

  it("may omit the probe [39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    ws.send("5", '421["question"]');
    expect(await ws.next()).to.be('431["yes"]');
    expect(session.conn.transport.name).to.be("websocket");
  });

  it("does not change the ids, the request and the handshake [26, 39]", async () => {
    const session = await joined();
    const { conn, socket } = session;
    const before = [conn.id, socket.id, conn.request, socket.handshake];
    await upgraded(session);
    expect([conn.id, socket.id, conn.request, socket.handshake]).to.eql(before);
    expect(socket.handshake.query.transport).to.be("polling");
    expect(session.running.io.engine.clientsCount).to.be(1);
  });

  it("disables polling: later polls and posts are refused [28, 39]", async () => {
    const session = await joined();
    const ws = await upgraded(session);
    for (const method of ["GET", "POST"]) {
      const { status, text } = await ask(session.polling.address, { method });
      expect([status, JSON.parse(text).code]).to.eql([400, 3]);
    }
    ws.send('421["question"]');
    expect(await ws.next()).to.be('431["yes"]');
  });

  it("binds the session to the WebSocket: when it closes, the session ends [39]", async () => {
    const session = await joined();
    const ws = await upgraded(session);
    const disconnected = nextEvent(session.socket, "disconnect");
    ws.ws.close();
    expect((await disconnected)[0]).to.be("transport close");
    expect((await ask(session.polling.address)).status).to.be(400);
  });

  it("is possible for a client to which it was not offered [14, 39]", async () => {
    const session = await joined({ allowUpgrades: false });
    expect(session.polling.opened.upgrades).to.eql([]);
    const ws = await upgraded(session);
    ws.send('421["question"]');
    expect(await ws.next()).to.be('431["yes"]');
  });
});

describe("a session", () => {
  it("is upgraded once: a later WebSocket is closed [39]", async () => {
    const session = await joined();
    const ws = await upgraded(session);
    const second = await session.connect();
    expect(await second.closed).to.be(1005);
    ws.send('421["question"]');
    expect(await ws.next()).to.be('431["yes"]');
  });

  it("is upgraded by the first WebSocket: another WebSocket meanwhile is closed [39]", async () => {
    const session = await joined();
    const first = await session.connect();
    const second = await session.connect();
    expect(await second.closed).to.be(1005);
    first.send("2probe");
    expect(await first.next()).to.be("3probe");
    first.send("5", '421["question"]');
    expect(await first.next()).to.be('431["yes"]');
  });

  it("that started with a WebSocket continues over another one that requests it, and the first is closed [39]", async () => {
    const running = await startServer();
    const first = await connectWire(running.url);
    const { sid } = JSON.parse(String(await first.next()).slice(1));
    const second = await connectWire(running.url, `EIO=4&sid=${sid}`);
    const conn = (running.io.engine as any).clients[sid];
    second.send("5");
    await nextEvent(conn, "upgrade");
    expect(await first.closed).to.be(1005);
    expect(await second.join()).to.match(/^40/);
  });
});

describe("an upgrade that fails", () => {
  for (const frame of ["2", "2hello", "3probe", '42["hello"]', "6", "x"]) {
    it(`because the client sends ${frame} instead continues the session over polling [39]`, async () => {
      const session = await joined();
      const ws = await session.connect();
      ws.send(frame);
      expect(await ws.closed).to.be(1005);
      await expectServedOverPolling(session);
    });
  }

  it("because the client sends an event after the probe continues the session over polling [39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    ws.send("2probe");
    await ws.next();
    ws.send('42["hello"]');
    expect(await ws.closed).to.be(1005);
    await expectServedOverPolling(session);
  });

  it("because the WebSocket fails continues the session over polling, and can be repeated [39]", async () => {
    const session = await joined();
    const broken = await session.connect();
    broken.send("2probe");
    await broken.next();
    broken.ws.terminate();
    await eventually(() => !session.conn.upgrading);
    await expectServedOverPolling(session);
    const ws = await upgraded(session);
    ws.send('421["question"]');
    expect(await ws.next()).to.be('431["yes"]');
  });

  it("because a frame is invalid continues the session over polling [39]", async () => {
    const session = await joined();
    const broken = await session.connect();
    // a reserved opcode
    (broken.ws as any)._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    expect(await broken.closed).to.be(1002);
    await eventually(() => !session.conn.upgrading);
    await expectServedOverPolling(session);
  });

  it("because it takes longer than upgradeTimeout continues the session over polling [14, 39]", async () => {
    const session = await joined({ upgradeTimeout: 20 });
    const ws = await session.connect();
    ws.send("2probe");
    expect(await ws.closed).to.be(1005);
    await expectServedOverPolling(session);
  });

  it("because the session ends meanwhile closes the WebSocket [39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    ws.send("2probe");
    await ws.next();
    await session.polling.post("1");
    expect(await ws.closed).to.be(1005);
  });

  it("because its request has the transport polling closes the WebSocket [29, 39]", async () => {
    const { running, polling } = await joined();
    const query = `EIO=4&transport=polling&sid=${polling.opened.sid}`;
    const upgrade = await askUpgrade(running.port, `/socket.io/?${query}`);
    // a close frame without a code
    await eventually(() => upgrade.received().toString("latin1").endsWith("\r\n\r\n\x88\x00"));
    expect(upgrade.received().toString("latin1")).to.match(/^HTTP\/1\.1 101 /);
  });
});

describe("an upgrade of a session that the server is closing", () => {
  it("ends with forced close, and data that was sent before arrives [36, 39]", async () => {
    const session = await joined();
    const ws = await session.connect();
    ws.send("2probe");
    await ws.next();
    const closed = nextEvent(session.conn, "close");
    session.socket.emit("last");
    session.conn.close();
    ws.send("5");
    expect(await ws.next()).to.be('42["last"]');
    expect((await closed)[0]).to.be("forced close");
    expect(await ws.closed).to.be(1005);
  });
});

describe("a real client that upgrades", () => {
  it("loses no event meanwhile, and preserves the order, in both directions [39]", async () => {
    const running = await startServer();
    const connected = nextValue(running.io, "connection");
    const client = running.connect();
    const socket = await connected;
    const [atServer, atClient]: number[][] = [[], []];
    socket.on("count", (n: number) => atServer.push(n));
    client.on("count", (n: number) => atClient.push(n));
    const transports = new Set<string>();
    let n = 0;
    while (transports.size < 2 || n < 50) {
      transports.add(socket.conn.transport.name);
      socket.emit("count", n);
      client.emit("count", n++);
      await turn();
    }
    await eventually(() => atServer.length === n && atClient.length === n);
    const expected = Array.from({ length: n }, (_, index) => index);
    expect(atServer).to.eql(expected);
    expect(atClient).to.eql(expected);
    expect(client.io.engine.transport.name).to.be("websocket");
  });

  it("emits an event, and keeps its ids [39]", async () => {
    const running = await startServer();
    const connected = nextValue(running.io.engine, "connection");
    const client = running.connect();
    const events = nextEvents(await connected, "upgrade", 1);
    const transport = (await nextValue(client.io.engine, "upgrade")).name;
    expect(transport).to.be("websocket");
    const [[upgradedTo]] = await events;
    expect(upgradedTo.name).to.be("websocket");
    await eventually(() => client.connected);
    expect(running.io.sockets.sockets.has(client.id as string)).to.be(true);
  });
});
