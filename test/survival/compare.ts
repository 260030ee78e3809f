/** Misuses this server and the reference server, row by row: `npm run compare:survival`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Against, type Round, runRound } from "./comparison/round";
import type { Row } from "./comparison/row";
import { chosen } from "./comparison/rows";
import { cells, circumstances, type Line, markdown, withComparison } from "./comparison/table";

const LIMITS = join(__dirname, "../../docs/limits.md");

const { values } = parseArgs({
  options: {
    /** The rows: "3,6". */
    only: { type: "string" },
    /** The file for the measurements. */
    json: { type: "string" },
    /** Whether to update the table in the document. */
    write: { type: "boolean", default: false },
    document: { type: "string", default: LIMITS },
    /** The number of rounds; of several rounds that the server survived, the one with the shortest stall is used. */
    rounds: { type: "string", default: "2" },
    /** `dist`, which must be built, or `lib`. */
    subject: { type: "string", default: "dist" },
  },
});

const rounds = Number(values.rounds);

/** The servers to which a row is applied. */
function servers({ guard }: Row): [title: string, against: Against][] {
  return [
    ["reference", { subject: "reference", guarded: false }],
    ["this library", { subject: values.subject, guarded: false }],
    ...(guard
      ? [[`with ${guard.text}`, { subject: values.subject, guarded: true }] satisfies [string, Against]]
      : []),
  ];
}

async function main(): Promise<void> {
  const rows = chosen(values.only);
  if (values.write && values.only !== undefined && values.document === LIMITS) {
    throw new Error("--write writes all rows: leave --only out, or name another --document");
  }
  const lines: Line[] = [];
  for (const row of rows) {
    for (const line of await compare(row)) {
      lines.push(line);
      show(line);
    }
  }
  const text = `${circumstances(new Date(), rounds)}\n\n${markdown(lines)}`;
  if (values.json) {
    const results = lines.map(({ row: { id, what }, server, round }) => ({ id, what, server, ...round }));
    writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  if (values.write && lines.some(({ round }) => round.unfinished)) {
    throw new Error("Nothing is written, since an attack was not finished");
  }
  if (values.write) {
    writeFileSync(values.document, withComparison(readFileSync(values.document, "utf8"), text));
  }
  // the last line of a row is this library with all of its guards
  const last = new Map(lines.map((line) => [line.row, line]));
  process.exitCode = [...last.values()].every(({ round }) => round.survived) ? 0 : 1;
}

/** One line for each server. The servers take turns, since other work on the machine affects rounds. */
async function compare(row: Row): Promise<Line[]> {
  const best = new Map<string, Round>();
  for (let i = 0; i < rounds; i++) {
    for (const [server, against] of servers(row)) {
      const before = best.get(server);
      if (before === undefined || before.survived) {
        const round = await runRound(row, against);
        best.set(server, before && round.survived ? quieter(before, round) : round);
      }
    }
  }
  return [...best].map(([server, round]) => ({ row, server, round }));
}

function quieter(one: Round, other: Round): Round {
  return (other.stall as number) < (one.stall as number) ? other : one;
}

function show(line: Line): void {
  const shown = cells(line);
  const wait = `longest wait ${Math.round(line.round.wait)} ms, ${line.round.answers} answers`;
  console.log(
    `${shown["#"].padStart(3)}  ${shown.Server}: ${line.round.survived ? "survives" : "does NOT survive"}; at most ${shown["Memory at most, MB"]} MB, kept ${shown["Memory kept, MB"] || "?"} MB, stall ${shown["Longest stall, ms"] || "?"} ms, ${wait}; ${shown["What happens"]}`,
  );
  if (line.round.unfinished) {
    console.log(`     the attack was not finished: ${line.round.unfinished.split("\n", 1)[0]}`);
  }
}

main();
