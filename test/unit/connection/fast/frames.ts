import expect from "expect.js";
import { splitFrame, textFrame } from "../../../../lib/connection/fast/frames";

describe("an encoded frame", () => {
  it("has the shortest header for its length, and can be split [71]", () => {
    for (const [length, header] of [
      [0, 2],
      [125, 2],
      [126, 4],
      [65_535, 4],
      [65_536, 10],
    ]) {
      const text = "x".repeat(length);
      const [start, payload] = splitFrame(textFrame(text));
      expect(start.length).to.be(header);
      expect(payload.toString()).to.be(text);
    }
  });

  it("is UTF-8", () => {
    expect(splitFrame(textFrame("é€😀"))[1].toString("utf8")).to.be("é€😀");
  });
});
