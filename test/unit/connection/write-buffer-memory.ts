import { execFile } from "node:child_process";
import { promisify } from "node:util";
import expect from "expect.js";
import { environment, root } from "../../support/repository";

describe("the memory for the packets in the buffer of the engine, as it is counted", () => {
  it("is about what they hold in the heap and in buffers, whatever their shape", async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--expose-gc", "--import=tsx", "test/fixtures/buffered-packets.ts"],
      { cwd: root, env: environment() },
    );
    const held: Record<string, Record<string, number>> = JSON.parse(stdout);
    const wrong = Object.entries(held).flatMap(([how, shares]) =>
      Object.entries(shares)
        .filter(([, share]) => share < 0.5 || share > 1.6)
        .map(([shape, share]) => `${how}, ${shape}: ${share}`),
    );
    expect(Object.keys(held)).to.have.length(2);
    expect(wrong).to.eql([]);
  });
});
