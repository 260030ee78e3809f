import expect from "expect.js";
import { Adapter, SessionAwareAdapter } from "socket.io-adapter";
import type { ServerOptions } from "../../lib";
import { Bus, clusterAdapter } from "../support/cluster";
import { connectMember, connectMembers, recordEvents, settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { connectClient, type Running, startServer } from "../support/server";
import { subject, subjectName } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";

/** Cuts the connection of a client with rooms and data, and checks that it has them after its reconnection. */
async function expectRecovery(running: Running): Promise<void> {
  const member = await connectRecoverable(running);
  const { id } = member.socket;
  member.socket.join("x");
  member.socket.data.name = "Ada";
  await member.cut();
  running.io.to("x").emit("missed", 1);
  running.io.to("y").emit("not for it");
  running.io.volatile.emit("volatile");
  running.io.emit("missed", Buffer.from([2]));
  await member.comeBack();
  await settled(member);
  expect(member.socket.recovered).to.be(true);
  expect(member.client.recovered).to.be(true);
  expect(member.socket.id).to.be(id);
  expect([...member.socket.rooms]).to.eql([id, "x"]);
  expect(member.socket.data).to.eql({ name: "Ada" });
  const [first, second] = member.seen;
  expect(member.seen).to.have.length(2);
  expect(first.slice(0, 2)).to.eql(["missed", 1]);
  expect([...second[1]]).to.eql([2]);
}

describe("an adapter that extends npm's SessionAwareAdapter", () => {
  class Extended extends SessionAwareAdapter {}
  const options = { connectionStateRecovery: {} };

  it("recovers clients [79]", async () => {
    await expectRecovery(await startServer({ adapter: Extended, ...options }));
  });

  it("may be npm's own class, or a function that creates it [72, 79]", async () => {
    await expectRecovery(await startServer({ adapter: SessionAwareAdapter, ...options }));
    function newAdapter(nsp: any) {
      return new SessionAwareAdapter(nsp);
    }
    await expectRecovery(await startServer({ adapter: newAdapter, ...options }));
  });

  it("keeps sessions for the duration in the server's options [23]", async () => {
    const running = await startServer({
      adapter: Extended,
      connectionStateRecovery: { maxDisconnectionDuration: 1 },
    });
    const member = await connectRecoverable(running);
    await member.cut();
    const then = Date.now();
    await eventually(() => Date.now() > then + 1);
    await member.comeBack();
    expect(member.socket.recovered).to.be(false);
  });

  it("works beside the library's own adapter in one process [81]", async () => {
    const npm = await startServer({ adapter: Extended, ...options });
    const own = await startServer(options);
    const plain = await startServer();
    await Promise.all([expectRecovery(npm), expectRecovery(own)]);
    const member = await connectMember(plain);
    plain.io.emit("hello");
    await settled(member);
    expect(member.seen).to.eql([["hello"]]);
  });

  it("is set by the server if recovery is enabled and no adapter is given [23, 81]", async () => {
    const { io } = await startServer(options);
    const own = subjectName === "reference" ? SessionAwareAdapter : subject.SessionAwareAdapter;
    expect(io.of("/").adapter).to.be.an(own);
    expect(io.of("/chat").adapter).to.be.an(own);
  });

  it("is not set if an adapter is given [22, 23]", async () => {
    class Plain extends Adapter {}
    const running = await startServer({ adapter: Plain, ...options });
    expect(running.io.of("/").adapter).to.be.a(Plain);
    const member = await connectMember(running);
    running.io.emit("hello");
    member.socket.emit("hello", 2);
    await settled(member);
    expect(member.seen).to.eql([["hello"], ["hello", 2]]);
  });
});

ownSuite("an adapter, and a session whose connection is still open", () => {
  /** Joins, and requests the session over another connection. */
  async function askAgain(adapter: ServerOptions["adapter"], offsetOf = (known: string) => known) {
    const running = await startServer({ adapter, connectionStateRecovery: {} });
    const old = await connectRecoverable(running);
    const reasons: unknown[] = [];
    old.socket.on("disconnect", (_reason, why) => reasons.push((why as any).code));
    const { _pid: pid, _lastOffset: offset } = old.client as any;
    const connected = nextValue(running.io, "connection");
    running.connect("/", { transports: ["websocket"], auth: { pid, offset: offsetOf(offset) } });
    const { recovered } = await connected;
    return { recovered, reasons };
  }

  it("without knowsOffset(), such as npm's: the session is stored first, then restored [78, 81]", async () => {
    const order: string[] = [];
    class Recorded extends SessionAwareAdapter {
      override persistSession(session: any) {
        order.push("persist");
        super.persistSession(session);
      }
      override restoreSession(pid: string, offset: string) {
        order.push("restore");
        return super.restoreSession(pid, offset);
      }
    }
    expect(await askAgain(Recorded)).to.eql({ recovered: true, reasons: ["SESSION_REUSED"] });
    expect(order).to.eql(["persist", "restore"]);
    expect(await askAgain(Recorded, () => "")).to.eql({ recovered: false, reasons: [] });
  });

  it("with knowsOffset(), which may be asynchronous, is asked first [78, 81]", async () => {
    const asked: string[] = [];
    class Telling extends SessionAwareAdapter {
      knowsOffset(offset: string) {
        asked.push(offset);
        return offset === "fails" ? Promise.reject(new Error("no")) : Promise.resolve(offset !== "unknown");
      }
    }
    expect(await askAgain(Telling)).to.eql({ recovered: true, reasons: ["SESSION_REUSED"] });
    expect(await askAgain(Telling, () => "unknown")).to.eql({ recovered: false, reasons: [] });
    expect(await askAgain(Telling, () => "fails")).to.eql({ recovered: false, reasons: [] });
    expect(asked).to.have.length(3);
  });

  it("that extends the library's own and has its own offsets: these are used [78, 81]", async () => {
    class OwnOffsets extends subject.SessionAwareAdapter {
      private readonly known = new Map<string, string>();
      override broadcast(packet: any, options: any) {
        super.broadcast(packet, options);
        this.known.set("mine", packet.data.at(-1));
      }
      override restoreSession(pid: string, offset: string) {
        return super.restoreSession(pid, this.known.get(offset) ?? "");
      }
    }
    expect(await askAgain(OwnOffsets as any, () => "mine")).to.eql({
      recovered: true,
      reasons: ["SESSION_REUSED"],
    });
  });
});

describe("an adapter that stores sessions for a cluster, like those for Redis Streams or MongoDB", () => {
  /** Adds a store of sessions to the bus; offsets are those of the bus. */
  function sharedSessions(): ServerOptions["adapter"] {
    const bus = new Bus();
    const sessions = new Map<string, any>();
    const BusAdapter = clusterAdapter(bus) as unknown as new (nsp: any) => Adapter;
    return class extends BusAdapter {
      override persistSession(session: any) {
        sessions.set(session.pid, structuredClone(session));
      }

      override restoreSession(pid: string, offset: string): Promise<any> {
        const session = sessions.get(pid);
        if (!session) {
          return Promise.reject("session or offset not found");
        }
        sessions.delete(pid);
        const missedPackets: unknown[][] = [];
        bus.messages.forEach((message: any, index) => {
          // the bus counts published messages from 1 on
          if (message.type === 3 && index + 1 > Number(offset) && isFor(session.rooms, message.data.opts)) {
            missedPackets.push([...message.data.packet.data, String(index + 1)]);
          }
        });
        return Promise.resolve({ ...session, missedPackets });
      }
    };
  }

  const isFor = (joined: string[], { rooms, except }: { rooms: string[]; except: string[] }) =>
    (rooms.length === 0 || rooms.some((room) => joined.includes(room))) &&
    !except.some((room) => joined.includes(room));

  async function twoServers() {
    const adapter = sharedSessions();
    const options = { adapter, connectionStateRecovery: {} };
    return [await startServer(options), await startServer(options)];
  }

  it("adds the offsets of the cluster to events, on each server [78]", async () => {
    const [here, there] = await twoServers();
    const [near] = await connectMembers(here, 1);
    const [far] = await connectMembers(there, 1);
    const came = nextEvent(far.client, "second");
    const cameHere = nextEvent(near.client, "second");
    here.io.emit("first", 1);
    here.io.emit("second", 2);
    await Promise.all([came, cameHere]);
    expect(near.seen).to.eql([
      ["first", 1, "1"],
      ["second", 2, "2"],
    ]);
    expect(far.seen).to.eql(near.seen);
  });

  it("recovers a client on another server [78, 81]", async () => {
    const [here, there] = await twoServers();
    const { client, socket } = await here.pair("/", { transports: ["websocket"], reconnection: false });
    socket.join("x");
    socket.data.name = "Ada";
    const offsetCame = nextEvent(client, "hello");
    socket.emit("hello");
    const [offset] = await offsetCame;
    const gone = nextEvent(socket, "disconnect");
    client.io.engine.close();
    await gone;
    here.io.to("x").emit("missed", "from here");
    there.io.except("x").emit("not for it");
    there.io.to("x").emit("missed", "from there");

    const connected = nextValue(there.io, "connection");
    const other = connectClient(there.url, {
      transports: ["websocket"],
      auth: { pid: (client as any)._pid, offset },
    });
    const seen = recordEvents(other);
    const after = await connected;
    await settled({ client: other, socket: after, seen });
    expect(after.recovered).to.be(true);
    expect(after.id).to.be(socket.id);
    expect(other.id).to.be(socket.id);
    expect([...after.rooms]).to.eql([socket.id, "x"]);
    expect(after.data).to.eql({ name: "Ada" });
    expect(seen.map((event) => event.slice(0, 2))).to.eql([
      ["missed", "from here"],
      ["missed", "from there"],
    ]);
  });

  it("gives the client a new session if it rejects [78, 81]", async () => {
    const [here] = await twoServers();
    const { socket } = await connectMember(here, "/", {
      transports: ["websocket"],
      auth: { pid: "unknown", offset: "1" },
    });
    expect(socket.recovered).to.be(false);
  });

  it("leaves nothing behind if the client disconnects before its session is restored [49, 78]", async () => {
    let adapter: ServerOptions["adapter"] | undefined;
    let answer: (session: any) => void = () => {};
    const asked = new Promise<void>((resolve) => {
      class Slow extends Adapter {
        override restoreSession(): Promise<any> {
          resolve();
          return new Promise((found) => {
            answer = found;
          });
        }
      }
      adapter = Slow;
    });
    const running = await startServer({ adapter, connectionStateRecovery: {} });
    let connections = 0;
    running.io.on("connection", () => connections++);
    const opened = nextValue(running.io.engine, "connection");
    const client = running.connect("/", {
      transports: ["websocket"],
      auth: { pid: "some id", offset: "some offset" },
    });
    const raw = await opened;
    await asked;
    const closed = nextEvent(raw, "close");
    client.disconnect();
    await closed;
    answer({ sid: "sid", pid: "some id", rooms: ["sid", "x"], data: {}, missedPackets: [] });
    // a client that connects later has joined before the remaining data is checked
    const later = await connectMember(running);
    const nsp = running.io.of("/");
    expect(connections).to.be(1);
    expect([...nsp.sockets.keys()]).to.eql([later.socket.id]);
    expect(nsp._preConnectSockets.size).to.be(0);
    expect([...nsp.adapter.rooms.keys()]).to.eql([later.socket.id]);
  });
});
