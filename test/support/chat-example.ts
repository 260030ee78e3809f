/**
 * Runs examples/chat as its readers do: in a process of its own, on a port that it prints.
 *
 * It requires "socket.io", which is the built package, except with SUBJECT=reference.
 */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "../..");

const withReference = `data:text/javascript,${encodeURIComponent(`
  import Module from "node:module";
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    return resolve.call(this, request === "socket.io" ? "socket.io-reference" : request, ...rest);
  };
`)}`;

export interface Chat {
  /** The address that it has printed. */
  url: string;
  output(): string;
  /** Ends it with a signal (once only, however often it is called). */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

function start(env: NodeJS.ProcessEnv, file = "server.js") {
  const nodeArguments = process.env.SUBJECT === "reference" ? ["--import", withReference] : [];
  const child = spawn(process.execPath, [...nodeArguments, join(root, "examples/chat", file)], {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const state = { output: "" };
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, output: state.output }));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      state.output += chunk;
    });
  }
  return { child, state, ended };
}

/** Starts the chat, or another of its programs; resolves once it has printed its address. */
export function startChat(env: NodeJS.ProcessEnv = {}, file?: string): Promise<Chat> {
  const { child, state, ended } = start({ PORT: "0", ...env }, file);
  return new Promise((resolve, reject) => {
    ended.then(
      ({ output }) => reject(new Error(`The chat has ended instead of listening:\n${output}`)),
      reject,
    );
    child.stdout.on("data", () => {
      const [, url] = /running at (http:\S+)\n/.exec(state.output) ?? [];
      if (url !== undefined) {
        resolve({
          url,
          output: () => state.output,
          stop(signal = "SIGTERM") {
            if (child.exitCode === null && child.signalCode === null) {
              child.kill(signal);
            }
            return ended;
          },
        });
      }
    });
  });
}

/** Runs the chat where it cannot start, to its end. */
export function failToStartChat(env: NodeJS.ProcessEnv): Promise<Ended> {
  return start(env).ended;
}
