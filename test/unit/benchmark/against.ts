import expect = require("expect.js");

import { benchmark, line } from "../../support/benchmark";

describe("a run of the benchmark that is compared with an earlier one", () => {
  let compare: (before: any[], after: any[]) => { worse: string[]; skipped: string[] };
  before(async () => {
    ({ compare } = await benchmark("report/against.mjs"));
  });

  const withRatio = (median: number, min: number, max: number, members = {}) => [
    { ...line, ratios: { ours: { median, min, max } }, ...members },
  ];
  const earlier = withRatio(1.6, 1.5, 1.7);

  it("has a worse row if each median is outside the spread of the other", () => {
    const { worse, skipped } = compare(earlier, withRatio(1.4, 1.3, 1.55));
    expect(worse).to.eql(["W1 has become worse: 1.60 (1.50-1.70) before, 1.40 (1.30-1.55) now"]);
    expect(skipped).to.eql([]);
  });

  it("has no worse row within the noise, below three percent, or if the row is better", () => {
    for (const after of [withRatio(1.52, 1.3, 1.55), withRatio(1.4, 1.3, 1.65), withRatio(1.9, 1.8, 2)]) {
      expect(compare(earlier, after)).to.eql({ worse: [], skipped: [] });
    }
    expect(compare(withRatio(2, 1.99, 2.01), withRatio(1.97, 1.96, 1.98)).worse).to.eql([]);
  });

  it("leaves out rows that cannot be compared, with the reason", () => {
    const { worse, skipped } = compare(earlier, [
      ...withRatio(1, 1, 1),
      ...withRatio(1, 0.9, 1.1, { load: "1 turn/s" }),
      ...withRatio(1, 0.9, 1.1, { id: "W2" }),
      ...withRatio(1, 0.9, 1.1, { id: "LOAD W1", control: true }),
    ]);
    expect(worse).to.eql([]);
    expect(skipped).to.eql([
      "W1 is not compared: a single round does not show its noise",
      "W1 is not compared: the loads differ",
      "W2 is not compared: it was not measured in both runs",
    ]);
  });
});
