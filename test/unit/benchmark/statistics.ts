import expect = require("expect.js");

import { benchmark } from "../../support/benchmark";

describe("the statistics of the benchmark", () => {
  let statistics: any;
  before(async () => {
    statistics = await benchmark("statistics.mjs");
  });

  it("use the middle of the values, or the mean of the two values in the middle", () => {
    expect(statistics.median([30, 1, 2])).to.be(2);
    expect(statistics.median([4, 1, 100, 2])).to.be(3);
    expect(statistics.summary([4, 1, 100, 2])).to.eql({ median: 3, min: 1, max: 100 });
    expect(() => statistics.median([])).to.throwError(/nothing was measured/);
  });

  it("compare values of the same round", () => {
    expect(statistics.pairedRatios([10, 20, 30], [5, 40])).to.eql([2, 0.5]);
  });

  it("make the servers take turns from both ends", () => {
    const subjects = ["A", "B", "C"];
    expect(statistics.orderOfRound(subjects, 0)).to.eql(["A", "B", "C"]);
    expect(statistics.orderOfRound(subjects, 1)).to.eql(["C", "B", "A"]);
    expect(subjects).to.eql(["A", "B", "C"]);
  });

  it("compute quantiles of a histogram with an error of at most three percent", () => {
    const histogram = new statistics.Histogram();
    for (let value = 1; value <= 20_000; value++) {
      histogram.add(value);
    }
    expect(histogram.total).to.be(20_000);
    for (const share of [0.0005, 0.001, 0.01, 0.5, 0.9, 0.99, 1]) {
      const exact = share * 20_000;
      expect(Math.abs(histogram.quantile(share) - exact) / exact).to.be.below(0.03);
    }
  });

  it("keep small values exactly, and include the largest", () => {
    const histogram = new statistics.Histogram();
    expect(() => histogram.quantile(0.5)).to.throwError(/nothing was measured/);
    histogram.add(-1);
    histogram.add(7.4);
    histogram.add(63);
    expect([0, 0.5, 1].map((share) => histogram.quantile(share))).to.eql([0, 7, 63]);
    histogram.add(1e12);
    expect(histogram.quantile(1)).to.be.above(2e9);
  });
});
