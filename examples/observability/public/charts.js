/** The plots: one for each quantity, over the same time. */
import { byteRate, bytes, count, duration, element, rate } from "./figures.js";
import uPlot from "./uPlot.js";

const charts = [
  {
    title: "Connections",
    note: "Open connections, by transport.",
    format: count,
    lines: {
      WebSocket: ({ connections }) => connections.websocket ?? 0,
      polling: ({ connections }) => connections.polling ?? 0,
      other: ({ connections }) => (connections.webtransport ?? 0) + (connections.sse ?? 0),
    },
  },
  {
    title: "Events",
    note: "A broadcast counts once.",
    format: rate,
    lines: { in: ({ events }) => events.in, out: ({ events }) => events.out },
  },
  {
    title: "Bytes",
    note: "Packets of all clients, before compression.",
    format: byteRate,
    lines: { in: ({ bytes }) => bytes.in, out: ({ bytes }) => bytes.out },
  },
  {
    title: "Handlers",
    note: "Time of the handlers, promises included.",
    format: duration,
    lines: { p50: ({ handlers }) => handlers.p50, p99: ({ handlers }) => handlers.p99 },
  },
  {
    title: "Acknowledgements",
    note: "Time until clients answered, such as this page.",
    format: duration,
    lines: { p50: ({ acks }) => acks.p50, p99: ({ acks }) => acks.p99 },
  },
  {
    title: "Waiting",
    note: "Bytes in memory that clients have not read yet.",
    format: bytes,
    lines: { waiting: ({ waiting }) => waiting },
  },
];

const colours = ["--first", "--second", "--third"];
const dashes = [[], [6, 4], [2, 3]];
const height = 160;

/** All plots; `show()` draws samples. */
export function createCharts(place) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const created = charts.map((chart) => createChart(chart, place));
  dark.addEventListener("change", () => {
    for (const { redraw } of created) {
      redraw();
    }
  });
  return {
    show(samples, period) {
      for (const { show } of created) {
        show(samples, period);
      }
    },
  };
}

function createChart({ title, note, format, lines }, place) {
  const figure = document.createElement("figure");
  const heading = element("h2", title, { id: `chart-${title.toLowerCase()}` });
  const caption = document.createElement("figcaption");
  const values = document.createElement("dl");
  const canvas = document.createElement("div");
  caption.append(heading, element("p", note, { className: "note" }));
  figure.append(caption, values, canvas);
  figure.tabIndex = 0;
  figure.setAttribute("aria-labelledby", heading.id);
  place.append(figure);

  const outputs = Object.keys(lines).map((name, index) => {
    const item = document.createElement("div");
    const output = element("dd", "–");
    item.append(element("dt", name, { className: `line-${index}` }), output);
    values.append(item);
    return output;
  });
  const when = element("p", "", { className: "when" });
  values.append(when);

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  const axis = {
    stroke: () => colour("--soft"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  const plot = new uPlot(
    {
      width: 300,
      height,
      padding: [8, 4, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: "server" }, drag: { x: false, y: false }, y: false, points: { size: 7 } },
      scales: {
        x: { time: true, range: (_plot, low, high) => [Math.min(low, high - 60), high] },
        y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.15 : 1] },
      },
      axes: [
        { ...axis, size: 28, space: 70, values: (_plot, times) => times.map(clock) },
        { ...axis, size: 62, space: 34, values: (_plot, ticks) => ticks.map(format) },
      ],
      series: [
        {},
        ...Object.keys(lines).map((label, index) => ({
          label,
          stroke: () => colour(colours[index]),
          width: 2,
          dash: dashes[index],
          points: { size: 4 },
        })),
      ],
      hooks: { setCursor: [showValues] },
    },
    [[], ...outputs.map(() => [])],
    canvas,
  );

  /** The values under the cursor, or the latest ones. */
  function showValues() {
    const { idx } = plot.cursor;
    const at = idx ?? plot.data[0].length - 1;
    for (const [index, output] of outputs.entries()) {
      const value = plot.data[index + 1][at];
      output.textContent = value === undefined || value === null ? "–" : format(value);
    }
    when.textContent = idx === null || idx === undefined ? "" : clock(plot.data[0][idx]);
  }

  new ResizeObserver(() => plot.setSize({ width: canvas.clientWidth, height })).observe(canvas);

  figure.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const times = plot.data[0];
    if (event.key === "Escape") {
      plot.setCursor({ left: -10, top: -10 });
    } else if (step !== undefined && times.length > 0) {
      event.preventDefault();
      const from = plot.cursor.idx ?? times.length - 1 - Math.min(step, 0) - 1;
      const index = Math.min(Math.max(from + step, 0), times.length - 1);
      plot.setCursor({ left: plot.valToPos(times[index], "x"), top: 10 });
    }
  });
  figure.addEventListener("blur", () => plot.setCursor({ left: -10, top: -10 }));

  return {
    redraw: () => plot.redraw(false, true),
    show(samples, period) {
      const shown = samples.filter(({ at }) => at >= (samples.at(-1)?.at ?? 0) - period * 1000);
      plot.setData([
        shown.map(({ at }) => at / 1000),
        ...Object.values(lines).map((value) => shown.map(value)),
      ]);
      showValues();
    },
  };
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB");
