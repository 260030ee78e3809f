/** Numbers as people read them, the row of present values, and the tables. */

const byId = (id) => document.getElementById(id);
const integer = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const count = (value) => integer.format(value);

export const rate = (value) => `${value < 100 ? short.format(value) : integer.format(value)}/s`;

export function bytes(value) {
  const units = ["B", "kB", "MB", "GB"];
  const step = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  return `${short.format(value / 1000 ** step)} ${units[step]}`;
}

export const byteRate = (value) => `${bytes(value)}/s`;

export function duration(seconds) {
  if (seconds === null || seconds === undefined) {
    return "–";
  }
  if (seconds === 0) {
    return "0";
  }
  if (seconds < 0.001) {
    return `${short.format(seconds * 1e6)} µs`;
  }
  return seconds < 1 ? `${short.format(seconds * 1000)} ms` : `${short.format(seconds)} s`;
}

export const total = (object) => Object.values(object).reduce((sum, value) => sum + value, 0);

const tiles = [
  ["Connections", (sample) => count(total(sample.connections)), ({ sockets }) => `${count(sockets)} sockets`],
  ["Events in", ({ events }) => rate(events.in), (sample) => byteRate(sample.bytes.in)],
  ["Events out", ({ events }) => rate(events.out), (sample) => byteRate(sample.bytes.out)],
  ["Handlers, p99", ({ handlers }) => duration(handlers.p99), ({ errors }) => `${count(errors)} errors`],
  ["Waiting", ({ waiting }) => bytes(waiting), () => "not read by clients"],
  ["Guards", ({ guards }) => count(total(guards)), () => "reports"],
];

export function showTiles(sample) {
  const list = byId("tiles");
  list.replaceChildren(
    ...tiles.map(([name, value, more]) => {
      const tile = document.createElement("div");
      tile.append(
        element("dt", name),
        element("dd", value(sample)),
        element("dd", more(sample), { className: "more" }),
      );
      return tile;
    }),
  );
}

export function showTables({ slowest, guards }) {
  fill(
    "slowest",
    slowest.map(({ namespace, event, calls, p50, p99 }) => [
      namespace === "/" ? event : `${event} in ${namespace}`,
      count(calls),
      duration(p50),
      duration(p99),
    ]),
  );
  fill(
    "guards",
    Object.entries(guards)
      .sort(([, one], [, other]) => other - one)
      .map(([code, reports]) => [code, count(reports)]),
  );
}

function fill(id, rows) {
  const table = byId(id);
  table.hidden = rows.length === 0;
  table.parentElement.querySelector(".empty").hidden = rows.length > 0;
  table.tBodies[0].replaceChildren(
    ...rows.map(([first, ...numbers]) => {
      const row = document.createElement("tr");
      row.append(
        element("th", first, { scope: "row" }),
        ...numbers.map((text) => element("td", text, { className: "number" })),
      );
      return row;
    }),
  );
}

export function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties });
}
