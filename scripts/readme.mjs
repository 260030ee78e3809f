/**
 * Keeps the quotations in README.md and docs/ equal to their sources.
 *
 *   node scripts/readme.mjs            rewrites each marked block
 *   node scripts/readme.mjs --check    changes nothing, prints the blocks that are out of date, fails if there are any
 *
 * A block is marked by a comment directly above it:
 *
 *   <!-- example: examples/express/index.js -->    the file, which the tests run
 *   <!-- changes: examples/chat-in-ten-steps/04/server.js#03 -->   the lines that differ from ../03/server.js
 *   <!-- rooms: lib -->                            the files of the folder, each with its first sentence
 *   <!-- table: benchmark/heap.md -->              the table in the file
 *   <!-- channels: lib/diagnostics/channels.ts#plain -->           the diagnostics channels of this kind
 *   <!-- message: lib/diagnostics/messages.ts#EventMessage -->     the members of this interface
 *
 * A figure of the benchmark is marked in the text; scripts/figures.mjs lists the kinds:
 *
 *   <!-- figure: W1 ratio -->1.6<!-- /figure -->
 *
 * Pages can be given as arguments; the default is all pages. Paths are relative to the root of the repository.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { changedLines } from "./changed-lines.mjs";
import { channelTable, messageTable } from "./channel-tables.mjs";
import { readResults, typedClaims, withFigures } from "./figures.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes("--check");
const named = process.argv.slice(2).filter((argument) => argument !== "--check");

const marker = /^<!-- (?:example|changes|rooms|table|channels|message):/gm;
const markedBlock =
  /^<!-- (example|changes|rooms|table|channels|message): (\S+) -->\n+(?:```[^\n]*\n(?:[\s\S]*?\n)??```|\|.*(?:\n\|.*)*)$/gm;
const writers = {
  example,
  changes,
  rooms,
  table,
  channels: partOf(channelTable),
  message: partOf(messageTable),
};
const results = readResults();
const problems = [];

for (const page of named.length > 0 ? named : allPages()) {
  const path = resolve(root, page);
  const text = readFileSync(path, "utf8");
  let blocks = 0;
  const blocksFresh = text.replace(markedBlock, (block, kind, source) => {
    blocks++;
    if (!existsSync(join(root, source.replace(/#.*/, "")))) {
      problems.push(`${page}: there is no ${source}`);
      return block;
    }
    const wanted = `<!-- ${kind}: ${source} -->\n${writers[kind](source)}`;
    if (check && wanted !== block) {
      problems.push(`${page}: the block differs from ${source} (node scripts/readme.mjs rewrites it)`);
    }
    return wanted;
  });
  if (blocks !== (text.match(marker) ?? []).length) {
    problems.push(`${page}: a comment that marks a block has none right below it`);
  }
  const fresh = withFigures(blocksFresh, results, (problem) => problems.push(`${page}: ${problem}`));
  if (check && fresh !== blocksFresh) {
    problems.push(
      `${page}: a figure differs from benchmark/results.json (node scripts/readme.mjs rewrites it)`,
    );
  }
  for (const claim of typedClaims(text)) {
    problems.push(`${page}: quote the figure of the benchmark in: ${claim}`);
  }
  if (!check && fresh !== text) {
    writeFileSync(path, fresh);
    console.log(`${page}: rewritten`);
  }
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
}

function allPages() {
  const docs = readdirSync(join(root, "docs"), { recursive: true }).filter((file) => file.endsWith(".md"));
  return ["README.md", ...docs.sort().map((file) => join("docs", file))];
}

function read(file) {
  return readFileSync(join(root, file), "utf8");
}

function example(file) {
  const language = { ".cjs": "js", ".mjs": "js" }[extname(file)] ?? extname(file).slice(1);
  return fenced(language, read(file).trimEnd());
}

/** The source names a file and, after "#", the folder of its earlier version, beside the folder of the file. */
function changes(source) {
  const [file, folder] = source.split("#");
  const earlier = join(dirname(dirname(file)), folder, basename(file));
  return fenced("diff", changedLines(read(earlier), read(file)));
}

/** The source names a file and, after "#", a part of it. */
function partOf(tableOf) {
  return (source) => {
    const [file, part] = source.split("#");
    return tableOf(read(file), part);
  };
}

function table(file) {
  return /^\|.*(?:\n\|.*)*/m.exec(read(file))?.[0];
}

/** The core from the entry point down, then the rest by name; a folder after the files beside it. */
function rooms(folder) {
  const core = ["index", "wrapper", "server", "client", "socket"];
  const rank = (name) => (core.indexOf(name.replace(/\..*/, "")) + core.length + 1) % (core.length + 1);
  const lines = [];
  const list = (path, indent) => {
    const entries = readdirSync(join(root, path), { withFileTypes: true }).sort(
      (a, b) =>
        a.isDirectory() - b.isDirectory() || rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1),
    );
    for (const entry of entries) {
      if (entry.isDirectory()) {
        lines.push({ name: `${indent}${entry.name}/`, sentence: "" });
        list(join(path, entry.name), `${indent}  `);
      } else {
        lines.push({ name: indent + entry.name, sentence: firstSentence(join(path, entry.name)) });
      }
    }
  };
  list(folder, "  ");
  const width = Math.max(...lines.map(({ name }) => name.length)) + 2;
  const map = lines.map(({ name, sentence }) => (name.padEnd(width) + sentence).trimEnd());
  return fenced("text", [`${folder}/`, ...map].join("\n"));
}

function firstSentence(file) {
  const [, comment] = /^\/\*\*([\s\S]*?)\*\//.exec(read(file)) ?? [];
  if (comment === undefined) {
    problems.push(`${file} does not begin with a sentence that says what it is for`);
    return "";
  }
  const text = comment.replace(/\s*\n\s*\*?\s*/g, " ").trim();
  return (/^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text).replace(/\.$/, "");
}

function fenced(language, text) {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
