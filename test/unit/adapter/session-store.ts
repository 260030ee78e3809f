import expect from "expect.js";
import { SessionStore } from "../../../lib/adapter/session-store";

const session = (pid: string, disconnectedAt = 0) => ({
  pid,
  sid: pid,
  rooms: [],
  data: {},
  disconnectedAt,
  received: 0,
  discarded: 0,
});

const newStore = (maxPackets: number, maxBytes = Number.POSITIVE_INFINITY) =>
  new SessionStore({ maxPackets, maxBytes });

describe("the store of sessions", () => {
  it("returns each session once, until its client has disconnected again", () => {
    const store = newStore(10);
    store.keep(session("a"));
    const given = { session: store.find("a")!, received: 5, lastMissed: 6, next: 7 };
    store.beginRestoring(given);
    expect(store.find("a")).to.be(undefined);
    expect(store.endRestoring("a")).to.be(given);
    expect(store.endRestoring("a")).to.be(undefined);
    store.keep(session("a", 1));
    expect(store.find("a")).to.eql(session("a", 1));
  });

  it("drops the oldest sessions beyond the limit, and reports it", () => {
    const store = newStore(2);
    expect([store.keep(session("a")), store.keep(session("b")), store.keep(session("a"))]).to.eql([
      false,
      false,
      false,
    ]);
    expect(store.keep(session("c"))).to.be(true);
    expect([store.find("a")?.pid, store.find("b"), store.find("c")?.pid]).to.eql(["a", undefined, "c"]);
  });

  it("drops sessions that are too old", () => {
    const store = newStore(2);
    store.keep(session("old", 1));
    store.keep(session("young", 2));
    store.dropOlderThan(2);
    expect([store.find("old"), store.find("young")?.pid]).to.eql([undefined, "young"]);
    expect(store.isEmpty).to.be(false);
    store.dropOlderThan(3);
    expect(store.isEmpty).to.be(true);
  });

  it("knows for a while which events a recovered client had received", () => {
    const store = newStore(2);
    const comeBack = (round: number) => {
      store.keep(session("a"));
      store.beginRestoring({ session: store.find("a")!, received: 5, lastMissed: 6, next: 7 });
      store.endRestoring("a");
      store.recordReturn("a", { round, received: 5, lastMissed: 6, end: 7, discarded: 0 });
    };
    comeBack(3);
    store.dropReturnsBefore(3);
    expect([store.returnOf("a")?.received, store.isEmpty]).to.eql([5, false]);
    store.dropReturnsBefore(4);
    expect([store.returnOf("a"), store.isEmpty]).to.eql([undefined, true]);
    comeBack(5);
    store.keep(session("a"));
    expect(store.returnOf("a")).to.be(undefined);
  });
});
