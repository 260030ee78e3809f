/** Servers that share an adapter, in this process or in separate processes, with one interface for the tests. */
import { type ChildProcess, fork } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { type Namespace, Server, type ServerOptions } from "socket.io";
import msgpackParser from "socket.io-msgpack-parser";
import { onTestEnd } from "../../support/cleanup";
import { type EngineSpec, openAdapter } from "./engines";
import { listen } from "./hello";

/** A function that runs in the process of the server (or the emitter): it cannot refer to variables outside. */
export type Work<Subject, Args extends any[], Result> = (
  subject: Subject,
  ...args: Args
) => Result | Promise<Result>;

/** A server, or an emitter, in any process. */
export interface Node<Subject = Server> {
  url: string;
  run<Result, Args extends any[]>(work: Work<Subject, Args, Result>, ...args: Args): Promise<Result>;
  /** Runs a function with one of its namespaces. */
  runIn<Result, Args extends any[]>(
    namespace: string,
    work: Work<Namespace, Args, Result>,
    ...args: Args
  ): Promise<Result>;
  stop(): Promise<void>;
}

/** A server, or an emitter, in a separate process. */
export interface ProcessNode<Subject = Server> extends Node<Subject> {
  child: ChildProcess;
  /** Ends the process as `kill -9` does, and resolves when it has ended. */
  kill(): Promise<void>;
  /** The text that the process has printed. */
  output(): string;
}

export interface NodeOptions {
  msgpack?: boolean;
  recovery?: boolean;
}

export function serverOptions({ msgpack, recovery }: NodeOptions): Partial<ServerOptions> {
  return {
    cleanupEmptyChildNamespaces: true,
    ...(msgpack ? { parser: msgpackParser } : {}),
    ...(recovery ? { connectionStateRecovery: {} } : {}),
  };
}

/** A server in this process. */
export async function startNode(engine: EngineSpec, options: NodeOptions = {}): Promise<Node> {
  const httpServer = createServer();
  const { adapter, close } = await openAdapter(engine);
  const io = new Server(httpServer, { adapter, ...serverOptions(options) });
  const port = await listen(httpServer);
  return {
    url: `http://127.0.0.1:${port}`,
    run: async (work, ...args) => await work(io, ...args),
    runIn: async (namespace, work, ...args) => await work(io.of(namespace), ...args),
    async stop() {
      await io.close();
      httpServer.closeAllConnections();
      await close();
    },
  };
}

/** The arguments of a process. */
export type ProcessSpec =
  | { role: "server"; engine: EngineSpec; options?: NodeOptions }
  | { role: "emitter"; engine: EngineSpec };

/** Several servers, each in a separate process. */
export function startProcesses(
  count: number,
  engine: EngineSpec,
  options?: NodeOptions,
): Promise<ProcessNode[]> {
  return Promise.all(Array.from({ length: count }, () => startProcess({ role: "server", engine, options })));
}

/** A server, or an emitter, in a separate process, which ends with the test or with this process. */
export async function startProcess<Subject = Server>(spec: ProcessSpec): Promise<ProcessNode<Subject>> {
  const { child, ready, call, output } = forkFixture("scale-process.ts", spec);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  const kill = () => end("SIGKILL");
  onTestEnd(kill);
  return {
    url: (await ready).url,
    child,
    output,
    run: (work, ...args) => call({ code: work.toString(), args }),
    runIn: (namespace, work, ...args) => call({ namespace, code: work.toString(), args }),
    stop: kill,
    kill,
  };
}

export interface Fixture {
  child: ChildProcess;
  /** The first message of the process. */
  ready: Promise<any>;
  /** Sends a request, and resolves with the response; rejects when the process has ended. */
  call(request: object): Promise<any>;
  output(): string;
}

/** Starts a program of fixtures/ that responds to requests. */
export function forkFixture(file: string, spec: unknown): Fixture {
  const child = fork(join(__dirname, "../fixtures", file), [JSON.stringify(spec)], {
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const pending = new Map<number, { resolve(result: any): void; reject(error: Error): void }>();
  let last = 0;
  const expectAnswer = (id: number) =>
    new Promise<any>((resolve, reject) => {
      pending.set(id, { resolve, reject });
    });
  const ready = expectAnswer(0);
  child.on("message", ({ id, result, error }: any) => {
    const asked = pending.get(id);
    pending.delete(id);
    if (error === undefined) {
      asked?.resolve(result);
    } else {
      asked?.reject(new Error(error));
    }
  });
  child.on("exit", () => {
    process.off("exit", kill);
    for (const { reject } of pending.values()) {
      reject(new Error(`the process has ended: ${output}`));
    }
    pending.clear();
  });
  return {
    child,
    ready,
    output: () => output,
    call(request) {
      const answer = expectAnswer(++last);
      child.send({ id: last, ...request });
      return answer;
    },
  };
}
