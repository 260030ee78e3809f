/** One of the servers that are compared, in a separate process. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Answer, Ports, Question } from "./application";
import { isHeartbeat, isOfCluster, type Published } from "./cluster-messages";

/** The server has crashed, or does not answer. */
export class SubjectLost extends Error {}

/** The time without an answer that counts as a hang, in milliseconds. */
const PATIENCE = 20_000;

export class SubjectProcess {
  ports!: Ports;
  /** The ids of the adapters, by namespace. */
  readonly uids = new Map<string, string>();
  private published: Published[] = [];
  private child!: ChildProcess;
  private ended = "";
  private stderr = "";
  private waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void } | undefined;

  private constructor(readonly name: string) {}

  /** `lib`, `dist` or `reference`. */
  static async start(name: string): Promise<SubjectProcess> {
    const subject = new SubjectProcess(name);
    await subject.restart();
    return subject;
  }

  /** Starts the process, or another one in its place. */
  async restart(): Promise<void> {
    await this.stop();
    this.ended = "";
    this.stderr = "";
    const child = fork(join(__dirname, "application.ts"), {
      execArgv: ["--import", "tsx", "--expose-gc"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, SUBJECT: this.name, NODE_OPTIONS: "", DEBUG: "", NODE_V8_COVERAGE: "" },
    });
    this.child = child;
    child.stderr?.on("data", (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-2000);
    });
    this.uids.clear();
    child.on("message", (answer) => {
      if (isOfCluster(answer)) {
        this.uids.set(answer.nsp, answer.uid);
        this.published.push(...(isHeartbeat(answer) ? [] : [answer]));
        return;
      }
      const { waiting } = this;
      this.waiting = undefined;
      waiting?.resolve(answer);
    });
    child.on("exit", (code, signal) => {
      if (child === this.child) {
        this.ended = `the process has ended (${signal ?? code}) ${this.stderr}`;
        this.waiting?.reject(new SubjectLost(this.ended));
      }
    });
    this.ports = (await this.answer()) as Ports;
  }

  async ask(question: Question): Promise<Answer> {
    if (this.ended) {
      throw new SubjectLost(this.ended);
    }
    const answered = this.answer();
    this.child.send(question);
    return answered as Promise<Answer>;
  }

  /** Sends a message of another server. */
  deliver(message: object): void {
    if (!this.ended) {
      this.child.send(message);
    }
  }

  /** The messages to other servers since the last call. */
  takePublished(): Published[] {
    return this.published.splice(0);
  }

  private answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new SubjectLost("it does not answer")), PATIENCE);
      const settled =
        <Value>(settle: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer);
          settle(value);
        };
      this.waiting = { resolve: settled(resolve), reject: settled(reject) };
    });
  }

  /** Ends the process by its id. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      this.waiting = undefined;
      child.kill("SIGKILL");
      await gone;
    }
  }
}
