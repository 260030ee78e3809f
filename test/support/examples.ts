/**
 * Runs the programs of examples/ as their readers do: each in a process of its own, which is ended with the test.
 *
 * An example listens on PORT (0 takes a free one) and prints "listening on <url>", which is how its address is learnt.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { onTestEnd } from "./cleanup";
import { nextEvent } from "./waiting";

export const root = resolve(__dirname, "../..");

export interface RunningExample {
  /** The address of the first "listening on" line. */
  url: string;
  /** All addresses, where the example starts several servers. */
  urls: string[];
  /** What was printed so far, on both streams. */
  output(): string;
  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has ended, with its exit code. */
  ended: Promise<number | null>;
}

export interface ExampleSettings {
  /** How many "listening on" lines to wait for. */
  servers?: number;
  env?: NodeJS.ProcessEnv;
  /** Arguments for node itself. */
  nodeArguments?: string[];
}

/** Starts `node examples/<file>`; resolves once it listens, rejects with what it printed if it ends instead. */
export async function runExample(file: string, settings: ExampleSettings = {}): Promise<RunningExample> {
  const { servers = 1, env, nodeArguments = [] } = settings;
  const child = spawn(process.execPath, [...nodeArguments, join(root, "examples", file)], {
    env: { ...process.env, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestEnd(() => end(child));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let output = "";
  const urls = await new Promise<string[]>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const found = [...output.matchAll(/^listening on (\S+)\n/gm)].map(([, url]) => url as string);
      if (found.length >= servers) {
        resolve(found);
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      reject(new Error(`examples/${file} ended (${signal ?? code}) before it listened:\n${output}`));
    });
  });
  return {
    url: urls[0] as string,
    urls,
    output: () => output,
    signal: (name) => child.kill(name),
    ended,
  };
}

/** Ends the process that was started, and no other; waits until it is gone. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const gone = nextEvent(child, "close");
    child.kill();
    await gone;
  }
}

export interface Finished {
  code: number | null;
  output: string;
}

/** Runs a program of the repository (`scripts/readme.mjs`, a compiler) to its end. */
export function runToEnd(args: string[], options: { cwd?: string } = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
