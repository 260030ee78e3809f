import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../../support/cleanup";
import { runNode } from "../../support/repository";
import type { Round } from "../../survival/comparison/round";
import { chosen, rows } from "../../survival/comparison/rows";
import { cells, markdown, withComparison } from "../../survival/comparison/table";
import { lowest, verdictOf } from "../../survival/comparison/verdict";

const BEGIN = "<!-- comparison: npm run compare:survival -- --write -->";
const END = "<!-- end of the comparison -->";
const DOCUMENT = `# Limits\n\nBefore.\n\n${BEGIN}\n\nan old table\n\n${END}\n\nAfter.\n`;

const round = (change: Partial<Round> = {}): Round => ({
  survived: true,
  peak: 12.4 * 1024 * 1024,
  kept: -3,
  stall: 4.6,
  wait: 9,
  answers: 20,
  codes: [],
  facts: { rooms: 7 },
  ...change,
});

const row = { id: "18", what: "rooms | without end", outcome: ({ rooms: many }: any) => `${many} rooms` };

/** The rows of the comparison, run for the sources as --subject. */
async function compare(...args: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "comparison-"));
  onTestEnd(() => rm(folder, { recursive: true }));
  const files = { json: join(folder, "results.json"), document: join(folder, "comparison.md") };
  writeFileSync(files.document, DOCUMENT);
  const script = join(__dirname, "../../survival/compare.ts");
  const settings = ["--subject", "lib", "--rounds", "1", "--json", files.json, "--document", files.document];
  const { code, output } = await runNode(["--import", "tsx", script, ...settings, ...args]);
  return {
    code,
    output,
    document: readFileSync(files.document, "utf8"),
    results: () => JSON.parse(readFileSync(files.json, "utf8")),
  };
}

describe("the comparison with the reference server", () => {
  it("reports the servers that survive, in words and as a table in a document", async () => {
    const { code, output, document, results } = await compare("--only", "2", "--write");
    expect(code).to.be(0);
    const seen = results().map(({ server, survived, end, codes, facts }: any) => [
      server,
      survived,
      end,
      codes,
      facts.calls,
    ]);
    expect(seen).to.eql([
      ["reference", false, "the process ends (TypeError)", [], undefined],
      ["this library", false, "the process ends (TypeError)", [], undefined],
      ['"public", `onHandlerError`', true, undefined, ["HANDLER_ERROR"], 500],
    ]);
    expect(results().map(({ verdict }: any) => verdict)).to.eql([
      undefined,
      { word: "same", by: [] },
      { word: "better", by: ["survival"] },
    ]);
    expect(output).to.contain("The reference does better in no row.");
    expect(output).to.contain("  2  reference: does NOT survive");
    expect(document.slice(0, document.indexOf(BEGIN))).to.be("# Limits\n\nBefore.\n\n");
    expect(document.slice(document.indexOf(END))).to.be(`${END}\n\nAfter.\n`);
    expect(document).not.to.contain("an old table");
    expect(document).to.match(/Measured on \d{4}-\d\d-\d\d with Node\.js \d+\..* cores \(.+\)/);
    expect(document.match(/^\|.*\|$/gm)).to.have.length(2 + 3);
  });

  it("refuses an unknown row, and a table with missing rows", async () => {
    const unknown = await compare("--only", "99");
    expect(unknown.code).to.be(1);
    expect(unknown.output).to.contain("There is no row 99; there are 1, 2, 3");
    const page = join(__dirname, "../../../docs/limits/comparison.md");
    const partial = await compare("--only", "2", "--write", "--document", page);
    expect([partial.code, partial.document]).to.eql([1, DOCUMENT]);
    expect(partial.output).to.contain("--write writes all rows");
  });
});

describe("the rows of the comparison", () => {
  it("include each guard and each advisory once", () => {
    const ids = rows.map(({ id }) => id);
    const guards = Array.from({ length: 33 }, (_, index) => String(index + 1));
    expect(ids).to.eql([...guards, ...ids.filter((id) => id.startsWith("A"))]);
    expect(new Set(ids).size).to.be(ids.length);
    expect(chosen("6, 3").map(({ id }) => id)).to.eql(["6", "3"]);
    expect(chosen(undefined)).to.be(rows);
  });
});

describe("the table of the comparison", () => {
  it("rounds, and contains the result and the codes that were reported", () => {
    const shown = cells({ row, server: "reference", round: round({ codes: ["ROOM_LIMIT"] }) });
    expect(Object.values(shown)).to.eql([
      "18",
      "rooms | without end",
      "reference",
      "yes",
      "12",
      "0",
      "5",
      "9",
      "7 rooms `ROOM_LIMIT`",
      "",
    ]);
  });

  it("omits the unknown values of a process that has ended, and contains the reason", () => {
    const dead = round({ survived: false, end: "the process ends", kept: undefined, stall: undefined });
    expect(Object.values(cells({ row, server: "reference", round: dead })).slice(3)).to.eql([
      "**no**",
      "12",
      "",
      "",
      "",
      "the process ends",
      "",
    ]);
  });

  it("contains the subject of a row once, with escaped characters", () => {
    const lines = ["reference", "this library"].map((server) => ({ row, server, round: round() }));
    const [, , first, second] = markdown(lines).split("\n");
    expect(first).to.be("| 18 | rooms \\| without end | reference | yes | 12 | 0 | 5 | 9 | 7 rooms |  |");
    expect(second).to.be("|  |  | this library | yes | 12 | 0 | 5 | 9 | 7 rooms |  |");
  });

  it("contains the verdict, and what it is about", () => {
    const compared = (word: "better" | "worse", by: string[]) =>
      cells({ row, server: "this library", round: round(), verdict: { word, by } }).Compared;
    expect(compared("better", ["survival"])).to.be("better (survival)");
    expect(compared("worse", ["memory", "wait"])).to.be("**worse** (memory, wait)");
  });

  it("is inserted between its marks, and nothing else is changed", () => {
    const written = withComparison(DOCUMENT, "\na new table $& $1\n");
    expect(written).to.be(DOCUMENT.replace("an old table", () => "a new table $& $1"));
    expect(withComparison(written, "an old table")).to.be(DOCUMENT);
  });

  it("is not inserted if the marks are missing, repeated or in the wrong order", () => {
    for (const document of ["", BEGIN, END, `${END}${BEGIN}`, DOCUMENT + DOCUMENT]) {
      expect(() => withComparison(document, "x")).to.throwException(/does not have the marks/);
    }
    withComparison(readFileSync(join(__dirname, "../../../docs/limits/comparison.md"), "utf8"), "x");
  });
});

describe("the verdict about a row", () => {
  const MB = 1024 * 1024;
  const quiet = { stall: 10, wait: 20 };
  const dead = round({ survived: false });
  const base = { kept: 100 * MB, stall: 100, wait: 200 };
  const verdict = (ours: Partial<Round>, reference: Partial<Round> = {}, harm?: any) =>
    verdictOf({ harm }, round({ ...base, ...ours }), round({ ...base, ...reference }), quiet);

  it("is about survival first", () => {
    expect(verdictOf({}, round(), dead, quiet)).to.eql({ word: "better", by: ["survival"] });
    expect(verdictOf({}, dead, round(), quiet)).to.eql({ word: "worse", by: ["survival"] });
    expect(verdictOf({}, dead, dead, quiet)).to.eql({ word: "same", by: [] });
  });

  it("tolerates differences in memory, stall and wait", () => {
    for (const [figure, tolerated] of [
      ["kept", 118 * MB],
      ["stall", 210],
      ["wait", 420],
    ] as const) {
      const [name] = { kept: ["memory"], stall: ["stall"], wait: ["wait"] }[figure];
      expect(verdict({ [figure]: tolerated })).to.eql({ word: "same", by: [] });
      expect(verdict({ [figure]: tolerated + MB })).to.eql({ word: "worse", by: [name] });
      expect(verdict({}, { [figure]: tolerated + MB })).to.eql({ word: "better", by: [name] });
    }
  });

  it("considers the result of the row, and is worse if anything is", () => {
    const harm = ({ rooms: many }: any) => many;
    expect(verdict({ facts: { rooms: 7 } }, {}, harm).word).to.be("same");
    expect(verdict({ facts: { rooms: 8 } }, {}, harm)).to.eql({ word: "worse", by: ["result"] });
    expect(verdict({ facts: { rooms: 1 } }, {}, harm)).to.eql({ word: "better", by: ["result"] });
    expect(verdict({ facts: { rooms: 1 }, wait: 1_000 }, {}, harm)).to.eql({ word: "worse", by: ["wait"] });
  });

  it("is about the lowest figures of several rounds", () => {
    const one = round({ peak: 3, kept: 9, stall: 5, wait: 7, facts: { rooms: 1 } });
    const other = round({ peak: 4, kept: 8, stall: 6, wait: 1, facts: { rooms: 2 } });
    const expected = { peak: 3, kept: 8, stall: 5, wait: 1, facts: { rooms: 1 } };
    expect(lowest(one, other)).to.eql(round(expected));
    expect(lowest(other, one)).to.eql(round(expected));
    const late = round({ kept: 1, unfinished: "too slow" });
    expect(lowest(one, late)).to.be(one);
    expect(lowest(late, one)).to.be(one);
  });
});
