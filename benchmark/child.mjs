/** A child process that answers commands; commands.mjs is the other side. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** @type {Set<Child>} */
const alive = new Set();

/** Ends all children that still run. */
export function stopChildren() {
  return Promise.all([...alive].map((child) => child.stop()));
}

export class Child {
  #process;
  #ended;
  #gone = "";
  #nextId = 0;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /**
   * @param {string} name for messages
   * @param {string} file the program, relative to this folder
   * @param {string[]} args
   */
  constructor(name, file, args = []) {
    this.name = name;
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, NODE_OPTIONS: "", NODE_ENV: "production", DEBUG: "", NODE_V8_COVERAGE: "" },
    });
    alive.add(this);
    this.#process.on("message", (message) => this.#onAnswer(/** @type {any} */ (message)));
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) => this.#onEnd(String(error), resolve));
      this.#process.once("exit", (code, signal) => this.#onEnd(`it ended (${signal ?? code})`, resolve));
    });
  }

  /** @param {{ id: number, result?: unknown, error?: string }} answer */
  #onAnswer({ id, result, error }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) {
      waiting?.resolve(result);
    } else {
      waiting?.reject(new Error(`${this.name}: ${error}`));
    }
  }

  #onEnd(reason, resolve) {
    this.#gone = reason;
    alive.delete(this);
    for (const { reject } of this.#waiting.values()) {
      reject(new Error(`${this.name}: ${reason}`));
    }
    this.#waiting.clear();
    resolve();
  }

  /** Sends a command, and waits for the answer up to a number of seconds. */
  ask(command, argument, seconds = 60) {
    if (this.#gone) {
      return Promise.reject(new Error(`${this.name}: ${this.#gone}`));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${this.name}: no answer to "${command}" within ${seconds} s`));
      }, seconds * 1000);
      const settled = (settle) => (value) => {
        clearTimeout(timer);
        settle(value);
      };
      this.#waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.#process.send({ id, command, argument }, (error) => {
        if (error) {
          this.#onAnswer({ id, error: String(error) });
        }
      });
    });
  }

  /** Ends the process by its id. */
  stop() {
    if (!this.#gone) {
      this.#process.kill("SIGKILL");
    }
    return this.#ended;
  }
}
