import expect = require("expect.js");

import { benchmark } from "../../support/benchmark";

describe("the rows of the benchmark", () => {
  let rows: any[];
  let subjects: any[];
  let takesPart: (subject: any, row: any) => boolean;
  let groups: (rows: any[]) => any[][];
  before(async () => {
    const { parseArguments } = await benchmark("arguments.mjs");
    rows = (await benchmark("rows.mjs")).rowsFor(parseArguments([]));
    ({ subjects, takesPart } = await benchmark("subjects.mjs"));
    ({ groups } = await benchmark("session.mjs"));
  });

  const named = (id: string) => rows.find((row) => row.id === id);

  it("are lines of the table with unique names", () => {
    const ids = rows.flatMap(({ metrics }) => metrics.map(({ id }: { id: string }) => id));
    expect(new Set(ids).size).to.be(ids.length);
    expect(ids).to.contain("W1");
    expect(ids).to.contain("W6r");
    expect(ids).to.contain("LAT 4000/s p99");
  });

  it("have goals of which the further one is not the lower one", () => {
    for (const { goal } of rows.flatMap(({ metrics }) => metrics)) {
      expect(goal === undefined || goal.beyond >= goal.least).to.be(true);
    }
  });

  it("share servers and clients if these are the same", () => {
    const shared = groups(rows).map((group) => group.map(({ id }) => id).join());
    expect(shared.slice(0, 4)).to.eql(["W1,W2", "W3,W3m", "W4,W4s,LAT,LAT,LAT", "W5,W5p"]);
    expect(shared).to.contain("W6");
    expect(shared).to.contain("W7");
    expect(shared.filter((ids) => ids === "NODES,NODES")).to.have.length(2);
  });

  it("are for peers that support the workload", () => {
    const taking = (id: string) =>
      subjects.filter((subject) => takesPart(subject, named(id))).map(({ name }) => name);
    expect(taking("W1")).to.eql(subjects.map(({ name }) => name));
    expect(taking("W5p")).to.eql(["reference", "ours", "control", "eiows"]);
    expect(taking("W7")).to.eql(["reference", "ours", "control"]);
    for (const id of ["POLL", "W4c", "START", "NODES"]) {
      expect(taking(id)).to.eql(["reference", "ours", "control"]);
    }
    expect(taking("W3")).not.to.contain("faye");
    expect(taking("W1t")).to.eql(["reference", "ours", "control", "naive", "floor"]);
  });
});
