import { join } from "node:path";
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { root, runNode } from "../support/repository";

const KINDS = [
  "the names of dynamic namespaces",
  "the names of namespaces in one long-polling payload",
  "requests whose middleware is pending",
  "names that an unread answer refuses",
  "names that an unread answer refuses because of the rate",
  "names from which the server disconnects",
  "queries of clients of version 2",
  "addresses that a proxy forwards",
  "texts of events",
];

ownSuite("a short text of a client that the server keeps", () => {
  /** The share of the sent characters that stays on the heap. */
  let shares: Record<string, number>;

  before(async () => {
    const program = join(root, "test/fixtures/kept-names.ts");
    const { stdout, output } = await runNode(["--expose-gc", "--import=tsx", program]);
    try {
      shares = JSON.parse(stdout);
    } catch {
      throw new Error(output);
    }
  });

  it("does not keep the large message that it was cut from: all kinds are measured [security 27]", () => {
    expect(Object.keys(shares)).to.eql(KINDS);
  });

  for (const kind of KINDS) {
    it(`does not keep the large message that it was cut from: ${kind} [security 27]`, () => {
      expect(shares[kind]).to.be.lessThan(0.3);
    });
  }
});
