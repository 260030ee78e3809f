/** examples/observability/samples.js: the numbers of the page, from counters and histograms. */
import { join } from "node:path";
import expect from "expect.js";
import { root } from "../support/repository";

const { Samples } = require(join(root, "examples/observability/samples.js"));

type Point = { attributes: Record<string, string>; value: unknown };

/** Metrics that a test changes. */
function start() {
  const clock = {
    now: 1_000_000,
    advance(milliseconds: number) {
      clock.now += milliseconds;
    },
  };
  const values = new Map<string, Point[]>();
  const samples = new Samples({ read: async () => structuredClone(values) }, () => clock.now);
  return { clock, values, samples };
}

const BOUNDARIES = [0.001, 0.01, 0.1];

const handled = (event: string, ...counts: number[]): Point => ({
  attributes: { "socketio.namespace": "/", "socketio.event": event },
  value: { buckets: { boundaries: BOUNDARIES, counts } },
});

describe("the samples of the example observability", () => {
  it("have rates per second, in both directions", async () => {
    const { clock, values, samples } = start();
    const count = (received: number, sent: number) =>
      values.set("socketio.server.events", [
        { attributes: { "network.io.direction": "receive", "socketio.event": "one" }, value: received },
        { attributes: { "network.io.direction": "receive", "socketio.event": "two" }, value: received },
        { attributes: { "network.io.direction": "transmit" }, value: sent },
      ]);
    count(100, 10);
    expect((await samples.take()).events).to.eql({ in: 0, out: 0 });
    clock.advance(2000);
    count(110, 40);
    expect((await samples.take()).events).to.eql({ in: 10, out: 15 });
  });

  it("have quantiles of the latest seconds, as Prometheus estimates them", async () => {
    const { clock, values, samples } = start();
    const take = async (...counts: number[]) => {
      values.set("socketio.server.event.duration", [handled("message", ...counts)]);
      return (await samples.take()).handlers;
    };
    await take(0, 0, 1000, 0);
    for (let second = 0; second < 15; second++) {
      clock.advance(1000);
      expect(await take(0, 0, 1000, 0)).to.eql({ p50: null, p99: null });
    }
    clock.advance(1000);
    const { p50, p99 } = await take(100, 0, 1000, 0);
    expect([p50, p99].map((value) => value.toFixed(5))).to.eql(["0.00050", "0.00099"]);
    clock.advance(1000);
    expect(await take(100, 0, 1000, 300)).to.eql({ p50: 0.1, p99: 0.1 }); // the last boundary
  });

  it("name the slowest handlers of the last minute first, failed calls included", async () => {
    const { clock, values, samples } = start();
    const old = handled("old", 0, 0, 0, 50);
    values.set("socketio.server.event.duration", [old]);
    await samples.take();
    clock.advance(1000);
    const failed = handled("slow", 0, 0, 10, 0);
    failed.attributes["error.type"] = "TypeError";
    values.set("socketio.server.event.duration", [
      old,
      handled("fast", 10, 0, 0, 0),
      handled("slow", 10, 0, 0, 0),
      failed,
    ]);
    const { slowest } = await samples.take();
    expect(slowest.map(({ event, calls }: any) => [event, calls])).to.eql([
      ["slow", 20],
      ["fast", 10],
    ]);
  });

  it("are kept for five minutes, without the tables", async () => {
    const { clock, samples } = start();
    for (let second = 0; second < 310; second++) {
      clock.advance(1000);
      await samples.take();
    }
    expect(samples.history.length).to.be(300);
    expect(samples.history[0]).not.to.have.key("slowest");
  });
});
