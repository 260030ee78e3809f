/** The package as users install it: what `npm run build` made, packed by npm. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { filesBelow, root, run } from "./repository";

export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Throws an error if dist/ or client-dist/ is missing, or older than lib/. */
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

export interface Packed {
  /** The directory that holds the tarball; remove it after the tests. */
  directory: string;
  tarball: string;
  /** The files in the tarball, sorted: `dist/index.js` ... */
  files: string[];
}

/** Runs `npm pack` without building again. */
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

/** Installs the package in the directory of its tarball, with its dependencies and other packages of this project. */
export function install({ directory, tarball }: Packed, others: readonly string[]): void {
  const modules = join(directory, "node_modules");
  for (const name of [...Object.keys(manifest.dependencies), ...others]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
  }
  execFileSync("tar", ["-xzf", tarball], { cwd: directory });
  renameSync(join(directory, "package"), join(modules, "socket.io"));
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
