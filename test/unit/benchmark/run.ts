/** The benchmark must run, also with small workloads, and report if it cannot. */
import { runNode } from "../../support/repository";

import expect = require("expect.js");

const smallest = ["--rounds=1", "--discard=0", "--seconds=0.05", "--clients=20", "--rates=200"];
const program = ["benchmark/run.mjs", "--subjects=naive,floor", ...smallest];

describe("the benchmark", () => {
  it("measures servers in separate processes, and leaves none behind", async () => {
    // this waits for the end of stderr, to which all processes write
    const { code, stdout, stderr } = await runNode([...program, "--only=W1,W3m,W4,LAT,W5,POLL,START,STARTs"]);
    expect(stderr).not.to.match(/^! /m);
    expect(code).to.be(0);
    for (const id of ["W1", "W3m", "W4", "LAT 200/s p50", "W5"]) {
      expect(stdout).to.match(new RegExp(`^\\| ${id} +\\|.*\\d \\([\\d.]+-[\\d.]+\\) +\\| [\\d.]+ \\(`, "m"));
    }
    for (const id of ["POLL", "START", "STARTs"]) {
      expect(stdout).to.match(new RegExp(`^\\| ${id} +\\|`, "m"));
    }
  });

  it("replaces a server, whose clients all come back", async () => {
    const options = ["--only=deploy", "--subjects=ours", "--clients=20", "--rounds=1"];
    const { code, stdout } = await runNode(["benchmark/delivery.mjs", ...options]);
    expect(code).to.be(0);
    expect(stdout).to.match(/^\| this library +\| 0 +\| [\d.]+ +\| \d+ ms +\| \d+ +\|$/m);
    expect(stdout).to.match(/^\| this library, with drain +\| 0 +\|/m);
  });

  it("writes results only after a full run", async () => {
    const { code, stderr } = await runNode([...program, "--only=W1", "--write"]);
    expect(code).to.be(2);
    expect(stderr).to.contain("--write needs a full run");
  });

  it("refuses unknown rows", async () => {
    const { code, stderr } = await runNode([...program, "--only=W99"]);
    expect(code).to.be(2);
    expect(stderr).to.contain("There is no row W99");
  });
});
