/** Figures of benchmark/results.json in texts, and claims of speed in texts that are typed instead of quoted. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median } from "../benchmark/statistics.mjs";

const results = fileURLToPath(new URL("../benchmark/results.json", import.meta.url));

/** @typedef {import("../benchmark/session.mjs").Line} Line */

const figure = /<!-- figure: ([^>]+?) ([a-z]+) -->(.*?)<!-- \/figure -->/g;

/** How a line of the results is quoted. Its ratios are reference / other. */
const kinds = {
  /** What the reference server takes, divided by what this library takes: `1.6`. */
  ratio: ({ ratios }) => digits(ratios.ours.median),
  /** What the bare socket takes, as a share of what this library takes: `79%`. */
  floor: ({ ratios }) => percent(ratios.ours.median / ratios.floor.median),
  /** What this library takes: `9.6 µs`. */
  value: (line) => amount(taken(line), line.unit),
  /** What the reference server takes. */
  reference: (line) => amount(referenceOf(line), line.unit),
  /** How often one core can do it in a second, rounded down: `100,000`. */
  core: (line) => roundedDown(1e6 / taken(line)),
  /** How many fit into 1 GB, rounded down. */
  gigabyte: (line) => roundedDown(1e9 / taken(line)),
};

/** @returns {Line[]} */
export function readResults() {
  return JSON.parse(readFileSync(results, "utf8")).lines;
}

/**
 * The text with the figures of the results.
 *
 * @param {string} text
 * @param {Line[]} lines
 * @param {(sentence: string) => void} onProblem
 */
export function withFigures(text, lines, onProblem) {
  let found = 0;
  const fresh = text.replace(figure, (quotation, id, kind) => {
    found++;
    const line = lines.find((one) => one.id === id);
    if (!line?.ratios.ours || !kinds[kind] || (kind === "floor" && !line.ratios.floor)) {
      onProblem(`there is no figure "${id} ${kind}" in benchmark/results.json`);
      return quotation;
    }
    return `<!-- figure: ${id} ${kind} -->${kinds[kind](line)}<!-- /figure -->`;
  });
  if (found !== text.split("<!-- figure:").length - 1) {
    onProblem("a comment that begins a figure has no end");
  }
  return fresh;
}

const ratio =
  /\b\d+(?:\.\d+)?(?: times| percent|-fold| ?x)\b|\d ?[×%]|\b(?:half|twice|(?:a|one|two|three) (?:third|quarter|fifth|sixth|seventh|eighth|tenth)s?)\b/i;
/** A time that is only spent on a machine. */
const time = /\d (?:µs|ns)\b/;
const cost = /\b(?:CPU|faster|slower|cheaper|memory|RSS|heap|takes?|costs?|needs?)\b/i;

/** How large something may be, and how often something happened: not how fast it is. */
const notSpeed = [
  /(?:times|half of) `/,
  /runs [\d,]+ times/,
  /need 13 times that much memory/,
  /half of the memory is free/,
];

/**
 * The sentences and the rows of tables that state how much less or more something takes, without a quoted figure.
 *
 * @param {string} text
 */
export function typedClaims(text) {
  const prose = text
    .replace(/^```[\s\S]*?^```$/gm, "")
    .replace(/^<!-- table: .* -->\n+(?:\|.*\n)+/gm, "")
    .replace(figure, "");
  return prose
    .split(/\n{2,}/)
    .flatMap(statements)
    .filter((one) => !notSpeed.some((pattern) => pattern.test(one)))
    .filter((one) => time.test(one) || (ratio.test(one) && cost.test(one)));
}

/** A row of a table has the meaning that its head gives it. */
function statements(paragraph) {
  if (paragraph.startsWith("|")) {
    const [head, , ...rows] = paragraph.split("\n");
    return rows.map((row) => `${head}\n${row}`);
  }
  return paragraph
    .split(/\n(?=\s*(?:[-*]|\d+\.) )/)
    .flatMap((item) => item.replace(/\s*\n\s*/g, " ").split(/(?<=[.:!?]) (?=[A-Z])/));
}

const referenceOf = ({ values: { reference } }) => median(reference);
const taken = (line) => referenceOf(line) / line.ratios.ours.median;
/** Two digits are more than runs have in common. */
const digits = (value) => (value < 100 ? value.toPrecision(2) : String(Number(value.toPrecision(2))));
const percent = (share) => `${Math.round(share * 100)}%`;
const amount = (value, unit) =>
  unit === "B" ? `${digits(value / 1000)} kB` : `${digits(value)} ${unit.split(" ", 1)[0]}`;

function roundedDown(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return (Math.floor(value / power) * power).toLocaleString("en");
}
