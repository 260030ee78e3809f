import expect from "expect.js";
import { PacketLog } from "../../../lib/adapter/packet-log";

const TO_ALL = { rooms: new Set<string>() };

function newLog(maxPackets = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY): PacketLog {
  return new PacketLog("epoch-", { maxPackets, maxBytes });
}

/** An age that no event exceeds. */
const EVER = Number.POSITIVE_INFINITY;

/** Adds an event of this size, and returns its offset. */
function add(log: PacketLog, name: string, { bytes = 1, options = TO_ALL as any } = {}): string {
  const data = [name];
  log.store(log.add(data, options), { weight: bytes, chunks: undefined, arguments: () => data });
  return data[1];
}

/** The names of the events after an offset. */
function namesSince(log: PacketLog, offset: string, joined: string[] = []): unknown[] | undefined {
  const next = log.after(offset);
  return next === undefined ? undefined : namesFrom(log, next, joined);
}

/** The names of the events from a number on. */
function namesFrom(log: PacketLog, number: number, joined: string[] = []): unknown[] | undefined {
  return log.since(number, joined)?.events.map((event) => event.arguments()[0]);
}

describe("the log of events for disconnected clients", () => {
  it("returns the events after an offset", () => {
    const log = newLog();
    const offsets = ["a", "b", "c"].map((name) => add(log, name));
    expect(offsets.map((offset) => namesSince(log, offset))).to.eql([["b", "c"], ["c"], []]);
  });

  it("knows only its own offsets, in the exact form", () => {
    const log = newLog();
    for (let i = 1; i < 40; i++) {
      add(log, `event ${i}`);
    }
    for (const offset of [
      "",
      "epoch-",
      "epoch-15",
      "epoch-00",
      "epoch-1.",
      "epoch-1 ",
      "epoch--1",
      "other-1",
      "1",
    ]) {
      expect(log.after(offset)).to.be(undefined);
    }
    expect(log.after("epoch-13")).to.be(40);
    expect(log.after("epoch-14")).to.be(undefined);
  });

  it("drops the oldest events beyond the limit for their number, and reports the overflow", () => {
    const log = newLog(3);
    const offsets = ["a", "b", "c"].map((name) => add(log, name));
    expect(log.trim(EVER)).to.be(false);
    offsets.push(add(log, "d"));
    expect(log.isTooLarge).to.be(true);
    expect(log.trim(EVER)).to.be(true);
    expect(log.trim(EVER)).to.be(false);
    // no event after the last dropped one is missing
    expect(offsets.map((offset) => namesSince(log, offset))).to.eql([["b", "c", "d"], ["c", "d"], ["d"], []]);
    add(log, "e");
    log.trim(EVER);
    expect(namesSince(log, offsets[0])).to.be(undefined);
  });

  it("drops the oldest events beyond the size limit, even all", () => {
    const log = newLog(10, 100);
    const first = add(log, "a", { bytes: 60 });
    const second = add(log, "b", { bytes: 60 });
    log.trim(EVER);
    expect([namesSince(log, first), namesSince(log, second)]).to.eql([["b"], []]);
    add(log, "c", { bytes: 101 });
    log.trim(EVER);
    expect(namesSince(log, second)).to.be(undefined);
    expect(log.size).to.be(0);
    expect(log.isTooLarge).to.be(false);
  });

  it("drops events that are older than some rounds, and continues to count", () => {
    const log = newLog();
    const offsets = ["a", "b", "c"].map((name) => {
      log.endRound(EVER);
      return add(log, name);
    });
    log.endRound(2);
    expect([log.size, log.start, log.end, log.round]).to.eql([2, 2, 4, 4]);
    expect(namesSince(log, offsets[1])).to.eql(["c"]);
    log.endRound(0);
    expect([log.size, log.start, log.end]).to.eql([0, 4, 4]);
    expect(log.after(offsets[0])).to.be(2);
  });

  it("reports whether the latest rounds exceeded the limits, or only older rounds", () => {
    const log = newLog(1);
    add(log, "a");
    log.endRound(EVER);
    add(log, "b");
    expect(log.trim(0)).to.be(false);
    add(log, "c");
    expect(log.trim(0)).to.be(true);
  });

  it("knows where the latest rounds begin, unless that event was dropped", () => {
    const log = newLog(3);
    expect(log.firstWithin(0)).to.be(1);
    for (const name of ["a", "b", "c"]) {
      add(log, name);
      log.endRound(EVER);
    }
    expect([0, 1, 2, 3, 4].map((rounds) => log.firstWithin(rounds))).to.eql([4, 3, 2, 1, 1]);
    add(log, "d");
    log.trim(EVER);
    expect([0, 1, 2, 3, 4].map((rounds) => log.firstWithin(rounds))).to.eql([4, 3, 2, 0, 0]);
    log.endRound(0);
    log.endRound(0);
    expect([1, 2].map((rounds) => log.firstWithin(rounds))).to.eql([5, 0]);
  });

  it("has an offset for the time before the first event", () => {
    const log = newLog();
    const before = log.lastOffset;
    expect(namesSince(log, before)).to.eql([]);
    const first = add(log, "a");
    expect(log.lastOffset).to.be(first);
    expect(namesSince(log, before)).to.eql(["a"]);
  });

  it("finds the position by the number, unless that event was dropped", () => {
    const log = newLog(2);
    const next = log.end;
    add(log, "a");
    add(log, "b");
    expect(namesFrom(log, next)).to.eql(["a", "b"]);
    expect(log.since(next, [])?.last).to.be(2);
    add(log, "c");
    log.trim(EVER);
    expect(log.since(next, [])).to.be(undefined);
    expect(log.since(log.end, [])).to.eql({ events: [], last: 0 });
  });

  it("excludes events that could not be encoded", () => {
    const log = newLog();
    const offset = add(log, "a");
    log.add(["broken"], TO_ALL);
    add(log, "b");
    expect(namesSince(log, offset)).to.eql(["b"]);
  });

  it("keeps the receivers as they were", () => {
    const log = newLog();
    const offset = add(log, "first");
    const rooms = new Set(["x"]);
    const except = new Set(["y"]);
    add(log, "to x, not y", { options: { rooms, except } });
    rooms.add("z");
    except.clear();
    expect(namesSince(log, offset, ["x"])).to.eql(["to x, not y"]);
    expect(namesSince(log, offset, ["z"])).to.eql([]);
    expect(namesSince(log, offset, ["x", "y"])).to.eql([]);
  });

  it("discards events to single sockets, without an effect on the others and on the numbers", () => {
    const log = newLog(3, 100);
    const offset = add(log, "a", { bytes: 10 });
    for (const [name, receiver] of [
      ["b", "x"],
      ["c", undefined],
      ["d", "y"],
    ]) {
      const data = [name];
      const options = receiver ? { rooms: new Set([receiver]) } : TO_ALL;
      log.store(log.add(data, options as any, receiver), {
        weight: 20,
        chunks: undefined,
        arguments: () => data,
      });
    }
    const single = log.single();
    expect(single.map(({ number, rooms }) => [number, rooms])).to.eql([
      [2, "x"],
      [4, "y"],
    ]);
    expect(namesSince(log, offset, ["x"])).to.eql(["b", "c"]);
    const { weight } = log;
    log.discard(new Set([single[0]]));
    expect([log.size, log.start, log.end, weight - log.weight]).to.eql([3, 1, 5, single[0].weight]);
    expect(log.isTooLarge).to.be(false);
    expect(namesSince(log, offset, ["x", "y"])).to.eql(["c", "d"]);
    expect(namesFrom(log, 3, ["y"])).to.eql(["c", "d"]);
    expect(log.numberOf(add(log, "e"))).to.be(5);
    log.trim(EVER);
    expect([log.start, log.single().length]).to.eql([2, 1]);
  });

  it("counts no memory for events that were removed before their arguments were set", () => {
    const event = { weight: 50, chunks: undefined, arguments: () => [] };
    const log = newLog(2, 100);
    const dropped = log.add(["dropped"], TO_ALL);
    const discarded = log.add(["discarded"], TO_ALL, "x");
    log.discard(new Set(log.single()));
    log.store(discarded, event);
    add(log, "a");
    add(log, "b");
    log.trim(EVER);
    log.store(dropped, event);
    expect([log.size, log.weight]).to.eql([2, 2]);
    // stored after an event that was added later
    const late = log.add(["late"], TO_ALL);
    add(log, "c");
    log.store(late, event);
    expect([log.size, log.weight]).to.eql([4, 53]);
    log.trim(EVER);
    expect([log.size, log.weight]).to.eql([2, 51]);
    log.endRound(0);
    log.endRound(0);
    expect([log.size, log.weight]).to.eql([0, 0]);
  });

  it("is correct over many thousands of events", () => {
    const log = newLog(1500);
    const offsets: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      offsets.push(add(log, `event ${i}`));
      log.trim(EVER);
    }
    expect(namesSince(log, offsets[8498])).to.be(undefined);
    expect(namesSince(log, offsets[8499])).to.have.length(1500);
    expect(namesSince(log, offsets[9997])).to.eql(["event 9998", "event 9999"]);
  });
});
