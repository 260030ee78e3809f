import expect from "expect.js";
import { fuzzDeflate } from "../fuzz/deflate";
import { ownSuite } from "../support/own-tests";

/** The same inputs in each run; long runs use other inputs. */
const seed = Number(process.env.FUZZ_SEED ?? 20);

const INPUTS = 20;

ownSuite("compressed messages that were chosen at random, valid and invalid", () => {
  it("have the same effect as with the reference server", async () => {
    expect(await fuzzDeflate(seed, INPUTS, 50)).to.eql([`${INPUTS} inputs`]);
  });
});
