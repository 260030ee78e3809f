import expect from "expect.js";
import { guardMessages } from "../support/guard-messages";
import { joinMore } from "../support/joined";
import { connectMember, settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { type Running, startServer } from "../support/server";
import { takeUncaught } from "../support/uncaught";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

const recovery = { connectionStateRecovery: {} };

/** A raw connection, with the data that is needed to recover its session. */
async function joinWithOffset(running: Running) {
  const wire = await openWire(running.url);
  const { sid, pid } = idsIn(await wire.join());
  const socket = running.io.of("/").sockets.get(sid)!;
  socket.emit("first");
  const offset = offsetIn(await wire.next());
  return { wire, socket, sid, pid, offset };
}

const idsIn = (packet: unknown) => JSON.parse(String(packet).replace(/^40(\/\w+,)?/, ""));
const eventIn = (packet: unknown) => JSON.parse(String(packet).replace(/^42(\/\w+,)?/, ""));
const offsetIn = (packet: unknown): string => eventIn(packet).at(-1);

ownSuite("a session that is requested a second time", () => {
  it("while its connection is open, whose disconnect listener throws: the error does not concern it [security 11]", async () => {
    const running = await startServer(recovery);
    const old = await joinWithOffset(running);
    const errors = takeUncaught();
    old.socket.on("disconnect", () => {
      throw new Error("disconnect");
    });
    const wire = await openWire(running.url);
    wire.send(`40${JSON.stringify({ pid: old.pid, offset: old.offset })}`);
    expect(idsIn(await wire.next())).to.eql({ sid: old.sid, pid: old.pid });
    expect(errors).to.eql(["disconnect"]);
  });

  it("while its connection is open: that connection is closed, and no event is lost or duplicated [security 11]", async () => {
    const running = await startServer(recovery);
    const messages = guardMessages(running.io);
    const honest = await connectMember(running);
    const old = await joinWithOffset(running);
    old.socket.join("x");
    old.socket.data.name = "Ada";
    running.io.to("x").emit("not received", 1);
    old.socket.emit("not received", 2);
    const ended = nextEvent(old.socket, "disconnect");
    old.socket.on("disconnect", () => running.io.to("x").emit("while it is closed", 3));

    const wire = await openWire(running.url);
    const connected = nextValue(running.io, "connection");
    wire.send(`40${JSON.stringify({ pid: old.pid, offset: old.offset })}`);
    const socket = await connected;
    const [reason, description] = await ended;
    expect(reason).to.be("forced server close");
    expect(description.code).to.be("SESSION_REUSED");
    running.io.to("x").emit("afterwards", 4);

    const missed = [await wire.next(), await wire.next(), await wire.next()];
    expect(missed.map((packet) => eventIn(packet).slice(0, 2))).to.eql([
      ["not received", 1],
      ["not received", 2],
      ["while it is closed", 3],
    ]);
    expect(idsIn(await wire.next())).to.eql({ sid: old.sid, pid: old.pid });
    expect(eventIn(await wire.next()).slice(0, 2)).to.eql(["afterwards", 4]);
    expect(socket.recovered).to.be(true);
    expect(socket.id).to.be(old.sid);
    expect(socket.data).to.eql({ name: "Ada" });
    expect([...socket.rooms].sort()).to.eql([old.sid, "x"].sort());
    expect(running.io.of("/").sockets.get(old.sid)).to.be(socket);
    expect(running.io.of("/").sockets.size).to.be(2);
    await old.wire.closed;

    expect(messages).to.have.length(1);
    expect(messages[0].code).to.be("SESSION_REUSED");
    expect(messages[0].conn).to.be(old.socket.conn);
    expect(messages[0].address).to.be(old.socket.handshake.address);
    await settled(honest);
    expect(honest.socket.connected).to.be(true);
  });

  it("over long-polling: that connection is closed, and no event is lost or duplicated [security 11]", async () => {
    const running = await startServer(recovery);
    const polling = await openPolling(running.url);
    const { sid, pid } = idsIn(await polling.join());
    const before = running.io.of("/").sockets.get(sid)!;
    before.emit("first");
    const offset = offsetIn(await polling.poll());
    before.emit("second");
    const ended = nextEvent(before, "disconnect");
    const wire = await openWire(running.url);
    wire.send(`40${JSON.stringify({ pid, offset })}`);
    expect((await ended)[1].code).to.be("SESSION_REUSED");
    // the server does not wait for a client that might fetch a close packet
    expect(running.io.engine.clientsCount).to.be(1);
    expect(eventIn(await wire.next())[0]).to.be("second");
    expect(idsIn(await wire.next()).sid).to.be(sid);
  });

  it("closes the connection with all its namespaces [security 11]", async () => {
    const running = await startServer(recovery);
    const old = await joinWithOffset(running);
    running.io.of("/chat");
    const chat = await joinMore(running.io, old.wire, "/chat");
    const ended = [nextEvent(old.socket, "disconnect"), nextEvent(chat.socket, "disconnect")];
    const wire = await openWire(running.url);
    wire.send(`40${JSON.stringify({ pid: old.pid, offset: old.offset })}`);
    for (const [, description] of await Promise.all(ended)) {
      expect(description.code).to.be("SESSION_REUSED");
    }
  });

  it("by ten connections at once belongs to one of them in the end [security 11]", async () => {
    const running = await startServer(recovery);
    const old = await joinWithOffset(running);
    const gone = nextEvent(old.socket, "disconnect");
    old.wire.ws.terminate();
    await gone;
    const auth = JSON.stringify({ pid: old.pid, offset: old.offset });
    const wires = await Promise.all(Array.from({ length: 10 }, () => openWire(running.url)));
    const sockets: any[] = [];
    running.io.on("connection", (socket) => sockets.push(socket));
    for (const wire of wires) {
      wire.send(`40${auth}`);
    }
    await eventually(() => sockets.length === 10);
    const { sockets: all } = running.io.of("/");
    expect([...all.values()].filter(({ connected }) => !connected)).to.eql([]);
    // each takes the session from the previous connection if that has joined already
    expect([...all.keys()].filter((id) => id === old.sid)).to.have.length(1);
    expect(new Set([...all.values()].map(({ _pid }) => _pid)).size).to.be(all.size);
    expect(sockets.filter(({ id, connected }) => connected && id === old.sid)).to.have.length(1);
  });

  it("after the client has disconnected on purpose: it no longer exists [security 11]", async () => {
    const running = await startServer(recovery);
    const old = await joinWithOffset(running);
    const gone = nextEvent(old.socket, "disconnect");
    old.wire.ws.terminate();
    await gone;
    const ask = async () => {
      const wire = await openWire(running.url);
      const connected = nextValue(running.io, "connection");
      wire.send(`40${JSON.stringify({ pid: old.pid, offset: old.offset })}`);
      return { wire, socket: await connected };
    };
    const second = await ask();
    expect(second.socket.recovered).to.be(true);
    const left = nextEvent(second.socket, "disconnect");
    second.wire.send("41");
    await left;
    expect((await ask()).socket.recovered).to.be(false);
  });

  it("by a client that is refused or disconnects meanwhile: the client can request it again [security 11]", async () => {
    const running = await startServer({ connectionStateRecovery: { skipMiddlewares: false } });
    const member = await connectRecoverable(running);
    const { id } = member.socket;
    member.socket.join("x");
    await member.cut();
    let decide: (next: (err?: Error) => void) => void = (next) => next(new Error("not now"));
    running.io.use((_socket, next) => decide(next));
    const refused = nextEvent(member.client, "connect_error");
    member.client.connect();
    await refused;
    const asked = new Promise<void>((resolve) => {
      decide = () => resolve();
    });
    member.client.connect();
    await asked;
    const [raw] = Object.values((running.io.engine as any).clients) as any[];
    const closed = nextEvent(raw, "close");
    member.client.io.engine.close();
    await closed;
    decide = (next) => next();
    running.io.to("x").emit("missed");
    await member.comeBack();
    expect(member.socket.recovered).to.be(true);
    expect(member.socket.id).to.be(id);
    await settled(member);
    expect(member.seen.map(([name]) => name)).to.eql(["missed"]);
  });

  it("while the middleware of its client is pending: that connection is closed [security 11]", async () => {
    const running = await startServer({ connectionStateRecovery: { skipMiddlewares: false } });
    const messages = guardMessages(running.io);
    const old = await joinWithOffset(running);
    const gone = nextEvent(old.socket, "disconnect");
    old.wire.ws.terminate();
    await gone;
    const waiting: ((err?: Error) => void)[] = [];
    running.io.use((_socket, next) => waiting.push(next));
    const auth = JSON.stringify({ pid: old.pid, offset: old.offset });
    const first = await openWire(running.url);
    first.send(`40${auth}`);
    await eventually(() => waiting.length === 1);
    const second = await openWire(running.url);
    second.send(`40${auth}`);
    await first.closed;
    await eventually(() => waiting.length === 2);
    const connected = nextValue(running.io, "connection");
    for (const next of waiting) {
      next();
    }
    const socket = await connected;
    expect(socket.recovered).to.be(true);
    expect(socket.id).to.be(old.sid);
    expect(running.io.of("/").sockets.size).to.be(1);
    expect(messages.map(({ code }) => code)).to.eql(["SESSION_REUSED"]);
  });
});

describe("a session that is requested, but cannot be restored", () => {
  const unknown: [what: string, offset: unknown][] = [
    ["no offset", undefined],
    ["an empty offset", ""],
    ["an offset that is not a string", 7],
    ["an unknown offset", "unknown"],
  ];
  for (const [what, offset] of unknown) {
    it(`with ${what}: its connection remains open, and the requesting client gets a new session [78]`, async () => {
      const running = await startServer(recovery);
      const messages = guardMessages(running.io);
      const old = await joinWithOffset(running);
      const wire = await openWire(running.url);
      wire.send(`40${JSON.stringify({ pid: old.pid, offset })}`);
      const ids = idsIn(await wire.next());
      expect(ids.sid).not.to.be(old.sid);
      expect(ids.pid).not.to.be(old.pid);
      const { sockets } = running.io.of("/");
      expect([...sockets.keys()]).to.eql([old.sid, ids.sid]);
      expect(sockets.get(ids.sid)?.recovered).to.be(false);
      running.io.emit("to both");
      expect(eventIn(await old.wire.next())[0]).to.be("to both");
      expect(eventIn(await wire.next())[0]).to.be("to both");
      old.socket.on("ask", (done) => done("served"));
      old.wire.send('420["ask"]');
      expect(await old.wire.next()).to.be('430["served"]');
      expect(messages).to.eql([]);
    });
  }

  it("since the events after the offset are no longer kept: its connection remains open [78]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 2 } as object });
    const old = await joinWithOffset(running);
    for (const number of [1, 2, 3]) {
      old.socket.emit("event", number);
      await old.wire.next();
    }
    const wire = await openWire(running.url);
    wire.send(`40${JSON.stringify({ pid: old.pid, offset: old.offset })}`);
    const ids = idsIn(await wire.next());
    expect([...running.io.of("/").sockets.keys()]).to.eql([old.sid, ids.sid]);
    expect(old.wire.ws.readyState).to.be(old.wire.ws.OPEN);
  });

  it("still belongs to its client, which can recover it [78, 79]", async () => {
    const running = await startServer(recovery);
    const old = await joinWithOffset(running);
    const ask = async (offset: string) => {
      const wire = await openWire(running.url);
      const connected = nextValue(running.io, "connection");
      wire.send(`40${JSON.stringify({ pid: old.pid, offset })}`);
      return (await connected) as typeof old.socket;
    };
    expect((await ask("")).recovered).to.be(false);
    expect((await ask("unknown")).recovered).to.be(false);
    const gone = nextEvent(old.socket, "disconnect");
    old.wire.ws.terminate();
    await gone;
    const back = await ask(old.offset);
    expect(back.recovered).to.be(true);
    expect(back.id).to.be(old.sid);
  });
});

ownSuite("while the middleware of a recovering client is pending", () => {
  it("events for it are kept [23, 79]", async () => {
    const running = await startServer({ connectionStateRecovery: { skipMiddlewares: false } });
    const member = await connectRecoverable(running);
    const { id } = member.socket;
    member.socket.join("x");
    await member.cut();
    const waiting: (() => void)[] = [];
    running.io.use((_socket, next) => waiting.push(next));
    running.io.to("x").emit("event", 1);
    const back = member.comeBack();
    await eventually(() => waiting.length === 1);
    running.io.to("x").emit("event", 2);
    running.io.to("y").emit("not for it");
    running.io.to(id).emit("event", 3);
    waiting[0]();
    await back;
    running.io.emit("event", 4);
    await settled(member);
    expect(member.seen.map((event) => event[1])).to.eql([1, 2, 3, 4]);
  });

  it("events for it are kept too if the middlewares are skipped [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    await member.cut();
    let sent = 0;
    const sendSoon = (turns: number): void => {
      running.io.emit("event", ++sent);
      turns > 0 && queueMicrotask(() => sendSoon(turns - 1));
    };
    const arrived = nextValue(running.io.engine, "connection");
    const back = member.comeBack();
    const raw = await arrived;
    raw.on("packet", ({ type }: any) => type === "message" && queueMicrotask(() => sendSoon(20)));
    await back;
    await settled(member);
    expect(sent).to.be(21);
    expect(member.seen.map((event) => event[1])).to.eql(Array.from({ length: 21 }, (_, i) => i + 1));
  });

  it("it is not recovered if there are more events than are kept [security 10]", async () => {
    const running = await startServer({
      connectionStateRecovery: { skipMiddlewares: false, maxPackets: 2 },
    });
    const messages = guardMessages(running.io);
    const member = await connectRecoverable(running);
    await member.cut();
    const waiting: (() => void)[] = [];
    running.io.use((_socket, next) => waiting.push(next));
    member.client.io.reconnection(true);
    member.client.io.reconnectionDelay(1);
    const back = member.comeBack();
    await eventually(() => waiting.length === 1);
    for (const number of [1, 2, 3]) {
      running.io.emit("event", number);
    }
    waiting[0]();
    await eventually(() => waiting.length === 2);
    waiting[1]();
    await back;
    expect(member.socket.recovered).to.be(false);
    expect(member.client.recovered).to.be(false);
    await settled(member);
    expect(member.seen).to.eql([]);
    expect(messages.filter(({ conn }) => conn).map(({ code }) => code)).to.eql(["RECOVERY_OVERFLOW"]);
  });
});
