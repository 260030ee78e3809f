import expect from "expect.js";
import { MessageType, SessionAwareAdapter } from "socket.io-adapter";
import { type Cluster, startCluster } from "../support/cluster";
import { guardMessages } from "../support/guard-messages";
import { connectMember, settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { subjectName } from "../support/subject";
import { eventually, nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

const NO_ARRAYS: unknown[] = [null, undefined, 5, true, "text", {}, { length: 2 }];
const NO_EVENTS: unknown[] = [...NO_ARRAYS, [], [null], [[]], [{}], ["connection", {}], ["new_namespace", 1]];

/** Sends a message of another server over the bus, and resolves when it has arrived. */
async function deliver({ bus }: Cluster, type: MessageType, data: unknown): Promise<void> {
  await bus.publish({ uid: "other", nsp: "/", type, data } as never);
  await new Promise(setImmediate);
}

ownSuite("a malformed message of another server", () => {
  for (const withAck of [false, true]) {
    it(`that is no event of serverSideEmit()${withAck ? ", with an acknowledgement," : ""} is ignored and reported [security 29]`, async () => {
      const cluster = await startCluster(1);
      const { io } = cluster.nodes[0];
      const told = guardMessages(io);
      const heard: unknown[] = [];
      for (const name of ["undefined", "null", "t", "new_namespace", "connection"]) {
        io.on(name as never, ((...args: unknown[]) => heard.push([name, ...args])) as never);
      }
      // the adapter itself reads the elements of an event with an acknowledgement
      const packets = withAck ? NO_EVENTS.filter(Array.isArray) : NO_EVENTS;
      for (const packet of packets) {
        await deliver(cluster, MessageType.SERVER_SIDE_EMIT, { packet, ...(withAck && { requestId: "1" }) });
      }
      expect(heard).to.eql([]);
      expect(told.map(({ code, nsp }) => [code, nsp])).to.eql(
        packets.map(() => ["INVALID_CLUSTER_MESSAGE", io.sockets]),
      );
      const hello = nextEvent(io, "hello");
      await deliver(cluster, MessageType.SERVER_SIDE_EMIT, { packet: ["hello", 1] });
      expect(await hello).to.eql([1]);
    });
  }

  it("that is an event with more than 10,000 arguments is ignored and reported [security 29]", async () => {
    const cluster = await startCluster(1);
    const { io } = cluster.nodes[0];
    const told = guardMessages(io);
    const heard: unknown[][] = [];
    io.on("many", (...args: unknown[]) => heard.push(args));
    const packetOf = (length: number) => ["many", ...new Array(length - 1).fill(0)];
    await deliver(cluster, MessageType.SERVER_SIDE_EMIT, { packet: packetOf(10_000) });
    await deliver(cluster, MessageType.SERVER_SIDE_EMIT, { packet: packetOf(10_001) });
    // the adapter makes a list of its characters
    await deliver(cluster, MessageType.SERVER_SIDE_EMIT, { packet: "x".repeat(100_000), requestId: "1" });
    expect(heard.map(({ length }) => length)).to.eql([9_999]);
    expect(told.map(({ code }) => code)).to.eql(["INVALID_CLUSTER_MESSAGE", "INVALID_CLUSTER_MESSAGE"]);
  });

  it("is an event named error without a listener: it is ignored and reported [security 29]", async () => {
    const cluster = await startCluster(1);
    const { io } = cluster.nodes[0];
    const told = guardMessages(io);
    await deliver(cluster, MessageType.SERVER_SIDE_EMIT, { packet: ["error", "x"] });
    expect(told.map(({ code }) => code)).to.eql(["INVALID_CLUSTER_MESSAGE"]);
    const error = nextEvent(io, "error");
    await deliver(cluster, MessageType.SERVER_SIDE_EMIT, { packet: ["error", "x"] });
    expect(await error).to.eql(["x"]);
  });

  it("that answers fetchSockets() is ignored and reported; the sockets in it are returned [security 29]", async () => {
    const cluster = await startCluster(2);
    const [{ io }, other] = cluster.nodes;
    await connectMember(other);
    const told = guardMessages(io);
    const junk = [null, 5, {}, { id: 5 }, { id: "a", rooms: 5 }, { server: {} }];
    const { adapter } = other.io.sockets;
    adapter.fetchSockets = async () => [...junk, { id: "b", rooms: ["b"], handshake: {}, data: {} }];
    const first = io.sockets.adapter as { fetchSockets: unknown };
    first.fetchSockets = async () => adapter.fetchSockets({} as never);
    const sockets = await io.fetchSockets();
    expect(sockets.map(({ id, rooms }) => [id, [...rooms]])).to.eql([["b", ["b"]]]);
    expect(told.map(({ code }) => code)).to.eql(junk.map(() => "INVALID_CLUSTER_MESSAGE"));
    for (const answer of NO_ARRAYS) {
      first.fetchSockets = async () => answer;
      expect(await io.fetchSockets()).to.eql([]);
    }
    expect(told).to.have.length(junk.length + NO_ARRAYS.length);
  });

  it("that broadcasts other data than an array does not reach the listeners of onAnyOutgoing() [security 29]", async () => {
    const cluster = await startCluster(1);
    const { socket } = await connectMember(cluster.nodes[0]);
    const sent: unknown[] = [];
    socket.onAnyOutgoing((...event: unknown[]) => sent.push(event));
    const opts = { rooms: [], except: [], flags: {} };
    for (const data of [5, "text", true]) {
      await deliver(cluster, MessageType.BROADCAST, { opts, packet: { type: 2, data } });
    }
    expect(sent).to.eql([]);
  });

  it("that changes the rooms of sockets is harmless [security 29]", async () => {
    const cluster = await startCluster(1);
    const member = await connectMember(cluster.nodes[0]);
    const opts = { rooms: [], except: [], flags: {} };
    for (const rooms of [null, 5, true, "text", {}, [], [null]]) {
      await deliver(cluster, MessageType.SOCKETS_JOIN, { opts, rooms });
    }
    await settled(member);
    await deliver(cluster, MessageType.DISCONNECT_SOCKETS, { opts, close: {} });
    await eventually(() => !member.socket.connected);
  });

  const session = { sid: "sid", pid: "pid", rooms: ["sid"], data: {}, missedPackets: [] };
  for (const [what, restored] of [
    ["is no object", "text"],
    ["has no id", { ...session, sid: undefined }],
    ["has no secret id", { ...session, pid: 5 }],
    ["has no rooms", { ...session, rooms: 5 }],
    ["has no list of events", { ...session, missedPackets: null }],
    ["has an event that is no array", { ...session, missedPackets: [["a"], null] }],
  ] as const) {
    it(`about a session that ${what} is ignored and reported: the client gets a new session [security 29]`, async () => {
      class Adapter extends SessionAwareAdapter {
        override async restoreSession(): Promise<never> {
          return restored as never;
        }
      }
      const { io, url } = await startServer({ connectionStateRecovery: {}, adapter: Adapter as never });
      const told = guardMessages(io);
      const wire = await openWire(url);
      expect(await wire.join("/", { pid: "pid", offset: "1" })).to.match(/^40\{"sid":"[^"]{20}","pid":/);
      expect(told.map(({ code }) => code)).to.eql(["INVALID_CLUSTER_MESSAGE"]);
      expect([...io.sockets.sockets.values()].map(({ recovered }) => recovered)).to.eql([false]);
    });
  }

  it("about a session whose rooms are a set restores the session", async () => {
    class Adapter extends SessionAwareAdapter {
      override async restoreSession(): Promise<never> {
        return { ...session, rooms: new Set(["sid", "room"]), missedPackets: [["missed"]] } as never;
      }
    }
    const { io, url } = await startServer({ connectionStateRecovery: {}, adapter: Adapter as never });
    const wire = await openWire(url);
    expect(await wire.join("/", { pid: "pid", offset: "1" })).to.be('42["missed"]');
    expect(await wire.next()).to.be('40{"sid":"sid","pid":"pid"}');
    expect([...(io.sockets.sockets.get("sid")?.rooms ?? [])]).to.eql(["sid", "room"]);
  });
});

describe("an answer of another server to fetchSockets() that is no list", () => {
  // a rejection that the application does not expect would end the process
  const what = subjectName === "reference" ? "rejects" : "resolves to no sockets, and not to a rejection";
  for (const answer of [null, undefined, { data: null }]) {
    it(`${what}: ${JSON.stringify(answer)} [security 29]`, async () => {
      const { nodes } = await startCluster(2);
      const { io } = nodes[0];
      await connectMember(nodes[1]);
      (io.of("/").adapter as { fetchSockets: unknown }).fetchSockets = async () => answer;
      const outcome = await io.fetchSockets().then(
        (sockets) => sockets,
        () => "rejected",
      );
      expect(outcome).to.eql(subjectName === "reference" ? "rejected" : []);
    });
  }
});
