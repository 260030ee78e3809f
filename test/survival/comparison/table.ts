/** Formats the measurements, for a terminal and for docs/limits/comparison.md. */
import { cpus } from "node:os";
import type { Round } from "./round";
import type { Row } from "./row";
import type { Quiet, Verdict } from "./verdict";

const { version: reference } = require("socket.io-reference/package.json");

/** One line of the table. */
export interface Line {
  row: Pick<Row, "id" | "what" | "outcome">;
  server: string;
  round: Round;
  /** Missing for the reference. */
  verdict?: Verdict;
}

export const columns = [
  "#",
  "What is done to the server",
  "Server",
  "Survives",
  "At most, MB",
  "Kept, MB",
  "Stall, ms",
  "Wait, ms",
  "What happens",
  "Compared",
] as const;

export type Cells = Record<(typeof columns)[number], string>;

const milliseconds = (value: number | undefined) => (value === undefined ? "" : String(Math.round(value)));

const megabytes = (bytes: number | undefined) =>
  bytes === undefined ? "" : String(Math.max(0, Math.round(bytes / (1024 * 1024))));

/** The cells of a line. */
export function cells({ row, server, round, verdict }: Line): Cells {
  const { survived, end, peak, kept, stall, wait, codes, facts, unfinished } = round;
  const happens = survived ? row.outcome(facts) : (end ?? "");
  const notes = [
    ...codes.map((code) => `\`${code}\``),
    ...(unfinished ? ["(the attack was not finished)"] : []),
  ];
  return {
    "#": row.id,
    "What is done to the server": row.what,
    Server: server,
    Survives: survived ? "yes" : "**no**",
    "At most, MB": megabytes(peak),
    "Kept, MB": megabytes(kept),
    "Stall, ms": milliseconds(stall),
    "Wait, ms": survived ? milliseconds(wait) : "",
    "What happens": [happens, ...notes].join(" "),
    Compared: verdict ? wordsOf(verdict) : "",
  };
}

/** Formats "better (memory, stall)". */
function wordsOf({ word, by }: Verdict): string {
  const shown = word === "worse" ? "**worse**" : word;
  return by.length > 0 ? `${shown} (${by.join(", ")})` : shown;
}

/** A line for the terminal. */
export function described(line: Line): string {
  const shown = cells(line);
  const figure = (column: keyof Cells) => shown[column] || "?";
  return [
    `${shown["#"].padStart(3)}  ${shown.Server}: ${line.round.survived ? "survives" : "does NOT survive"}`,
    `at most ${figure("At most, MB")} MB, kept ${figure("Kept, MB")} MB, stall ${figure("Stall, ms")} ms`,
    `longest wait ${milliseconds(line.round.wait)} ms, ${line.round.answers} answers`,
    shown["What happens"],
    ...(shown.Compared ? [shown.Compared] : []),
    ...(line.round.unfinished ? [`NOT FINISHED: ${line.round.unfinished.split("\n", 1)[0]}`] : []),
  ].join("; ");
}

/** A table in Markdown; the subject of a row is in its first line only. */
export function markdown(lines: Line[]): string {
  const bodies = lines.map((line, index) => {
    const shown = cells(line);
    if (lines[index - 1]?.row.id === line.row.id) {
      shown["#"] = "";
      shown["What is done to the server"] = "";
    }
    return columns.map((column) => shown[column].replaceAll("|", "\\|"));
  });
  return [[...columns], columns.map(() => "---"), ...bodies]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** The machine and the versions of the measurement. */
export function circumstances(now: Date, rounds: number, { stall, wait }: Quiet): string {
  const cores = cpus();
  const day = now.toISOString().slice(0, 10);
  return `Measured on ${day} with Node.js ${process.versions.node} on ${process.platform}, ${cores.length} cores (${cores[0].model.trim()}). The reference is version ${reference}. Rounds: ${rounds}. Without an attack, the stall was ${milliseconds(stall)} ms and the wait ${milliseconds(wait)} ms.`;
}

const begin = "<!-- comparison: npm run compare:survival -- --write -->";
const end = "<!-- end of the comparison -->";

/** Replaces the text between the two marks of the document. */
export function withComparison(document: string, text: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from || document.indexOf(begin, from + 1) >= 0) {
    throw new Error(`The document does not have the marks ${begin} and ${end}, once each`);
  }
  return `${document.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${document.slice(to)}`;
}
