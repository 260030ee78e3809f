/** README.md and docs/ quote the figures of the benchmark, and type none. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import expect from "expect.js";
import { benchmark } from "../support/benchmark";
import { onTestEnd } from "../support/cleanup";
import { root, runNode } from "../support/repository";

const script = join(root, "scripts/readme.mjs");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const results = JSON.parse(read("benchmark/results.json"));

const quoted = (id: string, kind: string, text: string) =>
  `<!-- figure: ${id} ${kind} -->${text}<!-- /figure -->`;

/** Checks a page with this text. */
async function check(
  text: string,
): Promise<{ code: number; output: string; rewritten: () => Promise<string> }> {
  const folder = mkdtempSync(join(tmpdir(), "socket.io-figures-"));
  onTestEnd(() => rmSync(folder, { recursive: true }));
  const page = join(folder, "page.md");
  writeFileSync(page, text);
  const { code, output } = await runNode([script, "--check", page]);
  return {
    code,
    output,
    async rewritten() {
      await runNode([script, page]);
      return readFileSync(page, "utf8");
    },
  };
}

describe("the figures of the benchmark", () => {
  const w1 = results.lines.find(({ id }: { id: string }) => id === "W1").ratios.ours.median.toPrecision(2);

  it("are quoted in README.md and docs/ as they were measured, and not typed", async () => {
    const { code, output } = await runNode([script, "--check"]);
    expect({ code, output }).to.eql({ code: 0, output: "" });
    for (const page of ["README.md", "docs/performance.md", "docs/scaling.md"]) {
      expect(read(page)).to.contain("<!-- figure: ");
    }
  });

  it("are the same in the table and in the file with all values", async () => {
    const { document } = await benchmark("report/document.mjs");
    const { subjects } = await benchmark("subjects.mjs");
    const measured = subjects.filter(({ name }: { name: string }) =>
      results.lines.some(({ values, ratios }: any) => values[name] ?? ratios[name]),
    );
    expect(document(results, measured)).to.be(read("benchmark/results.md"));
  });

  it("are corrected where a page quotes another one", async () => {
    const { code, output, rewritten } = await check(`It takes ${quoted("W1", "ratio", "99")} of it.\n`);
    expect(code).to.be(1);
    expect(output).to.contain("a figure differs from benchmark/results.json");
    expect(await rewritten()).to.be(`It takes ${quoted("W1", "ratio", w1)} of it.\n`);
  });

  for (const [what, text, problem] of [
    ["of a row that was not measured", quoted("W99", "ratio", "2"), /no figure "W99 ratio"/],
    ["of a kind that does not exist", quoted("W1", "speed", "2"), /no figure "W1 speed"/],
    ["without an end", "<!-- figure: W1 ratio -->2 times", /has no end/],
    ["that a sentence types", "A broadcast takes 1.6 times less CPU time.", /quote the figure/],
    ["that a sentence types in words", "Connecting costs less than half of it.", /quote the figure/],
    ["that a sentence types as a time", "An event takes 7 µs.", /quote the figure/],
    [
      "that a table types",
      "| | CPU time |\n| --- | --- |\n| chat | a sixth, or 12% |",
      /quote the figure.*\n.*12%/,
    ],
  ] as const) {
    it(`are refused if there is one ${what}`, async () => {
      const { code, output } = await check(`# Page\n\n${text}\n`);
      expect(code).to.be(1);
      expect(output).to.match(problem);
    });
  }

  it("are not confused with limits, which are no figures of the benchmark", async () => {
    const { code } = await check(
      "They may take half of `timeoutMs`, and need 13 times `maxHttpBufferSize`.\n",
    );
    expect(code).to.be(0);
  });
});
