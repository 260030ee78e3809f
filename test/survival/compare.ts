/** Misuses this server and the reference server, row by row: `npm run compare:survival`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Round, runRound } from "./comparison/round";
import type { Row } from "./comparison/row";
import { chosen, nothing } from "./comparison/rows";
import { type Kind, kinds, nameOf } from "./comparison/servers";
import { circumstances, described, type Line, markdown, withComparison } from "./comparison/table";
import { lowest, type Quiet, verdictOf } from "./comparison/verdict";

const PAGE = join(__dirname, "../../docs/limits/comparison.md");

const { values } = parseArgs({
  options: {
    /** The rows: "3,6". */
    only: { type: "string" },
    /** The file for the measurements. */
    json: { type: "string" },
    /** Whether to update the table in the document. */
    write: { type: "boolean", default: false },
    document: { type: "string", default: PAGE },
    /** The number of rounds; of several rounds that the server survived, the lowest figures are used. */
    rounds: { type: "string", default: "2" },
    /** The most further rounds while this library seems to do worse, or an attack was not finished: it may be noise. */
    more: { type: "string", default: "3" },
    /** `dist`, which must be built, or `lib`. */
    subject: { type: "string", default: "dist" },
  },
});

const rounds = Number(values.rounds);
const more = Number(values.more);

const subjectOf = (kind: Kind) => (kind === "reference" ? "reference" : values.subject);

/** The longest times without an attack. */
async function measureQuiet(): Promise<Quiet> {
  const reference = await runRound(nothing, "reference", subjectOf("reference"));
  const ours = await runRound(nothing, "default", subjectOf("default"));
  const longest = (figure: "stall" | "wait") => Math.max(reference[figure] ?? 0, ours[figure] ?? 0);
  return { stall: longest("stall"), wait: longest("wait") };
}

/** The results of a row. */
class Comparison {
  private readonly results = new Map<Kind, Round>();

  constructor(
    private readonly row: Row,
    private readonly quiet: Quiet,
  ) {}

  /** Applies the row to each server. The servers take turns, since other work on the machine affects rounds. */
  async repeat(): Promise<void> {
    for (const kind of kinds) {
      const before = this.results.get(kind);
      if (before === undefined || before.survived) {
        const round = await runRound(this.row, kind, subjectOf(kind));
        this.results.set(kind, before && round.survived ? lowest(before, round) : round);
      }
    }
  }

  lines(): Line[] {
    const reference = this.results.get("reference") as Round;
    return [...this.results].map(([kind, round]) => ({
      row: this.row,
      server: nameOf(kind, this.row),
      round,
      ...(kind !== "reference" && { verdict: verdictOf(this.row, round, reference, this.quiet) }),
    }));
  }
}

const isWorse = ({ verdict }: Line) => verdict?.word === "worse";

/** Whether further rounds may have another result. */
const isUncertain = (line: Line) => isWorse(line) || line.round.unfinished !== undefined;

/** One line for each server. */
async function compare(row: Row, quiet: Quiet): Promise<Line[]> {
  const comparison = new Comparison(row, quiet);
  for (let i = 0; i < rounds; i++) {
    await comparison.repeat();
  }
  for (let i = 0; i < more && comparison.lines().some(isUncertain); i++) {
    await comparison.repeat();
  }
  return comparison.lines();
}

async function main(): Promise<void> {
  const rows = chosen(values.only);
  if (values.write && values.only !== undefined && values.document === PAGE) {
    throw new Error("--write writes all rows: leave --only out, or name another --document");
  }
  const quiet = await measureQuiet();
  const lines: Line[] = [];
  for (const row of rows) {
    for (const line of await compare(row, quiet)) {
      lines.push(line);
      console.log(described(line));
    }
  }
  const text = `${circumstances(new Date(), rounds, quiet)}\n\n${markdown(lines)}`;
  if (values.json) {
    const results = lines.map(({ row: { id, what }, server, round, verdict }) => ({
      id,
      what,
      server,
      verdict,
      ...round,
    }));
    writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  if (values.write) {
    writeFileSync(values.document, withComparison(readFileSync(values.document, "utf8"), text));
  }
  const worse = lines.filter(isWorse);
  console.log(
    worse.length === 0
      ? "The reference does better in no row."
      : `The reference does better in: ${worse.map(({ row, server }) => `${row.id} (${server})`).join(", ")}`,
  );
  // the last line of a row is this library with all of its guards
  const last = new Map(lines.map((line) => [line.row, line]));
  const isSafe = [...last.values()].every(({ round }) => round.survived);
  const isComplete = lines.every(({ round }) => !round.unfinished);
  process.exitCode = worse.length === 0 && isSafe && isComplete ? 0 : 1;
}

main();
