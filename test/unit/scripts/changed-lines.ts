/** The changes of a file that pages show: exact, and readable by `patch`. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import expect from "expect.js";
import { Random } from "../../support/random";
import { root } from "../../support/repository";

type ChangedLines = (before: string, after: string) => string;

/** Applies the parts of a difference to the earlier text. */
function apply(before: string, difference: string): string {
  const old = before.split("\n");
  const lines: string[] = [];
  let next = 0;
  for (const line of difference === "" ? [] : difference.split("\n")) {
    const head = /^@@ -(\d+),\d+ \+(\d+),\d+ @@$/.exec(line);
    if (head) {
      lines.push(...old.slice(next, Number(head[1]) - 1));
      next = Number(head[1]) - 1;
      expect(lines.length).to.be(Number(head[2]) - 1);
    } else if (line.startsWith("+")) {
      lines.push(line.slice(1));
    } else {
      expect(old[next++]).to.be(line.slice(1));
      if (!line.startsWith("-")) {
        lines.push(line.slice(1));
      }
    }
  }
  return [...lines, ...old.slice(next)].join("\n");
}

describe("the changes of a file", () => {
  let changedLines: ChangedLines;

  before(async () => {
    ({ changedLines } = await import(pathToFileURL(join(root, "scripts/changed-lines.mjs")).href));
  });

  it("show the changed lines, with two lines before and after them and their numbers", () => {
    const before = "a\nb\nc\nd\n\nf\ng\nh\ni\nj\nk\n";
    const after = "a\nb\nc\nD\n\nf\ng\nh\ni\nj\nk\nl\n";
    expect(changedLines(before, after)).to.be(
      "@@ -2,5 +2,5 @@\n b\n c\n-d\n+D\n\n f\n@@ -10,2 +10,3 @@\n j\n k\n+l",
    );
  });

  it("lead from the earlier text to the later one", () => {
    const random = new Random(1);
    for (let round = 0; round < 300; round++) {
      const text = () =>
        Array.from({ length: 1 + random.below(12) }, () => random.pick(["a", "b", "", "  c"])).join("\n");
      const [before, after] = [`${text()}\nend`, `${text()}\nend`];
      expect(apply(before, changedLines(before, after))).to.be(after);
    }
  });
});
