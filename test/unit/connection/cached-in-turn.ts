import expect from "expect.js";
import { cachedInTurn } from "../../../lib/connection/cached-in-turn";
import { turn } from "../../support/waiting";

describe("a function that is cached in a turn", () => {
  it("is called once for each text, and again for the same text in the next turn", async () => {
    const computed: string[] = [];
    const lengthOf = cachedInTurn((text) => computed.push(text) && text.length);
    expect([lengthOf("a"), lengthOf("a"), lengthOf("bc"), lengthOf("bc"), lengthOf("")]).to.eql([
      1, 1, 2, 2, 0,
    ]);
    expect(computed).to.eql(["a", "bc", ""]);
    await turn();
    expect(lengthOf("")).to.be(0);
    expect(computed).to.eql(["a", "bc", "", ""]);
  });
});
