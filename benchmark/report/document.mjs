/** The page of results: benchmark/results.md. */
import { machineLine } from "./machine.mjs";
import { table } from "./table.mjs";

/**
 * @typedef {object} Run
 * @property {string} date
 * @property {string} command
 * @property {ReturnType<typeof import("./machine.mjs").machine>} machine
 * @property {Record<string, string>} versions
 * @property {import("../session.mjs").Line[]} lines
 * @property {string[]} notes the skipped parts, with reasons
 */

/** The lines above the table. @param {Run} run */
export function heading({ date, command, machine, versions }) {
  const packages = Object.entries(versions).map(([title, version]) => `${title} ${version}`);
  return [`${date}, \`${command}\``, machineLine(machine), packages.join(", ")].join("  \n");
}

export const legend = [
  "The column of the reference shows its own values (the CPU time of the server's process if the unit is µs per",
  "message). The others are paired ratios, reference / other: median (min-max) over the rounds, above 1 is better.",
].join("\n");

/** @param {Run} run @param {import("../subjects.mjs").Subject[]} subjects */
export function document(run, subjects) {
  const notes = run.notes.map((note) => `- ${note}`);
  return [
    "# Results",
    heading(run),
    legend,
    table(run.lines, subjects),
    ...(notes.length > 0 ? [notes.join("\n")] : []),
    "![The ratios as bars](results.svg)",
    "Method and rows: [README.md](README.md).",
    "",
  ].join("\n\n");
}
