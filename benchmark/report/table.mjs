/** The table of results, as Markdown that is also readable in a terminal. */
import { median } from "../statistics.mjs";

/** @typedef {import("../session.mjs").Line} Line */

/**
 * @param {Line[]} lines
 * @param {import("../subjects.mjs").Subject[]} subjects
 */
export function table(lines, subjects) {
  const others = subjects.filter(({ name }) => name !== "reference");
  const head = ["", "what", "load", "reference", ...others.map(({ title }) => title), "at least", "beyond"];
  const body = lines.map((line) => [
    line.id,
    line.what,
    line.load,
    line.values.reference?.length > 0 ? amount(median(line.values.reference), line.unit) : "-",
    ...others.map(({ name }) => ratio(line.ratios[name])),
    goalCell(line, "least"),
    goalCell(line, "beyond"),
  ]);
  return align([head, ...body]);
}

/** With three digits, and bytes as kB. */
export function amount(value, unit) {
  return unit === "B" ? `${digits(value / 1000)} kB` : `${digits(value)} ${unit}`;
}

function digits(value) {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** @param {import("../statistics.mjs").Summary | undefined} summary */
export function ratio(summary) {
  if (!summary) {
    return "-";
  }
  const [middle, min, max] = [summary.median, summary.min, summary.max].map((value) => value.toFixed(2));
  return `${middle} (${min}-${max})`;
}

/**
 * Whether this library reaches a goal; undefined if there is no goal, or nothing to compare.
 *
 * @param {Line} line
 * @param {"least" | "beyond"} which
 */
export function reached({ goal, ratios }, which) {
  return goal && ratios.ours ? ratios.ours.median >= goal[which] : undefined;
}

function goalCell(line, which) {
  if (!line.goal) {
    return "";
  }
  const verdict = reached(line, which);
  return `${line.goal[which]}${verdict === undefined ? "" : verdict ? ", reached" : ", missed"}`;
}

/** @param {string[][]} cells the first line is the head */
export function align(cells) {
  const widths = cells[0].map((_, column) => Math.max(3, ...cells.map((line) => line[column].length)));
  const shown = cells.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`);
  shown.splice(1, 0, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  return shown.join("\n");
}
