/** Creates docs/ecosystem.md from the results of a test run. */
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
    parts.push(`## ${area}`, table(members), checks(members));
  }
  const outro = readFileSync(new URL("./page-impossible.md", import.meta.url), "utf8");
  return `${[...parts, outro.trimEnd()].join("\n\n")}\n`;
}

function machine() {
  const date = new Date().toISOString().slice(0, 10);
  return `Tested on ${date} with Node.js ${process.versions.node} on Linux ${release().split("-")[0]}.
\`WRITE_ECOSYSTEM=1 npm run test:ecosystem\` writes this page.`;
}

function table(suites) {
  return [
    "| Component | Versions | Tests | Result | Remark |",
    "| --- | --- | ---: | --- | --- |",
    ...suites.map(({ tested, titles, failed, pending }) => {
      const result = failed > 0 ? `${failed} failed` : pending > 0 ? `${pending} skipped` : "works";
      const { name, versions, remark = "" } = tested;
      return `| ${name} | ${versions.join(", ")} | ${titles.length} | ${result} | ${remark} |`;
    }),
  ].join("\n");
}

/** The titles of the tests, each once, below the names of the suites that have it. */
function checks(suites) {
  const holders = new Map();
  for (const { tested, titles } of suites) {
    for (const title of titles.map(withoutTransport)) {
      holders.set(title, (holders.get(title) ?? new Set()).add(tested.name));
    }
  }
  const groups = new Map();
  for (const [title, names] of holders) {
    const heading = [...names].join(", ");
    groups.set(heading, [...(groups.get(heading) ?? []), title]);
  }
  return [...groups]
    .map(([heading, titles]) => `**${heading}**\n\n${titles.map((title) => `- ${title}`).join("\n")}`)
    .join("\n\n");
}

/** Tests that differ only by transport are on one line; row numbers are removed. */
function withoutTransport(title) {
  const ways = "(?:polling, then websocket|polling|websocket)";
  return title
    .replace(new RegExp(`^over ${ways} `), "")
    .replace(new RegExp(`,? over ${ways}$`), "")
    .replace(/ \[[T\d, ]+\]$/, "");
}
