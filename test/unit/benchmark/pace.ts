import expect = require("expect.js");

import { benchmark } from "../../support/benchmark";

describe("the pace of the benchmark's clients", () => {
  let schedule: any;
  before(async () => {
    const { Schedule } = await benchmark("load/pace.mjs");
    schedule = (rate: number) => new Schedule(rate);
  });

  it("is even: tasks that have become due are due since the last look at the clock", () => {
    const even = schedule(500);
    const counts = [0, 1.9, 2, 7.5, 7.9, 8].map((now) => even.take(now));
    expect(counts).to.eql([0, 0, 1, 2, 0, 1]);
  });

  it("skips tasks that a slow machine has missed for too long", () => {
    const slow = schedule(1000);
    expect(slow.take(500)).to.be(20);
    expect(slow.take(501)).to.be(1);
  });
});
