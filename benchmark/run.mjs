/** Measures this library, the reference server, a naive server, the floor and the peers: see README.md. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chooseRows, parseArguments, usage } from "./arguments.mjs";
import { stopChildren } from "./child.mjs";
import { installPackages, missingPart, missingParts, versionsOf } from "./peers.mjs";
import { compare } from "./report/against.mjs";
import { chart } from "./report/chart.mjs";
import { document, heading, legend } from "./report/document.mjs";
import { machine, machineLine } from "./report/machine.mjs";
import { reached, table } from "./report/table.mjs";
import { rowsFor } from "./rows.mjs";
import { measureRows } from "./session.mjs";
import { subjects as allSubjects } from "./subjects.mjs";

const say = (text) => process.stderr.write(`${text}\n`);

for (const [signal, code] of /** @type {const} */ ([
  ["SIGINT", 130],
  ["SIGTERM", 143],
])) {
  process.once(signal, async () => {
    await stopChildren();
    process.exit(code);
  });
}

/** @returns {Promise<number>} the exit code */
async function main(args) {
  let options;
  let rows;
  let earlier;
  try {
    options = parseArguments(args);
    rows = chooseRows(rowsFor(options), options);
    if (options.write && (options.only || options.quick)) {
      throw new Error("--write needs a full run: the documentation quotes its figures");
    }
    // read first: it may be the file that --write replaces
    earlier = options.against && JSON.parse(readFileSync(options.against, "utf8"));
  } catch (error) {
    say(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.peers.length > 0 || rows.some((row) => missingParts(row).packages.length > 0)) {
    await installPackages(say, { optional: options.peers.length > 0 });
  }
  const notes = [];
  const subjects = present(options, notes);
  const measurable = possible(rows, notes);
  const { lines, problems } = await measureRows(measurable, subjects, options, say);
  const run = {
    date: new Date().toISOString().slice(0, 10),
    command: ["node benchmark/run.mjs", ...args].join(" "),
    machine: machine(),
    versions: versionsOf(subjects, measurable),
    lines,
    notes: [...notes, ...problems.map(({ text }) => text)],
  };
  console.log([heading(run), legend, table(lines, subjects), ...run.notes].join("\n\n"));
  write(options, run, subjects);
  const missed = lines.filter((line) => reached(line, "least") === false).map(({ id }) => id);
  if (options.check && missed.length > 0) {
    say(`Goals missed: ${missed.join(", ")}`);
  }
  const { worse, skipped } = earlier ? compare(earlier.lines, lines) : { worse: [], skipped: [] };
  for (const sentence of [...skipped, ...worse]) {
    say(sentence);
  }
  const failed = problems.some(({ peer }) => !peer) || lines.length === 0 || worse.length > 0;
  return failed || (options.check && missed.length > 0) ? 1 : 0;
}

/** The subjects that were requested and are installed. */
function present({ subjects: names }, notes) {
  return allSubjects.filter((subject) => {
    const missing = names.includes(subject.name) ? missingPart(subject) : "";
    if (missing && !subject.peer) {
      throw new Error(`${subject.title}: ${missing}`);
    }
    if (missing) {
      notes.push(`${subject.title} is left out: ${missing}`);
      say(notes.at(-1));
    }
    return missing === undefined;
  });
}

/** The rows whose packages and programs are installed. */
function possible(rows, notes) {
  return rows.filter((row) => {
    const { packages, programs } = missingParts(row);
    const missing = [...packages, ...programs];
    if (missing.length > 0) {
      notes.push(
        `${row.metrics.map(({ id }) => id).join(", ")}: left out, ${missing.join(", ")} is not installed`,
      );
      say(notes.at(-1));
    }
    return missing.length === 0;
  });
}

function write({ json, write: writeResults }, run, subjects) {
  const text = `${JSON.stringify(run, null, 1)}\n`;
  if (json) {
    writeFileSync(json, text);
  }
  if (writeResults) {
    const to = (file) => new URL(file, import.meta.url);
    const caption = `${run.date}; ${machineLine(run.machine)}`;
    writeFileSync(to("results.md"), document(run, subjects));
    writeFileSync(to("results.json"), text);
    writeFileSync(to("results.svg"), chart(run.lines, subjects, caption));
    say(execFileSync(process.execPath, [fileURLToPath(to("../scripts/readme.mjs"))], { encoding: "utf8" }));
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(`The benchmark has failed: ${error.stack}`);
  process.exitCode = 1;
} finally {
  await stopChildren();
}
