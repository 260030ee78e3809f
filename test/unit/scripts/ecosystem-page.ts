/** docs/ecosystem.md is created from the results of a test run. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import expect from "expect.js";
import { root } from "../../support/repository";

interface Suite {
  tested: { area: string; name: string; versions: string[]; remark?: string; method?: string };
  titles: string[];
  failed: number;
  pending: number;
}

function suite(name: string, titles: string[], given: Partial<Suite["tested"] & Suite> = {}): Suite {
  const { area = "Tools", versions = [], remark, method, failed = 0, pending = 0 } = given;
  return { tested: { area, name, versions, remark, method }, titles, failed, pending };
}

describe("docs/ecosystem.md", () => {
  let pageOf: (suites: Suite[], machine?: string) => string;

  before(async () => {
    const file = join(root, "test/ecosystem/support/page.mjs");
    ({ ecosystemPage: pageOf } = await import(pathToFileURL(file).href));
  });

  const lines = (suites: Suite[]) => pageOf(suites).split("\n");

  it("has one row for each library, with the versions and tests of all its suites", () => {
    const page = lines([
      suite("Hat", ["a", "b"], { versions: ["hat 1.0.0", "head 2.0.0"] }),
      suite("Scarf", ["a"], { versions: ["scarf 3.0.0"] }),
      suite("Hat: in the rain", ["c"], { versions: ["hat 1.0.0", "rain 4.0.0"] }),
    ]);
    expect(page.filter((line) => line.startsWith("| Hat"))).to.eql([
      "| Hat | hat 1.0.0, head 2.0.0, rain 4.0.0 | 3 | works |",
    ]);
    expect(page).to.contain("| Scarf | scarf 3.0.0 | 1 | works |");
  });

  it("has the numbers of failed and skipped tests", () => {
    const page = lines([
      suite("Hat", ["a"], { failed: 2 }),
      suite("Hat: in the rain", [], { failed: 1, pending: 5 }),
      suite("Scarf", [], { pending: 3 }),
    ]);
    expect(page).to.contain("| Hat |  | 1 | 3 failed |");
    expect(page).to.contain("| Scarf |  | 0 | 3 skipped |");
  });

  it("has the remarks about a library on one line, and a remark about several libraries once", () => {
    const page = lines([
      suite("Scarf", ["a"], { remark: "It is wet." }),
      suite("Glove", ["b"], { remark: "It is wet." }),
      suite("Scarf: in the rain", ["c"], { remark: "It is wet." }),
      suite("Hat", ["d"], { remark: "It is dry." }),
      suite("Hat: in the sun", ["e"], { remark: "It is warm." }),
      suite("Boot", ["f"], { remark: "" }),
    ]);
    expect(page.filter((line) => line.startsWith("- **"))).to.eql([
      "- **Hat:** It is dry. It is warm.",
      "- **Scarf, Glove:** It is wet.",
    ]);
  });

  it("has how the tests use a library in the folded part", () => {
    const page = pageOf([suite("Hat", ["a"], { method: "A test wears it." })]);
    expect(page.split("<summary>The tests</summary>")[1]).to.contain("- **Hat:** A test wears it.");
  });

  it("has the titles of the tests of an area in a folded part, each once", () => {
    const page = pageOf([
      suite("Hat", ["over polling keeps warm", "over websocket keeps warm", "is soft [T3, 4]"]),
      suite("Scarf", ["keeps warm", "is long (SEED=7)"]),
    ]);
    const [, folded] = /<details>\n([\s\S]*?)\n<\/details>/.exec(page) ?? [];
    expect(folded?.split("\n").filter((line) => line !== "")).to.eql([
      "<summary>The tests</summary>",
      "**Hat, Scarf**",
      "- keeps warm",
      "**Hat**",
      "- is soft",
      "**Scarf**",
      "- is long",
    ]);
  });

  it("has a heading for each area, and what could not be tested at the end", () => {
    const headings = lines([
      suite("Hat", ["a"]),
      suite("Ferry", ["a"], { area: "Ships" }),
      suite("Scarf", ["a"]),
    ]).filter((line) => line.startsWith("#"));
    expect(headings).to.eql(["# The ecosystem", "## Ships", "## Tools", "## What could not be tested"]);
  });
});
