import expect from "expect.js";
import { PacketType } from "socket.io-parser";
import { stopClock } from "../../support/clock";
import {
  Adapter,
  type FakeNamespace,
  fakeNamespace,
  SessionAwareAdapter,
} from "../../support/fake-namespace";
import { ownTest } from "../../support/own-tests";
import { subjectName } from "../../support/subject";

type SessionAware = InstanceType<typeof SessionAwareAdapter>;

const ALL_SOCKETS = { rooms: new Set<string>(), except: new Set<string>(), flags: {} };

/** The time for which the namespace keeps sessions, in milliseconds. */
const KEPT_FOR = 5000;

function event(...data: unknown[]): any {
  return { type: PacketType.EVENT, data };
}

/** Sends an event to all sockets; returns its offset. */
function send({ adapter }: FakeNamespace, ...data: unknown[]): string {
  const packet = event(...data);
  adapter.broadcast(packet, ALL_SOCKETS);
  return packet.data.at(-1);
}

/** Stores a session of the socket "a", as the library does when a socket disconnects. */
function keep({ adapter }: FakeNamespace, rooms: string[] = ["a"], data: unknown = {}): void {
  adapter.persistSession({ pid: "secret", sid: "a", rooms, data });
}

/** The missed events after the offset, without their own offsets. */
async function missedSince({ adapter }: FakeNamespace, offset: string): Promise<unknown[][]> {
  const session = await adapter.restoreSession("secret", offset);
  return session!.missedPackets.map((data) => data.slice(0, -1));
}

describe("the adapter that keeps sessions", () => {
  let namespace: FakeNamespace;

  beforeEach(() => {
    namespace = fakeNamespace(SessionAwareAdapter as typeof Adapter);
  });

  it("is an in-memory adapter [72]", () => {
    expect(namespace.adapter).to.be.an(Adapter);
    expect(namespace.adapter.nsp).to.be(namespace);
    const a = namespace.add("a", "x");
    namespace.adapter.broadcast(event("hello"), { ...ALL_SOCKETS, rooms: new Set(["x"]) });
    expect(a.written).to.have.length(1);
    expect(a.written[0].options.wsPreEncodedFrame).to.be.an("array");
  });

  it("keeps events with the encoder of a server that is a stand-in [72]", async () => {
    namespace.server.encoder.encode = () => 123 as never;
    keep(namespace);
    const offset = send(namespace, "before");
    send(namespace, "after");
    expect(await missedSince(namespace, offset)).to.eql([["after"]]);
  });

  it("returns no events from before a session began, unless the session began on another server [78]", async () => {
    const offset = send(namespace, "before");
    send(namespace, "in an earlier session");
    const since = (namespace.adapter as SessionAware).sessionStart();
    send(namespace, "missed");
    const missedSince = async (beginning?: string) => {
      namespace.adapter.persistSession({ pid: "secret", sid: "a", rooms: ["a"], data: {}, since: beginning });
      const session = await namespace.adapter.restoreSession("secret", offset);
      expect(session?.since).to.be(beginning);
      return session?.missedPackets.map(([name]) => name);
    };
    expect(await missedSince(since)).to.eql(["missed"]);
    for (const foreign of [undefined, "", "zzz", "1700000000000-0", `x${since}`, `${since}x`]) {
      expect(await missedSince(foreign)).to.eql(["in an earlier session", "missed"]);
    }
  });

  it("appends a different offset to each event [78]", () => {
    const a = namespace.add("a");
    const offsets = [send(namespace, "first"), send(namespace, "second", 1), send(namespace, "third")];
    expect(new Set(offsets).size).to.be(3);
    expect(a.written.map(({ chunks }) => chunks[0])).to.eql([
      `2/fake,["first","${offsets[0]}"]`,
      `2/fake,["second",1,"${offsets[1]}"]`,
      `2/fake,["third","${offsets[2]}"]`,
    ]);
  });

  ownTest(
    "appends the offset of the last kept event to volatile events, which it does not keep",
    async () => {
      const a = namespace.add("a");
      const sendVolatile = () => {
        const packet = event("volatile", "text");
        namespace.adapter.broadcast(packet, { ...ALL_SOCKETS, flags: { volatile: true } });
        return packet.data.at(-1);
      };
      const first = sendVolatile();
      keep(namespace);
      const last = send(namespace, "kept");
      expect(sendVolatile()).to.be(last);
      expect(a.written.at(-1)?.chunks).to.eql([`2/fake,["volatile","text","${last}"]`]);
      expect(await missedSince(namespace, first)).to.eql([["kept"]]);
    },
  );

  it("appends no offset to events with an acknowledgement, or to other packets [79]", async () => {
    namespace.add("a");
    const before = send(namespace, "before");
    keep(namespace);
    const packets = [
      [{ ...event("question"), id: 7 }, ALL_SOCKETS],
      [{ type: PacketType.ACK, data: ["answer"], id: 8 }, ALL_SOCKETS],
      [{ type: PacketType.DISCONNECT, data: ["goodbye"] }, ALL_SOCKETS],
    ];
    for (const [packet, options] of packets) {
      namespace.adapter.broadcast(packet, options);
      expect(packet.data).to.have.length(1);
    }
    expect(await missedSince(namespace, before)).to.eql([]);
  });

  it("appends no offset to broadcasts with acknowledgements [79]", () => {
    const a = namespace.add("a");
    namespace.adapter.broadcastWithAck(
      event("question"),
      ALL_SOCKETS,
      () => {},
      () => {},
    );
    expect(a.written[0].chunks).to.eql(['2/fake,0["question"]']);
  });

  it("returns a session unchanged [79]", async () => {
    const offset = send(namespace, "before");
    const data = { name: "Ada" };
    keep(namespace, ["a", "x"], data);
    const session = await namespace.adapter.restoreSession("secret", offset);
    expect(session?.pid).to.be("secret");
    expect(session?.sid).to.be("a");
    expect(session?.rooms).to.eql(["a", "x"]);
    expect(session?.data).to.be(data);
    expect(session?.missedPackets).to.eql([]);
  });

  it("returns the events after the offset, in order, with their offsets [79]", async () => {
    send(namespace, "long ago");
    const last = send(namespace, "seen");
    const first = send(namespace, "missed", 1);
    keep(namespace);
    const second = send(namespace, "missed", { two: [2] });
    const session = await namespace.adapter.restoreSession("secret", last);
    expect(session?.missedPackets).to.eql([
      ["missed", 1, first],
      ["missed", { two: [2] }, second],
    ]);
  });

  it("returns only events for the session's rooms [79]", async () => {
    const offset = send(namespace, "before");
    keep(namespace, ["a", "x"]);
    const to = (rooms: string[], except: string[], name: string) =>
      namespace.adapter.broadcast(event(name), {
        rooms: new Set(rooms),
        except: new Set(except),
        flags: {},
      });
    to([], [], "everybody");
    to(["x"], [], "x");
    to(["y"], [], "y");
    to(["y", "a"], [], "y and a");
    to([], ["x"], "except x");
    to(["x"], ["a"], "x except a");
    to(["x"], ["y"], "x except y");
    expect(await missedSince(namespace, offset)).to.eql([["everybody"], ["x"], ["y and a"], ["x except y"]]);
  });

  it("keeps events though there is no socket [79]", async () => {
    keep(namespace);
    const offset = send(namespace, "nobody hears this");
    send(namespace, "nor this");
    expect(await missedSince(namespace, offset)).to.eql([["nor this"]]);
  });

  it("knows no session with another id, and no offset of others [78]", async () => {
    const offset = send(namespace, "hello");
    keep(namespace);
    expect(await namespace.adapter.restoreSession("other", offset)).to.be(null);
    expect(await namespace.adapter.restoreSession("secret", "other")).to.be(null);
    expect(await namespace.adapter.restoreSession("secret", offset)).to.be.ok();
  });

  it("does not accept the offsets of another adapter [78]", async () => {
    const other = fakeNamespace(SessionAwareAdapter as typeof Adapter);
    const offset = send(other, "hello");
    send(namespace, "hello");
    keep(namespace);
    expect(await namespace.adapter.restoreSession("secret", offset)).to.be(null);
  });

  it("returns a session until maxDisconnectionDuration has elapsed [23]", async () => {
    const clock = stopClock();
    const offset = send(namespace, "hello");
    keep(namespace);
    namespace.adapter.persistSession({ pid: "another", sid: "b", rooms: ["b"], data: {} });
    clock.tick(KEPT_FOR - 1);
    expect(await namespace.adapter.restoreSession("secret", offset)).to.be.ok();
    clock.tick(2);
    // a session can be returned only once, so that this is checked separately
    expect(await namespace.adapter.restoreSession("another", offset)).to.be(null);
  });

  it("drops old events and sessions in time, and keeps recent ones [23]", async () => {
    const clock = stopClock();
    const watched = fakeNamespace(SessionAwareAdapter as typeof Adapter);
    const old = send(watched, "old");
    keep(watched);
    clock.tick(59_000);
    const young = send(watched, "young");
    send(watched, "youngest");
    keep(watched);
    // old events are searched every minute, or more often
    clock.tick(2_000);
    expect(await missedSince(watched, young)).to.eql([["youngest"]]);
    clock.tick(200_000);
    keep(watched);
    const last = send(watched, "last");
    if (subjectName === "reference") {
      expect(await watched.adapter.restoreSession("secret", old)).to.be(null);
    }
    expect(await missedSince(watched, last)).to.eql([]);
    await watched.adapter.close();
  });

  it("does not keep the process alive [79]", () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const other = fakeNamespace(SessionAwareAdapter as typeof Adapter);
    send(other, "hello");
    keep(other);
    expect(timers()).to.be(before);
  });
});
