import { AsyncLocalStorage } from "node:async_hooks";
import expect from "expect.js";
import { Heartbeats } from "../../../../lib/connection/fast/heartbeats";
import { stopClock } from "../../../support/clock";

describe("the heartbeats of an engine", () => {
  it("do not run in the asynchronous context of a connection, or of the creation of the engine", async () => {
    const storage = new AsyncLocalStorage<string>();
    const heartbeats = storage.run("engine", () => new Heartbeats());
    const contexts = await new Promise<unknown[]>((resolve) => {
      const seen: unknown[] = [];
      const ping = () => {
        seen.push(storage.getStore());
        if (seen.length === 2) {
          resolve(seen);
        }
      };
      storage.run("first", () => heartbeats.start({ ping }, 1));
      storage.run("second", () => heartbeats.start({ ping }, 1));
    });
    expect(contexts).to.eql([undefined, undefined]);
  });

  it("may be refreshed and stopped at any time", () => {
    const clock = stopClock({ engine: true });
    const heartbeats = new Heartbeats();
    const pinged: string[] = [];
    const start = (name: string) => heartbeats.start({ ping: () => pinged.push(name) }, 100);
    const [a, b, c] = [start("a"), start("b"), start("c")];
    b?.stop();
    b?.stop();
    clock.tick(50);
    a?.refresh();
    clock.tick(50);
    expect(pinged).to.eql(["c"]);
    b?.refresh();
    clock.tick(50);
    expect(pinged).to.eql(["c", "a"]);
    b?.stop();
    expect(clock.running).to.be(0);
    c?.refresh();
    c?.stop();
    expect(clock.running).to.be(0);
  });

  it("are at most 1 % and 10 ms early, and never late", () => {
    const clock = stopClock({ engine: true });
    const heartbeats = new Heartbeats();
    const early: Record<number, number[]> = { 500: [], 25000: [] };
    for (let i = 0; i < 400; i++) {
      const interval = i % 2 === 0 ? 500 : 25_000;
      const due = Date.now() + interval;
      heartbeats.start({ ping: () => early[interval].push(due - Date.now()) }, interval);
      clock.tick(i % 4);
    }
    clock.tick(25_000);
    expect([Math.min(...early[500]), Math.min(...early[25_000])]).to.eql([0, 0]);
    expect(Math.max(...early[500])).to.be.within(0, 5);
    expect(Math.max(...early[25_000])).to.be.within(0, 10);
    expect([early[500].length, early[25_000].length]).to.eql([200, 200]);
  });

  it("may have the longest interval of a timer", () => {
    const clock = stopClock({ engine: true });
    const heartbeats = new Heartbeats();
    let pings = 0;
    heartbeats.start({ ping: () => pings++ }, 2 ** 31 - 1);
    clock.tick(1_000);
    heartbeats.start({ ping: () => pings++ }, 2 ** 31 - 1);
    expect(clock.running).to.be(3);
    clock.tick(2 ** 31 - 1 - 1_001);
    expect(pings).to.be(0);
    clock.tick(1);
    expect(pings).to.be(1);
    clock.tick(1_000);
    expect(pings).to.be(2);
    expect(clock.running).to.be(0);
  });

  it("need a timer for an interval that is not whole, negative or too long", () => {
    const heartbeats = new Heartbeats();
    for (const interval of [Number.NaN, 0, -1, 0.5, 2 ** 31, Number.POSITIVE_INFINITY]) {
      expect(heartbeats.start({ ping() {} }, interval)).to.be(undefined);
    }
  });
});
