/** Applies one row to one server, with three processes; this one has the honest client. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type Socket as ClientSocket, io as connect } from "socket.io-client";
import type { Attack, FromAttacker, FromServer, Report, Setup } from "./messages";
import type { Facts, Row, Target } from "./row";
import type { Kind } from "./servers";

/** The heap of the server unless the row has another one, and the memory besides the heap, in MB. */
const HEAP = 512;
const MORE_MEMORY = 512;
/** The heap of the attacker, in MB. */
const ATTACKER_HEAP = 512;
/** The time of the server for an answer, in milliseconds. */
const PATIENCE = 5_000;
/** The maximum time for a process to start, which loads TypeScript, in milliseconds. */
const LONGEST_START = 30_000;
/** The maximum duration of an attack, in milliseconds. */
const LONGEST_ATTACK = 11_000;
/** The time for the server afterwards, unless the row has another one, in milliseconds. */
const AFTERMATH = 300;
/** The interval at which the honest client sends requests, in milliseconds. */
const PACE = 25;

export interface Round {
  survived: boolean;
  /** The reason, if the server did not survive. */
  end?: string;
  /** In bytes, in addition to the value before; incomplete for a process that has ended. */
  peak?: number;
  kept?: number;
  /** The longest block of the event loop, in milliseconds. */
  stall?: number;
  /** The longest time that the honest client waited for an answer, and the number of its answers. */
  wait: number;
  answers: number;
  codes: string[];
  facts: Facts;
  /** The reason why the attack was not completed. */
  unfinished?: string;
}

/** Applies a row to a server; `subject` is one of test/support/subject.ts. */
export async function runRound(row: Row, kind: Kind, subject: string): Promise<Round> {
  const server = new ServerProcess({ row: row.id, kind }, subject, row.heap ?? HEAP);
  const honest = new HonestClient();
  const isFull = kind === "public" && row.extra?.refusesNewcomers === true;
  const attacker = start("attacker.ts", [row.id], "lib", [`--max-old-space-size=${ATTACKER_HEAP}`]);
  const isReady = wordOf(attacker, LONGEST_START);
  try {
    const port = await server.listening;
    await isReady;
    await honest.connect(port);
    await server.begin();
    const served = honest.askAgainAndAgain();
    const target: Target = { port, url: `http://localhost:${port}` };
    attacker.send(target);
    const attack = await Promise.race([
      wordOf(attacker, LONGEST_ATTACK),
      server.ended.then(() => undefined),
      // the process cannot report more
      new Promise<undefined>((resolve) => served.then((isServed) => isServed || resolve(undefined))),
    ]);
    await Promise.race([sleep(row.aftermath ?? AFTERMATH), server.ended]);
    honest.stop();
    const isServed = (await served) && (isFull || (await answersAnother(port)));
    const report = await server.report();
    return outcome(server, honest, isServed, attack, report);
  } finally {
    honest.leave();
    await Promise.all([server.stop(), kill(attacker)]);
  }
}

function outcome(
  server: ServerProcess,
  honest: HonestClient,
  isServed: boolean,
  attack: FromAttacker | undefined,
  report: Report | undefined,
): Round {
  const survived = isServed && report !== undefined;
  const whatIsLeft = report ? "an honest client is no longer served" : "it no longer answers";
  return {
    survived,
    ...(!survived && { end: server.end ?? whatIsLeft }),
    peak: report?.peak ?? (server.growth || undefined),
    kept: report?.kept,
    stall: report?.stall,
    wait: honest.longestWait,
    answers: honest.answers,
    codes: report?.codes ?? [],
    facts: { ...report?.facts, ...(attack && "facts" in attack ? attack.facts : undefined) },
    ...(survived && attack && whyUnfinished(attack)),
  };
}

function whyUnfinished(attack: FromAttacker): Pick<Round, "unfinished"> {
  if ("failed" in attack) {
    return { unfinished: attack.failed };
  }
  return "isCutShort" in attack && attack.isCutShort ? { unfinished: "the machine is too slow for it" } : {};
}

/** Resolves with the next message of the attacker: that it is ready, its observations, or its failure. */
async function wordOf(attacker: ChildProcess, most: number): Promise<FromAttacker> {
  return Promise.race([
    new Promise<FromAttacker>((resolve) => attacker.once("message", (told) => resolve(told as FromAttacker))),
    new Promise<Attack>((resolve) => attacker.once("exit", () => resolve({ failed: "it has ended" }))),
    sleep(most, { failed: `it took longer than ${most} ms` }, { ref: false }),
  ]);
}

function start(file: string, args: string[], subject: string, nodeArguments: string[]): ChildProcess {
  return fork(join(__dirname, file), args, {
    execArgv: ["--import", "tsx", ...nodeArguments],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, SUBJECT: subject, NODE_OPTIONS: "", DEBUG: "", NODE_V8_COVERAGE: "" },
  });
}

/** Ends a process that was started here, by its id. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
}

/** The process of the server, as its parent sees it. */
class ServerProcess {
  readonly listening: Promise<number>;
  readonly ended: Promise<void>;
  /** The reason why the process has ended. */
  end: string | undefined;
  /** In bytes, as last reported. */
  growth = 0;
  private readonly child: ChildProcess;
  private stderr = "";

  constructor(setup: Setup, subject: string, heap: number) {
    const memory = heap + MORE_MEMORY;
    const child = start("server.ts", [JSON.stringify(setup)], subject, [
      "--expose-gc",
      `--max-old-space-size=${heap}`,
    ]);
    this.child = child;
    child.stderr?.on("data", (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-8_000);
    });
    this.ended = new Promise((resolve) =>
      child.once("close", (code, signal) => {
        this.end ??= reason(this.stderr, signal ?? code);
        resolve();
      }),
    );
    child.on("message", (message: FromServer) => {
      if ("sample" in message) {
        this.growth = message.sample.growth;
        if (this.growth > memory * 1024 * 1024) {
          this.end ??= `it takes more than ${memory} MB`;
          child.kill("SIGKILL");
        }
      }
    });
    this.listening = this.told("port").then((port) => {
      if (port === undefined) {
        throw new Error(`The server does not start: ${this.end ?? ""}\n${this.stderr}`);
      }
      return port as number;
    });
  }

  async begin(): Promise<void> {
    this.child.send("begin");
    await this.told("began");
  }

  /** Undefined if the process has not ended. */
  async report(): Promise<Report | undefined> {
    if (this.child.connected) {
      this.child.send("end", () => {});
      return this.told("report") as Promise<Report | undefined>;
    }
    await this.ended;
    return undefined;
  }

  stop(): Promise<void> {
    return kill(this.child);
  }

  /** Resolves with the next message that has this member, or with undefined after the timeout. */
  private async told(member: string): Promise<unknown> {
    const late = new AbortController();
    const answer = new Promise((resolve) => {
      const listener = (message: object) => {
        if (member in message) {
          resolve((message as Record<string, unknown>)[member]);
        }
      };
      this.child.on("message", listener);
    });
    const patience = member === "port" ? LONGEST_START : PATIENCE;
    const inTime = sleep(patience, undefined, { signal: late.signal }).catch(() => undefined);
    const first = await Promise.race([answer, inTime, this.ended.then(() => undefined)]);
    late.abort();
    return first;
  }
}

/** The reason in words, from the printed text. */
function reason(stderr: string, status: unknown): string {
  if (/heap out of memory/.test(stderr)) {
    return "the process runs out of memory";
  }
  const [, error] = /^(?:Uncaught )?(\w*Error)\b/m.exec(stderr) ?? [];
  return `the process ends (${error ?? status})`;
}

/** An honest client, which requires answers. */
class HonestClient {
  longestWait = 0;
  answers = 0;
  private client!: ClientSocket;
  private goesOn = true;

  async connect(port: number): Promise<void> {
    this.client = connect(`http://localhost:${port}`, {
      forceNew: true,
      transports: ["websocket"],
      reconnection: false,
    });
    await new Promise<void>((resolve, reject) => {
      this.client.once("connect", resolve);
      this.client.once("connect_error", reject);
    });
    // the first request is not counted
    await this.client.emitWithAck("are you there?");
  }

  /** False after the first request without an answer. */
  async askAgainAndAgain(): Promise<boolean> {
    while (this.goesOn) {
      const since = performance.now();
      const isAnswered = await this.ask();
      this.longestWait = Math.max(this.longestWait, performance.now() - since);
      if (!isAnswered) {
        return false;
      }
      this.answers++;
      await sleep(PACE);
    }
    // and once at the end
    return this.ask();
  }

  ask(): Promise<boolean> {
    const gone = new Promise<false>((resolve) => this.client.once("disconnect", () => resolve(false)));
    const answered = this.client
      .timeout(PATIENCE)
      .emitWithAck("are you there?")
      .then(
        () => true,
        () => false,
      );
    return this.client.connected ? Promise.race([answered, gone]) : Promise.resolve(false);
  }

  stop(): void {
    this.goesOn = false;
  }

  leave(): void {
    this.client?.disconnect();
  }
}

/** Whether a new client is served. */
async function answersAnother(port: number): Promise<boolean> {
  const another = new HonestClient();
  const late = new AbortController();
  try {
    const isServed = another.connect(port).then(
      () => true,
      () => false,
    );
    return await Promise.race([isServed, sleep(PATIENCE, false, { signal: late.signal })]);
  } finally {
    late.abort();
    another.leave();
  }
}
