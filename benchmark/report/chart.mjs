/** The chart of results: one bar for each server in each row, as SVG. */

/** @typedef {import("../session.mjs").Line} Line */

const accent = "#2563eb";
const palette = ["#9ca3af", "#d1d5db", "#f59e0b", "#10b981", "#ef4444", "#8b5cf6", "#14b8a6", "#ec4899"];

/** This library always has the same colour. */
function colours(subjects) {
  const others = subjects.filter(({ name }) => name !== "ours");
  return new Map(
    subjects.map((subject) => [
      subject,
      subject.name === "ours" ? accent : palette[others.indexOf(subject) % palette.length],
    ]),
  );
}

const width = 1040;
const left = 430;
const right = 60;
const top = 70;
const bar = 13;
const gap = 12;

/**
 * The scale is logarithmic: twice as good and half as good are equally far from 1.
 *
 * @param {Line[]} lines
 * @param {import("../subjects.mjs").Subject[]} subjects
 * @param {string} caption
 */
export function chart(lines, subjects, caption) {
  const others = subjects.filter(({ name }) => name !== "reference");
  const groups = lines
    .filter(({ control }) => !control)
    .map((line) => ({ line, bars: others.filter(({ name }) => line.ratios[name]) }))
    .filter(({ bars }) => bars.length > 0);
  const x = scale(groups.flatMap(({ line }) => Object.values(line.ratios).map(({ median }) => median)));
  const colour = colours(others);
  const parts = [];
  let y = top;
  for (const { line, bars } of groups) {
    const height = bars.length * bar;
    parts.push(text(left - 8, y + height / 2 + 4, `${line.id}: ${line.what}`, { anchor: "end" }));
    for (const subject of bars) {
      const { median } = line.ratios[subject.name];
      parts.push(barOf(x, y, median, colour.get(subject)));
      y += bar;
    }
    y += gap;
  }
  const bottom = y;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 40}" ` +
      `viewBox="0 0 ${width} ${bottom + 40}" font-family="sans-serif" font-size="11">`,
    "<title>What each server takes, compared to the reference</title>",
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(16, 22, "How many times less than the reference (CPU, memory or time; further right is better)", {
      size: 14,
    }),
    ...legend(colour),
    ...x.ticks.map((tick) => gridLine(x(tick), bottom, tick)),
    ...parts,
    text(16, bottom + 32, caption, { fill: "#6b7280" }),
    "</svg>",
    "",
  ].join("\n");
}

/** Converts a ratio to a position; powers of two are the ticks. @param {number[]} ratios */
export function scale(ratios) {
  const low = Math.min(-1, ...ratios.map((ratio) => Math.floor(Math.log2(ratio))));
  const high = Math.max(1, ...ratios.map((ratio) => Math.ceil(Math.log2(ratio))));
  const place = (ratio) =>
    Math.round((left + ((Math.log2(ratio) - low) / (high - low)) * (width - left - right)) * 10) / 10;
  place.ticks = Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i));
  return place;
}

function barOf(x, y, value, fill) {
  const [from, to] = [x(1), x(value)].sort((a, b) => a - b);
  const length = Math.max(1, Math.round((to - from) * 10) / 10);
  return [
    `<rect x="${from}" y="${y}" width="${length}" height="${bar - 2}" fill="${fill}"/>`,
    text(Math.max(x(1), to) + 4, y + bar - 3, value.toFixed(2), { size: 10, fill: "#374151" }),
  ].join("\n");
}

function gridLine(x, bottom, tick) {
  const stroke = tick === 1 ? "#111827" : "#e5e7eb";
  return [
    `<line x1="${x}" y1="${top - 6}" x2="${x}" y2="${bottom}" stroke="${stroke}"/>`,
    text(x, bottom + 12, String(tick), { anchor: "middle", fill: "#6b7280" }),
  ].join("\n");
}

function legend(colour) {
  let x = 16;
  return [...colour].map(([{ title }, fill]) => {
    const at = x;
    x += 28 + title.length * 6.5;
    return [`<rect x="${at}" y="38" width="11" height="11" fill="${fill}"/>`, text(at + 15, 48, title)].join(
      "\n",
    );
  });
}

function text(x, y, content, { anchor = "start", size = 11, fill = "#111827" } = {}) {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}" fill="${fill}">${escaped(content)}</text>`;
}

function escaped(content) {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
