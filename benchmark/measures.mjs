/** The measurements of one server: CPU time divided by the messages that the clients have counted, memory, or latency. */
import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "./statistics.mjs";

const run = promisify(execFile);
const startOnce = fileURLToPath(new URL("./servers/start-once.cjs", import.meta.url));

/**
 * @typedef {object} Context
 * @property {import("./subjects.mjs").Subject} subject
 * @property {import("./child.mjs").Child} load
 * @property {import("./child.mjs").Child} server
 * @property {number} port
 * @property {import("./rows.mjs").Clients} clients
 * @property {number} seconds of a slice
 */

/** Measures the CPU time per message of the server and of the load generator, which should need less. */
async function whileCounting({ server, load }, run) {
  const [serverBefore, loadBefore] = [await server.ask("cpu"), await load.ask("cpu")];
  const { messages, ...rest } = await run();
  const [serverAfter, loadAfter] = [await server.ask("cpu"), await load.ask("cpu")];
  if (!(messages > 0)) {
    throw new Error("no message has arrived");
  }
  return {
    ...rest,
    cpu: (serverAfter - serverBefore) / messages,
    clientCpu: (loadAfter - loadBefore) / messages,
  };
}

/** The server broadcasts by itself; the clients have received what it has sent, times their number. */
export const broadcast = (plan) => (context) =>
  whileCounting(context, async () => {
    const { server, load, clients, seconds, subject } = context;
    const { name } = subject;
    const before = await load.ask("received", name);
    const { sent, seconds: took } = await server.ask("broadcast", { ...plan, seconds });
    const messages = sent * clients.count;
    await load.ask("arrived", { name, count: before + messages });
    return { messages, offered: plan.rate * plan.burst * clients.count, rate: messages / took };
  });

/** The longest block of the event loop by one broadcast, until all clients have received it: the median of some. */
export const block =
  ({ broadcasts }) =>
  async ({ server, load, clients, subject: { name } }) => {
    const blocks = [];
    for (let i = 0; i < broadcasts; i++) {
      const before = await load.ask("received", name);
      await server.ask("watchedBroadcast");
      await load.ask("arrived", { name, count: before + clients.count });
      blocks.push(await server.ask("longestBlock"));
    }
    return { block: median(blocks) };
  };

const task = (command) => (plan) => (context) =>
  whileCounting(context, () =>
    context.load.ask(command, { ...plan, name: context.subject.name, seconds: context.seconds }),
  );

export const chat = task("chat");
export const asks = task("asks");
export const echoes = task("echoes");
export const exchange = task("exchange")({});

/** The servers whose clients without checks are connected. */
const withUnchecked = new WeakSet();

/** Asks a server that checks, and then one without checks in the same process; `cost` is the quotient of both times. */
export const checkedAsks = (plan) => async (context) => {
  const { server, load, clients, subject } = context;
  const unchecked = { ...subject, name: `${subject.name}, unchecked` };
  if (!withUnchecked.has(server)) {
    const { count, ...config } = clients;
    const { dialect } = subject;
    const port = await server.ask("uncheckedPort");
    await load.ask("connect", { name: unchecked.name, port, dialect, clients: count, ...config });
    withUnchecked.add(server);
  }
  const checked = await asks(plan)(context);
  const plain = await asks(plan)({ ...context, subject: unchecked });
  return { ...checked, cost: checked.cpu / plain.cpu };
};

export const visits = (plan) => (context) =>
  whileCounting(context, async () => {
    const { load, port, seconds, subject } = context;
    const result = await load.ask("visits", { ...plan, port, dialect: subject.dialect, seconds });
    // the server must still notice the last disconnections
    await pause(100);
    return result;
  });

/**
 * The CPU time of `require()` and, with the step "server", of the first server, in milliseconds. The median of some new
 * processes, since one may be disturbed.
 */
export const start =
  ({ processes, step = "" }) =>
  async ({ subject }) => {
    const times = [];
    for (let i = 0; i < processes; i++) {
      const { stdout } = await run(process.execPath, [startOnce, subject.packageName, step], {
        env: { ...process.env, NODE_OPTIONS: "", DEBUG: "" },
        timeout: 60_000,
      });
      times.push(Number(stdout) / 1000);
    }
    return { cpu: median(times) };
  };

/** The number of clients that connect and disconnect before memory is measured, for one-time allocations. */
const warmUp = 300;

/** One server at a time, in a new process: 10,000 connections are half of the descriptors that a process may have. */
export const memory =
  ({ connections, deflate = false }) =>
  async ({ subject, load, startServer }) => {
    const server = startServer(subject);
    const { name, dialect } = subject;
    try {
      const { port } = await server.ask("start", { rooms: 1, deflate });
      const connect = (clients) =>
        load.ask("connect", { name, port, dialect, clients, rooms: 1, deflate }, 120);
      await connect(warmUp);
      await load.ask("close", name);
      await pause(300);
      const before = await server.ask("memory");
      await connect(connections);
      await pause(300);
      const after = await server.ask("memory");
      return {
        heap: (after.heap - before.heap) / connections,
        rss: (after.rss - before.rss) / connections,
      };
    } finally {
      await load.ask("close", name);
      await server.stop();
    }
  };

/** Measured within the process of the server. */
export const inProcess =
  (kind, plan) =>
  ({ subject, seconds, startMicro }) =>
    startMicro(subject, kind, plan).ask("measure", { seconds });
