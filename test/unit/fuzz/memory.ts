import expect from "expect.js";
import { grows } from "../../fuzz/memory";

describe("the fuzzer's judge of memory", () => {
  const stages = (...kilobytes: number[]) => kilobytes.map((value) => 15e6 + 1000 * value);

  it("finds memory that grows in each stage, by half a kilobyte for each repetition", () => {
    expect(grows(stages(0, 518, 589, 619, 633, 654, 671, 684, 705))).to.be(true);
  });

  it("is not misled by code that is compiled at first, or by measurements that vary", () => {
    expect(grows(stages(0, 518, 589, 595, 593))).to.be(false);
    expect(grows(stages(0, 30, 33))).to.be(false);
  });
});
