/**
 * Installs the packages of a folder, such as site/, unless those of its lockfile are installed:
 *
 *   node scripts/install-if-changed.mjs <folder>
 */
import { execSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const folder = resolve(process.argv[2] ?? ".");

if (!isInstalled()) {
  const command = `npm ci --prefix ${JSON.stringify(folder)} --ignore-scripts --no-audit --no-fund`;
  execSync(command, { stdio: "inherit" });
}

/** Compares the lockfile with the one that npm writes at the end of an installation. */
function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const installed = packagesOf("node_modules/.package-lock.json");
  return (
    wanted !== undefined &&
    installed !== undefined &&
    Object.keys(installed).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, entry]) =>
      path in installed ? isSame(entry, installed[path]) : path === "" || entry.optional === true,
    )
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(folder, file), "utf8")).packages;
  } catch {
    return undefined;
  }
}

function isSame(one, other) {
  return one.version === other.version && one.integrity === other.integrity;
}
