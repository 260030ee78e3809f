/**
 * Runs a server under load, and fails if it retains anything: `npm run soak -- --minutes 20`, or `--seconds 20`.
 *
 * Half of the time, the server has connection state recovery. Repeatedly, all clients disconnect, and the objects that the
 * server still holds are counted.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../support/random";
import { Visitors } from "./clients";
import { MAX_DISCONNECTION } from "./durations";
import { growth, lost, megabytes } from "./judge";
import type { Measure, Setup, Wish } from "./server";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    clients: { type: "string", default: "12" },
  },
});
const seconds = values.seconds === undefined ? 60 * Number(values.minutes ?? 1) : Number(values.seconds);
const seed = Number(values.seed);
const clients = Number(values.clients);
if (!(seconds >= 10) || !Number.isInteger(seed) || !(clients >= 1)) {
  console.error("Usage: npm run soak -- [--minutes N | --seconds N (10 or more)] [--seed N] [--clients N]");
  process.exit(2);
}

/** The time after which the server drops what it keeps temporarily, in milliseconds. */
const FORGOTTEN = { without: 300, with: 2 * MAX_DISCONNECTION };

/** The first round, with which the others are compared. */
const LEAST_ROUNDS = 3;

/** The time in which the server must notice all disconnections, in milliseconds. */
const PATIENCE = 15_000;

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

class SoakedServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(setup: Setup): Promise<SoakedServer> {
    const child = fork(join(__dirname, "server.ts"), [JSON.stringify(setup)], {
      execArgv: ["--import", "tsx", "--expose-gc", "--disable-warning=ExperimentalWarning"],
      env: { ...process.env, NODE_OPTIONS: "", DEBUG: "", NODE_V8_COVERAGE: "" },
    });
    return new SoakedServer(child, (await said(child)) as number);
  }

  ask<Result>(wish: Wish): Promise<Result> {
    const answer = said(this.child);
    this.child.send(wish);
    return answer as Promise<Result>;
  }

  /** Waits until no client is connected; returns what remains if that does not happen in time. */
  async empty(): Promise<Measure["listed"] | undefined> {
    for (const end = performance.now() + PATIENCE; ; ) {
      const listed = await this.ask<Measure["listed"]>("listed");
      if (listed.connections === 0 && listed.sockets === 0) {
        return undefined;
      }
      if (performance.now() > end) {
        return listed;
      }
      await pause(50);
    }
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }
}

function said(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null) => reject(new Error(`The server has exited (${code}).`));
    child.once("exit", gone);
    child.once("message", (message) => {
      child.off("exit", gone);
      resolve(message);
    });
  });
}

/** Tests one server for some milliseconds; returns the problems. */
async function soak(recovery: boolean, time: number): Promise<string[]> {
  const server = await SoakedServer.start({ recovery });
  const rest = recovery ? FORGOTTEN.with : FORGOTTEN.without;
  // a round has its load, and some seconds until nothing remains
  const load = Math.min(60_000, Math.max(400, time / 15));
  const end = performance.now() + time;
  const measures: Measure[] = [];
  const sum = { returned: 0, recovered: 0 };
  try {
    let longest = 0;
    for (let round = 0; round < LEAST_ROUNDS || performance.now() + longest < end; round++) {
      const start = performance.now();
      const visitors = new Visitors(`http://127.0.0.1:${server.port}`, new Random(seed + round));
      visitors.start(clients, clients);
      await pause(load);
      await visitors.stop();
      const left = await server.empty();
      if (left) {
        return [`All clients have left, and the server still lists ${JSON.stringify(left)}.`];
      }
      await pause(rest);
      sum.returned += visitors.returned;
      sum.recovered += visitors.recovered;
      const measure = await server.ask<Measure>("measure");
      measures.push(measure);
      longest = Math.max(longest, performance.now() - start);
      console.log(
        `  ${visitors.visits} visits, ${visitors.heard} messages, ${visitors.recovered} of ${visitors.returned} recovered; then ` +
          `${megabytes(measure.heapUsed)}, handles ${JSON.stringify(measure.handles)}`,
      );
    }
    console.log(`  objects ${JSON.stringify(measures[measures.length - 1].objects)}`);
    return [...growth(measures), ...lost(sum.returned, sum.recovered)];
  } catch (error) {
    return [(error as Error).message];
  } finally {
    server.stop();
  }
}

async function main(): Promise<void> {
  console.log(`seed ${seed}`);
  for (const recovery of [false, true]) {
    console.log(`${recovery ? "with" : "without"} connection state recovery`);
    for (const problem of await soak(recovery, (seconds * 1000) / 2)) {
      console.error(`  ${problem}`);
      process.exitCode = 1;
    }
  }
  // timers of clients that have given up may remain
  process.exit();
}

main();
