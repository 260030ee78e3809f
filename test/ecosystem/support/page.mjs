/** Creates docs/ecosystem.md from the results of a test run. */
import { readFileSync } from "node:fs";
import { release } from "node:os";

/**
 * @typedef {object} Suite
 * @property {{ area: string, name: string, versions: string[], remark?: string, method?: string }} tested the name is that
 *   of the library; after a colon, it may say what the suite is about: "nginx: wrong configurations"
 * @property {string[]} titles the titles of the tests that passed
 * @property {number} failed
 * @property {number} pending
 */

/**
 * @param {Suite[]} suites
 * @param {string} [machine] when and where they ran
 */
export function ecosystemPage(suites, machine = circumstances()) {
  const parts = [part("page-intro.md"), machine];
  for (const [area, members] of sorted(grouped(suites, ({ tested }) => tested.area))) {
    parts.push(`## ${area}`, table(members), ...about(members, "remark"), folded(members));
  }
  return `${[...parts, part("page-impossible.md")].join("\n\n")}\n`;
}

function part(file) {
  return readFileSync(new URL(`./${file}`, import.meta.url), "utf8").trimEnd();
}

function circumstances() {
  const date = new Date().toISOString().slice(0, 10);
  return `Tested on ${date} with Node.js ${process.versions.node} on Linux ${release().split("-")[0]}.
\`WRITE_ECOSYSTEM=1 npm run test:ecosystem\` writes this page.`;
}

function grouped(list, keyOf) {
  const groups = new Map();
  for (const one of list) {
    const key = keyOf(one);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

const sorted = (groups) => [...groups].sort(([one], [other]) => one.localeCompare(other, "en"));
const libraryOf = ({ tested }) => tested.name.split(": ", 1)[0];
const sum = (suites, countOf) => suites.reduce((total, suite) => total + countOf(suite), 0);

/** One row for each library. */
function table(suites) {
  const rows = sorted(grouped(suites, libraryOf)).map(([library, members]) => {
    const versions = new Set(members.flatMap(({ tested }) => tested.versions));
    const passed = sum(members, ({ titles }) => titles.length);
    const failed = sum(members, (suite) => suite.failed);
    const pending = sum(members, (suite) => suite.pending);
    const result = failed > 0 ? `${failed} failed` : pending > 0 ? `${pending} skipped` : "works";
    return `| ${library} | ${[...versions].join(", ")} | ${passed} | ${result} |`;
  });
  return ["| Library | Versions | Tests | Result |", "| --- | --- | ---: | --- |", ...rows].join("\n");
}

/** The texts about each library, those about several libraries once; nothing if there are none. */
function about(suites, kind) {
  const texts = grouped(
    suites.filter(({ tested }) => tested[kind]),
    ({ tested }) => tested[kind],
  );
  const libraries = grouped([...texts], ([, members]) => [...new Set(members.map(libraryOf))].join(", "));
  const items = sorted(libraries).map(
    ([names, own]) => `- **${names}:** ${own.map(([text]) => text).join(" ")}`,
  );
  return items.length > 0 ? [items.join("\n")] : [];
}

/** How the tests use the libraries, and their titles, each once, below the names of the suites that have it. */
function folded(suites) {
  const holders = new Map();
  for (const { tested, titles } of suites) {
    for (const title of titles.map(shortened)) {
      holders.set(title, (holders.get(title) ?? new Set()).add(tested.name));
    }
  }
  const groups = grouped([...holders], ([, names]) => [...names].join(", "));
  const lists = [...groups].map(
    ([heading, held]) => `**${heading}**\n\n${held.map(([title]) => `- ${title}`).join("\n")}`,
  );
  const parts = [
    "<details>\n<summary>The tests</summary>",
    ...about(suites, "method"),
    ...lists,
    "</details>",
  ];
  return parts.join("\n\n");
}

/** Tests that differ only by transport are on one line; row numbers and seeds are removed. */
function shortened(title) {
  const ways = "(?:polling, then websocket|polling|websocket)";
  return title
    .replace(new RegExp(`^over ${ways} `), "")
    .replace(new RegExp(`,? over ${ways}$`), "")
    .replace(/ \[(?:security )?[T\d, ]+\]$/, "")
    .replace(/ \(\w*SEED=\d+\)$/, "");
}
