/**
 * Server-sent events beside the other transports, sockjs and better-sse: `node benchmark/streams.mjs [clients] [rounds]
 * [transports]`, for example `500 12 sse,betterSse`. Takes about three minutes with 6 rounds of all transports. The peers
 * take part if they are installed (`npm install --prefix benchmark`).
 */
import { createRequire } from "node:module";
import { loadavg } from "node:os";
import { Child, stopChildren } from "./child.mjs";
import { median, orderOfRound } from "./statistics.mjs";

const [clients, rounds] = [process.argv[2] ?? "500", process.argv[3] ?? "6"].map(Number);
const wanted = process.argv[4]?.split(",");
if (!(clients > 0 && rounds > 0)) {
  process.stderr.write(
    "Usage: node benchmark/streams.mjs [clients] [rounds] [sse,polling,websocket,sockjs,betterSse]\n",
  );
  process.exit(2);
}

const ours = "../..";
const reference = "socket.io-reference";
const subjects = [
  { title: "this library, sse", kind: ours, transport: "sse" },
  { title: "this library, polling", kind: ours, transport: "polling" },
  { title: "this library, websocket", kind: ours, transport: "websocket" },
  { title: "reference, polling", kind: reference, transport: "polling" },
  { title: "sockjs, eventsource", kind: "sockjs", transport: "sockjs" },
  { title: "better-sse", kind: "betterSse", transport: "betterSse" },
]
  .filter(({ transport }) => !wanted || wanted.includes(transport))
  .filter(({ kind }) => isInstalled(kind === "betterSse" ? "better-sse" : kind));

const membersOfRoom = 20;
const rows = [
  {
    name: "broadcast, 1 in a turn",
    unit: "µs/message",
    measure: broadcast({ rate: 30, burst: 1, seconds: 1 }),
  },
  {
    name: "broadcast, 10 in a turn",
    unit: "µs/message",
    measure: broadcast({ rate: 5, burst: 10, seconds: 1 }),
  },
  { name: "chat, rooms of 20", unit: "µs/message", measure: chat({ rate: 500, seconds: 1 }) },
  {
    name: "connect, join, abrupt close",
    unit: "µs/connection",
    measure: connections({ count: 300, atOnce: 20 }),
  },
];

function isInstalled(packageName) {
  try {
    createRequire(new URL("servers/", import.meta.url)).resolve(packageName);
    return true;
  } catch {
    process.stderr.write(`${packageName} is not installed\n`);
    return false;
  }
}

function broadcast(plan) {
  return async ({ server, load }) => {
    const { cpu, result } = await watched(
      { server, load },
      () => server.ask("broadcast", plan),
      ({ sent }) => sent * clients,
    );
    return cpu / (result.sent * clients);
  };
}

function chat(plan) {
  return async ({ server, load }) => {
    const { cpu, result } = await watched(
      { server, load },
      () => load.ask("say", plan),
      ({ sent }) => sent * membersOfRoom,
    );
    return cpu / (result.sent * membersOfRoom);
  };
}

function connections({ count, atOnce }) {
  return async ({ server, load }) => {
    const before = await server.ask("cpu");
    await load.ask("visit", { count, atOnce });
    await pause(300);
    return ((await server.ask("cpu")) - before) / count;
  };
}

/** Runs `work`, and resolves with the CPU time of the server when all messages have arrived. */
async function watched({ server, load }, work, messagesOf) {
  const received = await load.ask("received");
  const before = await server.ask("cpu");
  const result = await work();
  while ((await load.ask("received")) < received + messagesOf(result)) {
    await pause(5);
  }
  return { cpu: (await server.ask("cpu")) - before, result };
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The memory of an idle connection, of a server of its own. */
async function memoryOf(subject) {
  const started = await start(subject, 10);
  const before = await started.server.ask("memory");
  await started.load.ask("connect", { port: started.port, count: clients });
  await pause(500);
  const after = await started.server.ask("memory");
  await Promise.all([started.server.stop(), started.load.stop()]);
  return { heap: (after.heap - before.heap) / clients, rss: (after.rss - before.rss) / clients };
}

async function start({ title, kind, transport }, count) {
  const server = new Child(title, "./servers/streams.mjs", [kind, transport]);
  const load = new Child(`${title}, clients`, "./load/streams.mjs", [transport]);
  const { port } = await server.ask("start");
  await load.ask("connect", { port, count });
  return { title, server, load, port };
}

const line = (cells) => process.stdout.write(`| ${cells.join(" | ")} |\n`);

try {
  const memory = [];
  for (const subject of subjects) {
    process.stderr.write(`memory: ${subject.title}\n`);
    memory.push(await memoryOf(subject));
  }
  const running = [];
  for (const subject of subjects) {
    running.push(await start(subject, clients));
  }
  const values = new Map(rows.map(({ name }) => [name, new Map(subjects.map(({ title }) => [title, []]))]));
  for (let round = -1; round < rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    for (const { name, measure } of rows) {
      for (const subject of orderOfRound(running, round + 1)) {
        const value = await measure(subject);
        // the first round warms up
        if (round >= 0) {
          values.get(name).get(subject.title).push(value);
        }
      }
    }
  }
  process.stdout.write(
    `${clients} clients, the median of ${rounds} rounds, Node.js ${process.version}, load average ${loadavg()[0].toFixed(1)}\n\n`,
  );
  line(["", ...subjects.map(({ title }) => title)]);
  line(["---", ...subjects.map(() => "---:")]);
  for (const { name, unit } of rows) {
    const medians = subjects.map(({ title }) => median(values.get(name).get(title)));
    line([`${name} (${unit})`, ...medians.map((value) => value.toFixed(value < 100 ? 2 : 0))]);
  }
  line(["heap and external per idle connection (B)", ...memory.map(({ heap }) => Math.round(heap))]);
  line(["RSS per idle connection (B)", ...memory.map(({ rss }) => Math.round(rss))]);
} finally {
  await stopChildren();
}
