/** Programs of the operating system that tests need: finds them, and starts and stops them. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestEnd } from "../../support/cleanup";
import { eventually } from "../../support/waiting";

export interface Program {
  name: string;
  /** The command that installs it: "apt install redis-server". */
  debian: string;
  /** Additional paths besides PATH. */
  places?: string[];
  version(): string;
}

/** The path of a program; undefined if it is not installed. */
export function findProgram({ name, places = [] }: Program): string | undefined {
  const inPath = (process.env.PATH ?? "").split(":").map((folder) => join(folder, name));
  // users may not have the directory /usr/sbin in PATH
  return [...inPath, `/usr/sbin/${name}`, ...places].find((path) => existsSync(path));
}

/** The first version number that the program prints. */
export function versionFrom(program: Program, ...args: string[]): string {
  const path = findProgram(program) as string;
  const printed = execFileSync("sh", ["-c", '"$0" "$@" 2>&1', path, ...args], { encoding: "utf8" });
  return /\d+(\.\d+)+/.exec(printed)?.[0] ?? "unknown";
}

const folders: string[] = [];

process.once("exit", () => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Creates an empty folder, which is removed when this process exits. */
export function privateFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `socket.io-${name}-`));
  folders.push(folder);
  return folder;
}

/** Resolves with a port on which no server listens now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Resolves when the port accepts connections; rejects when the program has ended. */
export async function listening(port: number, { child, output }: StartedProgram): Promise<void> {
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${child.spawnfile} ended before it listened: ${output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}

export interface StartedProgram {
  child: ChildProcess;
  /** The text that the program has printed. */
  output(): string;
  /** Ends the program by its process id, and resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a program, which ends when this process exits. */
export function startProgram(
  path: string,
  args: string[],
  options: { uid?: number; gid?: number; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): StartedProgram {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  return {
    child,
    output: () => output,
    async stop(signal = "SIGTERM") {
      process.off("exit", kill);
      child.kill(signal);
      await ended;
    },
  };
}

/** Starts a program of Node.js that prints "listening on <url>", or "Local: <url>", and resolves with that URL. */
export async function startListening(
  args: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<{ url: string; program: StartedProgram }> {
  const env = { ...process.env, PORT: "0", ...options.env };
  const program = startProgram(process.execPath, args, { ...options, env });
  onTestEnd(() => program.stop("SIGKILL"));
  const found = () => /(?:istening on|Local:)\s+(http:[^\s/]*\/\/[^\s/]+)/.exec(program.output())?.[1];
  await eventually(() => found() !== undefined || program.child.exitCode !== null);
  const url = found();
  if (url === undefined) {
    throw new Error(`it does not listen: ${program.output()}`);
  }
  return { url, program };
}
