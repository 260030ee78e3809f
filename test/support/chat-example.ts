/**
 * Runs examples/chat in a separate process.
 *
 * The chat requires "socket.io": the built package, or with SUBJECT=reference the reference server.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./repository";

const withReference = `data:text/javascript,${encodeURIComponent(`
  import Module from "node:module";
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    return resolve.call(this, request === "socket.io" ? "socket.io-reference" : request, ...rest);
  };
`)}`;

export interface Chat {
  /** The address that the chat prints. */
  url: string;
  output(): string;
  /** Sends a signal to the process if it has not ended yet, and resolves when it has ended. */
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

/** Starts the chat, or another program of examples/chat; resolves once the program prints its address. */
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

/** Starts the chat with an environment in which it cannot start, and resolves when it has ended. */
export function failToStartChat(env: NodeJS.ProcessEnv, file?: string): Promise<Ended> {
  return start(env, file).ended;
}
