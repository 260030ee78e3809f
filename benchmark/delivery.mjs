/**
 * What reaches the clients when connections are cut or a server is replaced, and how many idle connections fit into a
 * certain memory: `npm run bench:delivery`.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Child, stopChildren } from "./child.mjs";
import { installPackages, missingPart, versionsOf } from "./peers.mjs";
import { heading } from "./report/document.mjs";
import { machine } from "./report/machine.mjs";
import { align } from "./report/table.mjs";
import { freePort } from "./servers/listen.mjs";
import { numberAt } from "./servers/ticks.mjs";
import { median, quantile } from "./statistics.mjs";
import { subjects } from "./subjects.mjs";

/**
 * @typedef {object} Account what the clients have counted
 * @property {number} received numbers, by all clients
 * @property {number[]} returns milliseconds from a new connection until the client has joined
 * @property {number[]} replays the same of clients that have received missed numbers until then
 * @property {number} refused attempts to connect
 * @property {number} notBack clients without a connection at the end
 * @property {number[]} back milliseconds from the start of the measurement to the last return of each client
 *
 * @typedef {object} Case
 * @property {string} title
 * @property {import("./subjects.mjs").Subject} subject
 * @property {boolean} [recovery]
 * @property {boolean} [drain]
 */

const say = (text) => process.stderr.write(`${text}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "cuts,deploy,memory" },
      subjects: { type: "string" },
      clients: { type: "string" },
      connections: { type: "string" },
      rounds: { type: "string" },
      write: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const number = (name, usual, quick) => Number(values[name] ?? (values.quick ? quick : usual));
  return {
    ...values,
    only: values.only.split(","),
    clients: number("clients", 2000, 200),
    connections: number("connections", 19_000, 2000),
    rounds: number("rounds", 3, 1),
  };
}

const named = (name) => subjects.find((subject) => subject.name === name);
const compared = ["reference", "ours", "naive", "uws"].map(named);
const usage = `Usage: node benchmark/delivery.mjs [options]

  --only cuts,deploy,memory   these tables only
  --subjects reference,ours   these servers only, of ${compared.map(({ name }) => name).join(", ")}
  --clients N                 clients of cuts and deploy (2000; 200 with --quick)
  --connections N             idle connections to open at most (19000; 2000 with --quick)
  --rounds N                  deploys of each server (3; 1 with --quick)
  --write                     benchmark/delivery.md and benchmark/delivery.json
  --quick                     about two minutes
  --help`;

const plainCases = compared.map((subject) => ({ title: subject.title, subject }));
const withOption = (name, title, option) => ({
  title: `${named(name).title}, ${title}`,
  subject: named(name),
  [option]: true,
});

const tables = {
  cuts: {
    title: ({ clients, quick }) =>
      `${clients} clients whose connection is cut about every ${cutPlan(quick).every} s for ${cutPlan(quick).away} s, ` +
      `while ${ticksOf(quick).count} broadcasts go out, ${1000 / ticksOf(quick).interval} a second`,
    head: ["delivered", "cuts", "time to replay, p50", "p99", "CPU of the server"],
    cases: [
      ...plainCases,
      withOption("reference", "with recovery", "recovery"),
      withOption("ours", "with recovery", "recovery"),
    ],
    measure: measureCuts,
    rounds: () => 1,
    cells: ([{ delivered, cuts, replayP50, replayP99, cpu }]) => [
      `${(delivered * 100).toFixed(2)}%`,
      String(cuts),
      milliseconds(replayP50),
      milliseconds(replayP99),
      `${(cpu / 1e6).toFixed(1)} s`,
    ],
  },
  deploy: {
    title: ({ clients }) =>
      `A deploy with ${clients} clients: a second process listens on the port as soon as the first one releases it; ` +
      `both send 10 broadcasts a second`,
    head: [
      "clients that are not back",
      "broadcasts missed by a client",
      "last client back after",
      "attempts refused",
    ],
    cases: [...plainCases, withOption("ours", "with drain", "drain")],
    measure: measureDeploy,
    rounds: ({ rounds }) => rounds,
    cells: (all) => {
      const of = (key) => median(all.map((one) => one[key]));
      return [
        String(of("notBack")),
        of("missed").toFixed(1),
        milliseconds(of("last")),
        String(of("refused")),
      ];
    },
  },
  memory: {
    title: () => `Idle connections until the process has ${mostMemory / 2 ** 20} MB of RSS`,
    head: ["connections", "opened", "RSS of the opened"],
    cases: plainCases,
    measure: measureMemory,
    rounds: () => 1,
    cells: ([{ fit, opened, rss }]) => [
      fit > farthest * opened
        ? `more than ${farthest * opened}`
        : `${Math.round(fit / 100) * 100}${opened < fit ? " (extrapolated)" : ""}`,
      String(opened),
      `${Math.round(rss / 2 ** 20)} MB`,
    ],
  },
};

/** A longer extrapolation would say nothing. */
const farthest = 10;

const milliseconds = (value) => (value === undefined ? "-" : `${Math.round(value)} ms`);

const cutPlan = (quick) => ({ every: quick ? 3 : 15, away: quick ? 0.5 : 2 });
const ticksOf = (quick) => ({ interval: quick ? 100 : 500, count: 120 });

/** The range of numbers that starts soon. */
function rangeFromNow({ interval, count }) {
  return { interval, count, from: numberAt(Date.now() + 500, interval) };
}

/** The numbers of a range that are not due yet. */
function restOf({ interval, from, count }) {
  const next = Math.max(from, numberAt(Date.now(), interval) + 1);
  return { interval, from: next, count: from + count - next };
}

async function open({ title, subject, recovery = false }, clients) {
  const server = serverOf(subject);
  const load = new Child(`${title}, clients`, "./load/delivery.mjs");
  const { port } = await server.ask("start", { rooms: 1, recovery, port: await freePort() });
  await load.ask("connect", { clients, port, dialect: subject.dialect }, 120);
  return { server, load, port };
}

function serverOf({ title, file, packageName }) {
  return new Child(title, "./servers/main.mjs", [`./${file}`, packageName]);
}

async function measureCuts(one, { clients, quick }) {
  const { server, load } = await open(one, clients);
  const range = rangeFromNow(ticksOf(quick));
  const cpuBefore = await server.ask("cpu");
  await load.ask("begin", range);
  const seconds = (range.interval * range.count) / 1000;
  const sent = server.ask("ticks", range, seconds + 60);
  // a client that has received nothing yet has nothing from which it could continue
  await load.ask("allReceived", { seconds: 30 });
  const [cuts] = await Promise.all([
    load.ask("cut", { ...cutPlan(quick), seconds: seconds - 2 }, seconds + 60),
    sent,
  ]);
  await load.ask("allReady", { seconds: 30 });
  await pause(500);
  /** @type {Account} */
  const { received, returns, replays } = await load.ask("account");
  const cpu = (await server.ask("cpu")) - cpuBefore;
  await Promise.all([server.stop(), load.stop()]);
  return {
    delivered: received / (clients * range.count),
    cuts,
    cpu,
    returnP50: quantile(returns, 0.5),
    returnP99: quantile(returns, 0.99),
    ...(replays.length > 0 && { replayP50: quantile(replays, 0.5), replayP99: quantile(replays, 0.99) }),
  };
}

/** The number of seconds for which broadcasts are counted after the old server begins to close. */
const longestDeploy = 30;

async function measureDeploy(one, { clients }) {
  const { server, load, port } = await open(one, clients);
  const next = serverOf(one.subject);
  const patience = 2 * longestDeploy;
  const started = next.ask("start", { rooms: 1, port }, patience);
  // answered as soon as the second process has loaded its packages, and tries to listen
  await next.ask("cpu");
  const range = rangeFromNow({ interval: 100, count: longestDeploy * 10 });
  await load.ask("begin", range);
  const ticking = [
    server.ask("ticks", range, patience),
    started.then(() => next.ask("ticks", restOf(range), patience)),
  ];
  // these answers do not come if the process ends first
  const over = Promise.allSettled(ticking);
  await load.ask("allReceived", { seconds: 30 });
  await load.ask("mark");
  const closed = server.ask("close", { drain: one.drain === true }, patience);
  await load.ask("allReturned", { seconds: longestDeploy - 5 }, patience);
  const sent = numberAt(Date.now(), range.interval) - range.from + 1;
  await pause(500);
  /** @type {Account} */
  const { received, back, refused, notBack } = await load.ask("account", sent);
  await closed;
  await Promise.all([server.stop(), next.stop(), load.stop()]);
  await over;
  return { missed: sent - received / clients, last: Math.max(...back), refused, notBack };
}

const mostMemory = 512 * 2 ** 20;

async function measureMemory({ subject }, { connections }) {
  const server = serverOf(subject);
  const load = new Child("load generator", "./load/main.mjs");
  const { port } = await server.ask("start", { rooms: 1 });
  const steps = [];
  const step = Math.ceil(connections / 10);
  for (let opened = 0; opened < connections; ) {
    const clients = Math.min(step, connections - opened);
    await load.ask(
      "connect",
      { name: String(opened), port, dialect: subject.dialect, clients, rooms: 1 },
      120,
    );
    opened += clients;
    const { rss } = await server.ask("memory");
    steps.push({ opened, rss });
    if (rss >= mostMemory) {
      break;
    }
  }
  await Promise.all([server.stop(), load.stop()]);
  // after the first step, which also creates what all connections share
  const [first, last] = [steps[0], steps.at(-1)];
  const each = (last.rss - first.rss) / (last.opened - first.opened);
  return { fit: last.opened + (mostMemory - last.rss) / each, ...last };
}

async function main() {
  const options = readOptions();
  if (options.help) {
    console.log(usage);
    return;
  }
  const unknown = options.only.filter((name) => !tables[name]);
  if (unknown.length > 0) {
    say(`There is no table ${unknown.join(", ")}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const wanted = compared.filter(({ name }) => options.subjects?.split(",").includes(name) ?? true);
  if (wanted.some(missingPart)) {
    await installPackages(say);
  }
  const taking = wanted.filter((subject) => missingPart(subject) === undefined);
  const run = {
    date: new Date().toISOString().slice(0, 10),
    command: ["node benchmark/delivery.mjs", ...process.argv.slice(2)].join(" "),
    machine: machine(),
    versions: versionsOf(taking),
    tables: {},
  };
  const texts = [];
  for (const name of options.only) {
    const { title, head, cases, measure, rounds, cells } = tables[name];
    const measured = [];
    for (const one of cases.filter(({ subject }) => taking.includes(subject))) {
      const all = [];
      for (let round = 0; round < rounds(options); round++) {
        all.push(await measure(one, options));
        say(`${name}: ${one.title}: ${JSON.stringify(all.at(-1))}`);
      }
      measured.push({ title: one.title, rounds: all });
    }
    run.tables[name] = measured;
    const lines = measured.map((one) => [one.title, ...cells(one.rounds)]);
    texts.push(`## ${title(options)}`, align([["", ...head], ...lines]));
  }
  const document = [
    "# Delivery",
    heading(run),
    ...texts,
    "Method: [README.md](README.md#delivery).",
    "",
  ].join("\n\n");
  console.log(document);
  if (options.write) {
    const to = (file) => new URL(file, import.meta.url);
    writeFileSync(to("delivery.md"), document);
    writeFileSync(to("delivery.json"), `${JSON.stringify(run, null, 1)}\n`);
  }
}

try {
  await main();
} catch (error) {
  say(
    error.code?.startsWith("ERR_PARSE_ARGS")
      ? `${error.message}\n\n${usage}`
      : `The measurement has failed: ${error.stack}`,
  );
  process.exitCode = error.code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
} finally {
  await stopChildren();
}
