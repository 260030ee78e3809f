/**
 * Runs the programs of examples/, each in a separate process that ends with the test.
 *
 * An example listens on PORT (0 takes a free port), and prints its address as "listening on <url>".
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { onTestEnd } from "./cleanup";
import { root } from "./repository";
import { nextEvent } from "./waiting";

export interface RunningExample {
  /** The address of the first "listening on" line. */
  url: string;
  /** All addresses, if the example starts several servers. */
  urls: string[];
  /** The text printed so far, on standard output and standard error. */
  output(): string;
  /** Sends a signal to the process. */
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code when the process has ended. */
  ended: Promise<number | null>;
}

export interface ExampleSettings {
  /** The number of "listening on" lines to wait for. Default: 1. */
  servers?: number;
  env?: NodeJS.ProcessEnv;
  /** Arguments for node itself. */
  nodeArguments?: string[];
}

/** Starts `node examples/<file>`; resolves once it listens, or rejects with its output if it ends before that. */
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

/** Ends the process, and resolves when it has ended. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const closed = nextEvent(child, "close");
    child.kill();
    await closed;
  }
}
