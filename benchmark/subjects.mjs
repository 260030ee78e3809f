/** The subjects of the benchmark: this library, the reference server, the naive server, the floor and the peers. */

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {string} title
 * @property {string} file of the server, in servers/
 * @property {string} packageName the argument of require() for the measured package
 * @property {keyof typeof import("./wire/dialects.mjs").dialects} dialect
 * @property {boolean} [library] speaks Socket.IO and can be measured within a process
 * @property {boolean} [peer] must be installed first
 * @property {string[]} [only] the rows in which it can take part
 */

/** The rows for a peer without comparable polling, TLS and compression. */
const common = ["W1", "W2", "W3", "W3m", "W4", "W4s", "W5", "W6", "LAT"];

/** @type {Subject[]} */
export const subjects = [
  {
    name: "reference",
    title: "reference",
    file: "socketio.mjs",
    packageName: "socket.io-reference",
    dialect: "socketIo",
    library: true,
  },
  {
    name: "ours",
    title: "this library",
    file: "socketio.mjs",
    packageName: "../..",
    dialect: "socketIo",
    library: true,
  },
  {
    name: "control",
    title: "reference again",
    file: "socketio.mjs",
    packageName: "socket.io-reference",
    dialect: "socketIo",
    library: true,
  },
  { name: "naive", title: "naive ws", file: "naive.mjs", packageName: "ws", dialect: "plain" },
  { name: "floor", title: "floor", file: "floor.mjs", packageName: "", dialect: "plain" },
  {
    name: "otel",
    title: "this library with OpenTelemetry",
    file: "observed.mjs",
    packageName: "../../dist/opentelemetry",
    dialect: "socketIo",
    peer: true,
    only: ["W1", "W3", "W4"],
  },
  {
    name: "reference-otel",
    title: "reference with OpenTelemetry",
    file: "observed.mjs",
    packageName: "@opentelemetry/instrumentation-socket.io",
    dialect: "socketIo",
    peer: true,
    only: ["W1", "W3", "W4"],
  },
  {
    name: "eiows",
    title: "reference on eiows",
    file: "eiows.mjs",
    packageName: "socket.io-reference",
    dialect: "socketIo",
    peer: true,
    only: [...common, "W5p"],
  },
  {
    name: "uws",
    title: "µWebSockets.js",
    file: "uws.mjs",
    packageName: "uwebsockets",
    dialect: "plain",
    peer: true,
    only: [...common, "FAIR"],
  },
  {
    name: "sockjs",
    title: "sockjs",
    file: "sockjs.mjs",
    packageName: "sockjs",
    dialect: "sockjs",
    peer: true,
    only: common,
  },
  {
    name: "primus",
    title: "primus",
    file: "primus.mjs",
    packageName: "primus",
    dialect: "primus",
    peer: true,
    only: common,
  },
  {
    name: "faye",
    title: "faye",
    file: "faye.mjs",
    packageName: "faye",
    dialect: "faye",
    peer: true,
    only: ["W1", "W2", "W5", "W6"],
  },
  {
    name: "fastify-websocket",
    title: "@fastify/websocket",
    file: "fastify-websocket.mjs",
    packageName: "@fastify/websocket",
    dialect: "plain",
    peer: true,
    only: common,
  },
];

export const peers = subjects.filter(({ peer }) => peer);

/** @param {Subject} subject @param {import("./rows.mjs").Row} row */
export function takesPart(subject, row) {
  if (row.libraries) {
    return subject.library === true;
  }
  if (row.polling && subject.dialect !== "socketIo") {
    return false;
  }
  return subject.only?.includes(row.id) ?? true;
}
