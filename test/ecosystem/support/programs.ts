/** Programs of the system that tests need: where they are, of which version, started on a private port and stopped. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Program {
  name: string;
  /** What to install, as a sentence: "apt install redis-server". */
  debian: string;
  /** Where it may be besides PATH. */
  places?: string[];
  version(): string;
}

/** The path of a program; undefined if it is not installed. */
export function findProgram({ name, places = [] }: Program): string | undefined {
  const inPath = (process.env.PATH ?? "").split(":").map((folder) => join(folder, name));
  // those of the system are in folders that users have not in their PATH
  return [...inPath, `/usr/sbin/${name}`, ...places].find((path) => existsSync(path));
}

/** The first version number that the program tells of itself. */
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

/** A new, empty folder that is gone with the process at the latest. */
export function privateFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `socket.io-${name}-`));
  folders.push(folder);
  return folder;
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Resolves when something accepts connections there; rejects when the process that should has ended. */
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
  /** What it has printed. */
  output(): string;
  /** Ends it, by its process id, and waits for that. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a program; it ends with this process at the latest. */
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
