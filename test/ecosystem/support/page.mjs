/** The page docs/ecosystem.md, made of what a run of the tests has seen. */
import { readFileSync } from "node:fs";
import { release } from "node:os";

/**
 * @param {{ tested: { area: string, name: string, versions: string[], remark?: string }, titles: string[], failed: number, pending: number }[]} suites
 */
export function ecosystemPage(suites) {
  const areas = Map.groupBy
    ? Map.groupBy(suites, ({ tested }) => tested.area)
    : suites.reduce((map, suite) => {
        map.set(suite.tested.area, [...(map.get(suite.tested.area) ?? []), suite]);
        return map;
      }, new Map());
  const intro = readFileSync(new URL("./page-intro.md", import.meta.url), "utf8");
  const parts = [intro.trimEnd(), machine()];
  for (const [area, members] of areas) {
    parts.push(`## ${area}`, table(members), ...members.map(details));
  }
  const outro = readFileSync(new URL("./page-impossible.md", import.meta.url), "utf8");
  return `${[...parts, outro.trimEnd()].join("\n\n")}\n`;
}

function machine() {
  const date = new Date().toISOString().slice(0, 10);
  return `Tested on ${date} with Node.js ${process.versions.node} on Linux ${release().split("-")[0]}, by
\`npm run test:ecosystem\`; \`WRITE_ECOSYSTEM=1\` in its environment writes this page.`;
}

function table(suites) {
  return [
    "| What | Versions | Tests | Result |",
    "| --- | --- | ---: | --- |",
    ...suites.map(({ tested, titles, failed, pending }) => {
      const result = failed > 0 ? `${failed} failed` : pending > 0 ? `${pending} skipped` : "works";
      return `| [${tested.name}](#${anchor(tested.name)}) | ${tested.versions.join(", ")} | ${titles.length} | ${result} |`;
    }),
  ].join("\n");
}

function details({ tested, titles }) {
  const remark = tested.remark ? `${tested.remark}\n\n` : "";
  return `### ${tested.name}\n\n${remark}${titles.map((title) => `- ${title}`).join("\n")}`;
}

/** As GitHub makes it. */
function anchor(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
