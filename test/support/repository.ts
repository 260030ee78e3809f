/** The files of this repository, and its programs, each run to its end in a separate process. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** The root directory of the repository. */
export const root = resolve(__dirname, "../..");

/** The files below a directory, as `dist/index.js`, with "/" on each operating system. */
export function filesBelow(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true })
    .map((name) => `${directory}/${String(name).replaceAll("\\", "/")}`)
    .filter((name) => statSync(join(root, name)).isFile())
    .sort();
}

/** The path of a program of an installed package. */
export function programOf(name: string, bin = name): string {
  const directory = join(root, "node_modules", name);
  const { bin: bins } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return join(directory, typeof bins === "string" ? bins : bins[bin]);
}

/** The environment for a separate process: coverage is measured in the process of the tests only. */
export function environment(): NodeJS.ProcessEnv {
  const { NODE_V8_COVERAGE: _, NODE_OPTIONS: __, ...env } = process.env;
  return env;
}

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
  /** Standard output, followed by standard error. */
  output: string;
}

/** Runs `node` with these arguments, and waits for its end. */
export function runNode(args: string[], cwd = root): Promise<Finished> {
  return run(process.execPath, args, cwd);
}

/** Runs a program, and waits for its end. */
export function run(program: string, args: string[], cwd = root, shell = false): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd, env: { ...environment(), NO_COLOR: "1" }, shell, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? 1, stdout, stderr, output: stdout + stderr }),
    );
  });
}
