import expect = require("expect.js");

import { benchmark, line } from "../../support/benchmark";

const subjects = [
  { name: "reference", title: "reference" },
  { name: "ours", title: "this library" },
  { name: "naive", title: "naive <ws>" },
];

describe("the report of the benchmark", () => {
  let report: any;
  before(async () => {
    report = {
      ...(await benchmark("report/table.mjs")),
      ...(await benchmark("report/chart.mjs")),
      ...(await benchmark("report/document.mjs")),
      ...(await benchmark("report/machine.mjs")),
    };
  });

  /** The cells of a line of the table. */
  const cells = (text: string, number: number) =>
    text
      .split("\n")
      [number].split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());

  it("shows the values of the reference, and the ratios of the others", () => {
    const table = report.table([line], subjects);
    expect(cells(table, 2)).to.eql([
      "W1",
      "broadcasts",
      "40 turns/s",
      "14 µs per message",
      "1.75 (1.50-2.00)",
      "-",
      "1.5, reached",
      "2, missed",
    ]);
    const widths = table.split("\n").map((one: string) => one.length);
    expect(new Set(widths).size).to.be(1);
  });

  it("has no text for a goal if there is none, or nothing to compare", () => {
    expect(cells(report.table([{ ...line, goal: undefined }], subjects), 2).slice(-2)).to.eql(["", ""]);
    expect(cells(report.table([{ ...line, ratios: {} }], subjects), 2).slice(-2)).to.eql(["1.5", "2"]);
    expect(report.reached({ ...line, ratios: {} }, "least")).to.be(undefined);
  });

  it("shows a row that could not be measured", () => {
    const empty = { ...line, values: {}, ratios: {} };
    expect(cells(report.table([empty], subjects), 2).slice(3, 6)).to.eql(["-", "-", "-"]);
  });

  it("shows three digits, and bytes as kB", () => {
    expect(report.amount(10_812, "B")).to.be("10.8 kB");
    expect(report.amount(1269.4, "µs")).to.be("1269 µs");
    expect(report.amount(0.80512, "µs")).to.be("0.805 µs");
  });

  it("draws twice as good and half as good at equal distances from 1", () => {
    const x = report.scale([0.5, 7]);
    expect(x.ticks).to.eql([0.5, 1, 2, 4, 8]);
    expect(Math.abs(x(2) - x(1) - (x(1) - x(0.5)))).to.be.below(0.2);
  });

  it("draws valid bars from 1 to the ratio", () => {
    const naive = { median: 0.5, min: 0.4, max: 0.6 };
    const svg: string = report.chart([{ ...line, ratios: { ...line.ratios, naive } }], subjects, "a & b");
    const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)" height="11" fill/g)].slice(2);
    expect(bars).to.have.length(2);
    const [ours, other] = bars.map(([, x, width]) => ({ from: Number(x), to: Number(x) + Number(width) }));
    expect(Math.abs(ours.from - other.to)).to.be.below(0.2);
    expect(svg).to.contain("naive &lt;ws&gt;");
    expect(svg).to.contain("a &amp; b");
    for (const tag of ["svg", "text"]) {
      expect(svg.split(`<${tag} `).length).to.be(svg.split(`</${tag}>`).length);
    }
  });

  it("contains the time, the machine, the measurements and what was left out", () => {
    const run = {
      date: "2026-11-21",
      command: "node benchmark/run.mjs",
      machine: report.machine(),
      versions: { reference: "4.8.4" },
      lines: [line],
      notes: ["faye is left out: faye is not there"],
    };
    const text = report.document(run, subjects);
    for (const part of ["2026-11-21", "run.mjs", process.version, "reference 4.8.4", "1.75", "- faye is"]) {
      expect(text).to.contain(part);
    }
  });
});
