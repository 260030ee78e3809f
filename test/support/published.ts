/** The package as users get it: packed from what `npm run build` made, once for all tests of a run. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(__dirname, "../..");

export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The files below a directory of the package, as `dist/index.js`, with "/" everywhere. */
export function filesBelow(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true })
    .map((name) => `${directory}/${String(name).replaceAll("\\", "/")}`)
    .filter((name) => statSync(join(root, name)).isFile())
    .sort();
}

/** Throws unless dist/ and client-dist/ are there and younger than lib/. */
export function requireBuild(): void {
  for (const file of ["dist/index.js", "client-dist/socket.io.js"]) {
    if (!existsSync(join(root, file))) {
      throw new Error(`${file} is missing: run \`npm run build\` first`);
    }
  }
  const changed = (file: string) => statSync(join(root, file)).mtimeMs;
  const builtAt = changed("dist/index.js");
  const younger = filesBelow("lib").filter((file) => changed(file) > builtAt);
  if (younger.length > 0) {
    throw new Error(`dist/ is older than ${younger.join(", ")}: run \`npm run build\` first`);
  }
}

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program of Node.js to its end. */
export function runNode(args: string[], cwd = root): Promise<Finished> {
  return run(process.execPath, args, cwd);
}

/** The path of a program that an installed package brings. */
export function programOf(name: string, bin = name): string {
  const directory = join(root, "node_modules", name);
  const { bin: bins } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return join(directory, typeof bins === "string" ? bins : bins[bin]);
}

export interface Packed {
  /** The directory that holds the tarball; remove it after the tests. */
  directory: string;
  tarball: string;
  /** What is in it, sorted: `dist/index.js` ... */
  files: string[];
}

/** `npm pack`, without building again. */
export async function pack(): Promise<Packed> {
  requireBuild();
  const directory = mkdtempSync(join(tmpdir(), "socket.io-pack-"));
  const windows = process.platform === "win32";
  const { stdout } = await run(
    windows ? "npm.cmd" : "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", windows ? `"${directory}"` : directory],
    root,
    windows,
  );
  const parsed = JSON.parse(stdout);
  const [{ filename, files }] = Array.isArray(parsed) ? parsed : Object.values<any>(parsed);
  return {
    directory,
    tarball: join(directory, filename),
    files: files.map((file: { path: string }) => file.path).sort(),
  };
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

function run(program: string, args: string[], cwd: string, shell = false): Promise<Finished> {
  // coverage is measured in this process only
  const { NODE_V8_COVERAGE: _, NODE_OPTIONS: __, ...env } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd, env: { ...env, NO_COLOR: "1" }, shell, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? 1, stdout, stderr }),
    );
  });
}
