import expect = require("expect.js");

import { benchmark } from "../../support/benchmark";

describe("the arguments of the benchmark", () => {
  let parse: (args: string[]) => any;
  let choose: (rows: any[], options: any) => any[];
  before(async () => {
    const { parseArguments, chooseRows } = await benchmark("arguments.mjs");
    parse = parseArguments;
    choose = chooseRows;
  });

  it("have the workloads of a thorough run as defaults", () => {
    const options = parse([]);
    expect(options.only).to.be(undefined);
    expect(options.subjects).to.eql(["reference", "ours", "naive", "floor"]);
    expect(options.peers).to.eql([]);
    const { clients, connections, sockets, rates } = options;
    expect({ clients, connections, sockets, rates }).to.eql({
      clients: 1000,
      connections: 10_000,
      sockets: 100_000,
      rates: [1000, 4000, 10_000],
    });
    expect(options.discard).to.be(2);
  });

  it("shorten a quick run, except for given values", () => {
    const options = parse(["--quick", "--rounds", "5"]);
    expect(options.rounds).to.be(5);
    expect(options.discard).to.be(1);
    expect(options.seconds).to.be.below(1);
    expect(options.rates).to.eql([4000]);
  });

  it("accept values after a space or an equals sign", () => {
    const options = parse([
      "--only",
      "W1,W3",
      "--rounds=2",
      "--json",
      "out.json",
      "--rates=10,20",
      "--check",
    ]);
    expect(options.only).to.eql(["W1", "W3"]);
    expect(options.rounds).to.be(2);
    expect(options.json).to.be("out.json");
    expect(options.rates).to.eql([10, 20]);
    expect(options.check).to.be(true);
    expect(options.write).to.be(false);
  });

  it("select all peers, or some", () => {
    expect(parse(["--peers"]).peers).to.contain("sockjs");
    expect(parse(["--peers", "--write"]).write).to.be(true);
    const some = parse(["--peers", "primus,faye", "--control", "--subjects", "ours"]);
    expect(some.subjects).to.eql(["reference", "ours", "control", "primus", "faye"]);
  });

  it("are refused with a reason", () => {
    const refusals: [string[], RegExp][] = [
      [["--fast"], /--fast is not an option/],
      [["W1"], /W1 is not an option/],
      [["--quick=yes"], /not an option/],
      [["--json"], /--json needs a value/],
      [["--only", "--quick"], /--only needs a value/],
      [["--only", ","], /--only needs a value/],
      [["--rounds", "0"], /--rounds must be a number of at least 1, got "0"/],
      [["--seconds", "long"], /--seconds must be a number of at least/],
      [["--rates", "10,x"], /--rates must be a number of at least/],
      [["--peers", "ours"], /No peer is called ours/],
      [["--subjects", "apache"], /No subject is called apache/],
    ];
    for (const [args, reason] of refusals) {
      expect(() => parse(args)).to.throwError(reason);
    }
  });

  it("select rows", () => {
    const rows = [{ id: "W1" }, { id: "LAT", rate: 1 }, { id: "LAT", rate: 2 }, { id: "W1t", extra: true }];
    expect(choose(rows, { quick: false })).to.eql(rows);
    expect(choose(rows, { quick: true })).to.eql(rows.slice(0, 3));
    expect(choose(rows, { quick: true, only: ["W1t", "LAT"] })).to.eql(rows.slice(1));
    expect(() => choose(rows, { only: ["W9"] })).to.throwError(/There is no row W9: there are W1, LAT, W1t/);
  });
});
