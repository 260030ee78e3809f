/** The rows of the table: the measurements, their loads and their goals. */
import * as measures from "./measures.mjs";

/**
 * @typedef {object} Goal how many times better than the reference
 * @property {number} least
 * @property {number} beyond
 *
 * @typedef {object} Metric one line of the table
 * @property {string} key of a value that the measurement returns
 * @property {string} id as in the table
 * @property {string} what
 * @property {string} unit
 * @property {Goal} [goal]
 * @property {boolean} [control] measures the benchmark itself
 *
 * @typedef {object} Clients the servers that rows share, with clients that stay connected
 * @property {number} count
 * @property {number} rooms
 * @property {"chat" | "reply"} [inbound]
 * @property {boolean} [tls]
 * @property {boolean} [deflate]
 * @property {number} [bytes] the size of a broadcast, if it is not the usual one
 * @property {boolean} [polling] over long-polling, from pages of another origin
 * @property {number} [nodes] several servers, connected by Redis
 * @property {"plain" | "sharded"} [adapter] of these servers
 * @property {"zod" | "valibot" | "arktype"} [checks] the library with which the event "ask" is checked
 * @property {boolean} [apart] a load generator for each server, since one process has too few descriptors
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} what
 * @property {Clients} [clients] undefined if the measurement starts its own servers
 * @property {(context: any) => Promise<Record<string, number>>} measure
 * @property {string} load the offered load, for people
 * @property {Metric[]} metrics
 * @property {boolean} [libraries] within a process: for Socket.IO libraries only
 * @property {boolean} [polling]
 * @property {boolean} [extra] not in a quick run, unless requested
 * @property {string[]} [packages] that must be installed in addition
 * @property {string[]} [programs] that must be installed
 * @property {number} [mostRounds]
 */

/** @param {number} count @returns {Clients} all in one room */
const oneRoom = (count) => ({ count, rooms: 1 });
/** @param {number} count @returns {Clients} in rooms of 20 */
const chatRooms = (count) => ({ count, rooms: count / 20, inbound: "chat" });
/** @type {Clients} */
const reply = { count: 200, rooms: 1, inbound: "reply" };
/** @type {Clients} */
const nobody = { count: 0, rooms: 1 };
/** With TLS and compression: each message and each handshake takes longer. */
const few = 200;

const perMessage = "µs per message";
const cpu = (id, what, goal, unit = perMessage) => [{ key: "cpu", id, what, unit, goal }];
const goal = (least, beyond) => ({ least, beyond });

/** All rows, with the settings of the command line. @param {import("./arguments.mjs").Options} options @returns {Row[]} */
export function rowsFor({ clients, sends, connections, sockets, rates, receivers, quick }) {
  const room = oneRoom(clients);
  const chat = chatRooms(clients);
  /** @type {Row[]} */
  const rows = [
    broadcastRow("W1", room, { rate: 40, burst: 1 }, goal(1.5, 2)),
    broadcastRow("W2", room, { rate: 6, burst: 10 }, goal(6.5, 9)),
    chatRow("W3", chat, { rate: sends, window: 4 }, goal(5, 7)),
    chatRow("W3m", chat, { rate: 1500, window: 4 }, goal(1.35, 1.9)),
    askRow("W4", { outstanding: 8 }, goal(2.7, 3.5)),
    askRow("W4s", { outstanding: 1 }, goal(1.9, 2.4)),
    ...rates.map(echoRow),
    visitRow("W5", "websocket connections, then an abrupt close", { atOnce: 50 }, goal(1.25, 1.9)),
    visitRow("W5p", "polling, upgrade, abrupt close", { atOnce: 100, polling: true }, goal(1.1, 1.5)),
    pollingRow("POLL", goal(1.25, 1.4)),
    ...["zod", "valibot", "arktype"].map(checkedRow),
    memoryRow("W6", { connections }, goal(3.2, 3.6), goal(2.2, 2.4), quick),
    {
      id: "FAIR",
      what: `one broadcast to ${receivers} clients`,
      clients: { ...oneRoom(receivers), apart: true },
      measure: measures.block({ broadcasts: quick ? 1 : 3 }),
      load: "one broadcast after the other",
      metrics: [
        {
          key: "block",
          id: "FAIR",
          what: `longest block of the event loop by one broadcast to ${receivers} clients`,
          unit: "ms",
          goal: goal(8, 15),
        },
      ],
    },
    {
      id: "W7",
      what: `choosing receivers: rooms of 100 among ${sockets} sockets, in process`,
      measure: measures.inProcess("receivers", { sockets }),
      load: "as fast as it goes",
      metrics: [{ key: "cpu", id: "W7", what: "choosing one receiver", unit: "ns", goal: goal(2, 8) }],
      libraries: true,
    },
    codecRow("W8", "codec", "over a connection given to bind()", goal(1.1, 1.1), goal(1.1, 1.3)),
    codecRow("W8w", "websocket", "from and to the bytes of a websocket"),
    {
      id: "START",
      what: "loading the package in new processes",
      measure: measures.start({ processes: quick ? 3 : 5 }),
      load: "one process after the other",
      metrics: cpu("START", 'require("socket.io")', goal(1, 1.3), "ms"),
      libraries: true,
    },
    {
      id: "STARTs",
      what: "loading the package and creating a server in new processes",
      measure: measures.start({ processes: quick ? 3 : 5, step: "server" }),
      load: "one process after the other",
      metrics: cpu("STARTs", 'require("socket.io") and new Server(httpServer)', goal(1, 1.3), "ms"),
      libraries: true,
    },
    ...["plain", "sharded"].flatMap((adapter) =>
      nodesRows({ ...chatRooms(clients), nodes: 3, adapter }, sends),
    ),
    broadcastRow("W1t", { ...oneRoom(few), tls: true }, { rate: 100, burst: 1 }),
    chatRow("W3t", { ...chatRooms(few), tls: true }, { rate: sends, window: 4 }),
    broadcastRow(
      "W1d",
      { ...oneRoom(few), deflate: true, bytes: 2000 },
      { rate: 30, burst: 1 },
      goal(12, 17),
    ),
    chatRow("W3d", { ...chatRooms(few), deflate: true }, { rate: sends, window: 4 }, goal(20, 28)),
    memoryRow("W6d", { connections: Math.min(connections, 3000), deflate: true }, goal(5, 6)),
  ];
  return rows.map((row) => (loadShown.includes(row.id) ? withLoad(row) : row));
}

/** The rows for which the table also shows what the load generator takes. */
const loadShown = ["W1", "W3", "W4", "W5", "POLL"];

function withLoad(row) {
  const [{ unit }] = row.metrics;
  const what = `control: CPU of the load generator in ${row.id}`;
  const control = { key: "clientCpu", id: `LOAD ${row.id}`, what, unit, control: true };
  return { ...row, metrics: [...row.metrics, control] };
}

function through({ tls = false, deflate = false, nodes = 0, adapter = "" }) {
  if (nodes > 0) {
    return `, ${nodes} servers on Redis, ${adapter} adapter`;
  }
  return tls ? ", TLS" : deflate ? ", permessage-deflate" : "";
}

function broadcastRow(id, clients, plan, goals) {
  const { rate, burst } = plan;
  const size = clients.bytes ? ` of ${clients.bytes} B` : "";
  const what = `broadcasts${size} to ${clients.count} clients, ${burst} in a turn${through(clients)}`;
  const load = `${rate} turns/s`;
  return {
    id,
    what,
    clients,
    measure: measures.broadcast(plan),
    load,
    metrics: cpu(id, what, goals),
    ...extra(clients),
  };
}

function chatRow(id, clients, plan, goals) {
  const receivers = clients.count / clients.rooms;
  const what = `chat in ${clients.rooms} rooms of ${receivers}, ${plan.rate} sends/s offered${through(clients)}`;
  const load = `${plan.rate} sends/s, at most ${plan.window} per client on their way`;
  const measure = measures.chat({ ...plan, receivers });
  return { id, what, clients, measure, load, metrics: cpu(id, what, goals), ...extra(clients) };
}

/** The CPU time of all servers; each message reaches the members of its room at all of them. */
function nodesRows(clients, sends) {
  const row = (load, rate, goals) => ({
    ...chatRow(`NODES ${clients.adapter}, ${load}`, clients, { rate, window: 4 }, goals),
    id: "NODES",
    libraries: true,
    extra: true,
    packages: ["@socket.io/redis-adapter", "redis"],
    programs: ["redis-server"],
  });
  return [row("saturated", sends, goal(2.4, 3)), row("1500/s", 1500, goal(1.3, 1.5))];
}

function memoryRow(id, plan, heapGoal, rssGoal = undefined, quick = false) {
  const { connections, deflate = false } = plan;
  const of = `per idle connection${through({ deflate })}`;
  return {
    id,
    what: `idle connections${through({ deflate })}`,
    measure: measures.memory(plan),
    load: `${connections} connections`,
    metrics: [
      { key: "heap", id, what: `heap and external ${of}`, unit: "B", goal: heapGoal },
      { key: "rss", id: `${id.replace("6", "6r")}`, what: `RSS ${of}`, unit: "B", goal: rssGoal },
    ],
    mostRounds: quick ? 1 : 3,
    ...extra({ deflate }),
  };
}

const extra = ({ tls = false, deflate = false }) => ({ extra: Boolean(tls || deflate) });

function askRow(id, plan, goals) {
  const what = `acks, ${plan.outstanding} outstanding each`;
  const load = `${reply.count} clients`;
  return { id, what, clients: reply, measure: measures.asks(plan), load, metrics: cpu(id, what, goals) };
}

/** Asks with a check: this library has a contract, and the handler of the reference server checks the data itself. */
function checkedRow(library) {
  const id = `W4c ${library}`;
  const what = `acks, 8 outstanding each, of events that ${library} checks`;
  const cost = {
    key: "cost",
    id: `${id} cost`,
    what: `${what}: CPU, divided by that without checks`,
    unit: "×",
  };
  return {
    id: "W4c",
    what,
    clients: { ...reply, checks: library },
    measure: measures.checkedAsks({ outstanding: 8 }),
    load: `${reply.count} clients`,
    metrics: [...cpu(id, what), cost],
    libraries: true,
    extra: true,
  };
}

function echoRow(rate) {
  const id = `LAT ${rate}/s`;
  const metric = (key, goals = undefined) => ({
    key,
    id: `${id} ${key}`,
    what: `round trip of an echo, ${key}`,
    unit: "µs",
    goal: goals,
  });
  return {
    id: "LAT",
    what: `echo at ${rate}/s`,
    clients: reply,
    measure: measures.echoes({ rate }),
    load: `${rate}/s over ${reply.count} clients`,
    metrics: [metric("p50"), metric("p99", goal(1, 1.3))],
  };
}

function visitRow(id, what, plan, goals) {
  const load = `${plan.atOnce} at a time, as fast as they get in`;
  const metrics = cpu(id, what, goals, "µs per connection");
  return { id, what, clients: nobody, measure: measures.visits(plan), load, metrics, polling: plan.polling };
}

function pollingRow(id, goals) {
  const clients = { count: few, rooms: 1, polling: true };
  const what = "an echo over long-polling: a POST and a GET, with cors: { origin: true }";
  const load = `${few} clients, each with one message on its way`;
  return {
    id,
    what,
    clients,
    measure: measures.exchange,
    load,
    metrics: cpu(id, what, goals),
    polling: true,
  };
}

function codecRow(id, kind, how, encode, decode) {
  const metric = (key, goals) => ({
    key,
    id: `${id} ${key}`,
    what: `${key === "encode" ? "encoding and framing" : "decoding"} an event, ${how}`,
    unit: "ns",
    goal: goals,
  });
  return {
    id,
    what: `encode and decode ${how}, in process`,
    measure: measures.inProcess(kind, {}),
    load: "as fast as it goes",
    metrics: [metric("encode", encode), metric("decode", decode)],
    libraries: true,
  };
}
