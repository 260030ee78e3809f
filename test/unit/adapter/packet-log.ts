import expect from "expect.js";
import { PacketLog } from "../../../lib/adapter/packet-log";

const TO_ALL = { rooms: new Set<string>() };

function newLog(maxPackets = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY): PacketLog {
  return new PacketLog("epoch-", { maxPackets, maxBytes });
}

/** Adds an event of this size at this time, and gives its offset. */
function add(log: PacketLog, name: string, { bytes = 1, at = 0, options = TO_ALL as any } = {}): string {
  const data = [name];
  log.weigh(log.add(data, options, at), bytes);
  return data[1];
}

/** The names of the events after an offset. */
function namesSince(log: PacketLog, offset: string, joined: string[] = []): unknown[] | undefined {
  const next = log.after(offset);
  return next === undefined ? undefined : log.since(next, joined)?.map(([name]) => name);
}

describe("the log of events for absent clients", () => {
  it("gives what came after an offset", () => {
    const log = newLog();
    const offsets = ["a", "b", "c"].map((name) => add(log, name));
    expect(offsets.map((offset) => namesSince(log, offset))).to.eql([["b", "c"], ["c"], []]);
  });

  it("knows no offset but its own, as it is written", () => {
    const log = newLog();
    for (let i = 0; i < 40; i++) {
      add(log, `event ${i}`);
    }
    for (const offset of [
      "",
      "epoch-",
      "epoch-14",
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
  });

  it("drops the oldest events over the number, and says that there were too many", () => {
    const log = newLog(3);
    const offsets = ["a", "b", "c"].map((name) => add(log, name));
    expect(log.trim(0)).to.be(false);
    offsets.push(add(log, "d"));
    expect(log.isTooLarge).to.be(true);
    expect(log.trim(0)).to.be(true);
    expect(log.trim(0)).to.be(false);
    expect(offsets.map((offset) => namesSince(log, offset))).to.eql([undefined, ["c", "d"], ["d"], []]);
  });

  it("drops the oldest events over the size, even all", () => {
    const log = newLog(10, 100);
    const first = add(log, "a", { bytes: 60 });
    const second = add(log, "b", { bytes: 60 });
    log.trim(0);
    expect([namesSince(log, first), namesSince(log, second)]).to.eql([undefined, []]);
    add(log, "c", { bytes: 101 });
    log.trim(0);
    expect(log.size).to.be(0);
    expect(log.isTooLarge).to.be(false);
  });

  it("drops what is too old without calling it too much", () => {
    const log = newLog(2);
    const offsets = [1, 2, 3].map((at) => add(log, `at ${at}`, { at }));
    expect(log.trim(2)).to.be(false);
    offsets.push(add(log, "at 4", { at: 4 }));
    log.trim(4);
    expect(log.size).to.be(1);
    const quiet = newLog();
    add(quiet, "at 1", { at: 1 });
    expect(quiet.trim(2)).to.be(false);
    expect(quiet.size).to.be(0);
  });

  it("knows by the number where to go on, unless that is gone", () => {
    const log = newLog(2);
    const next = log.end;
    add(log, "a");
    add(log, "b");
    expect(log.since(next, [])?.map(([name]) => name)).to.eql(["a", "b"]);
    add(log, "c");
    log.trim(0);
    expect(log.since(next, [])).to.be(undefined);
    expect(log.since(log.end, [])).to.eql([]);
  });

  it("leaves out what could not be encoded", () => {
    const log = newLog();
    const offset = add(log, "a");
    log.forget(log.add(["broken"], TO_ALL, 0));
    add(log, "b");
    expect(namesSince(log, offset)).to.eql(["b"]);
  });

  it("remembers the receivers as they were", () => {
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

  it("is right over many thousands of events", () => {
    const log = newLog(1500);
    const offsets: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      offsets.push(add(log, `event ${i}`));
      log.trim(0);
    }
    expect(namesSince(log, offsets[8499])).to.be(undefined);
    expect(namesSince(log, offsets[8500])).to.have.length(1499);
    expect(namesSince(log, offsets[9997])).to.eql(["event 9998", "event 9999"]);
  });
});
