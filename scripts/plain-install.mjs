/**
 * Runs the behaviour and compat tests against the package as users install it.
 *
 *     node scripts/plain-install.mjs newest|oldest [options of mocha]
 *
 * Packs the package and installs the tarball in an empty folder, without a lockfile: the newest versions of the
 * dependencies that package.json allows, or the oldest. Prints the installed versions before the tests run.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const [which, ...mochaOptions] = process.argv.slice(2);
if (which !== "newest" && which !== "oldest") {
  console.error("usage: node scripts/plain-install.mjs newest|oldest [options of mocha]");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), `socket.io-${which}-`));
try {
  process.exitCode = testInstalled(install());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Installs the tarball; returns the path of the installed package. */
function install() {
  const [{ filename }] = asList(
    JSON.parse(npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", folder)),
  );
  // the lowest version of a range is the version in its text
  const oldest = Object.entries(manifest.dependencies).map(([name, range]) => [
    name,
    range.replace(/^[~^]/, ""),
  ]);
  const overrides = which === "oldest" ? Object.fromEntries(oldest) : {};
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, overrides }));
  npm(folder, "install", "--no-package-lock", "--no-audit", "--no-fund", join(folder, filename));
  console.log(`The ${which} versions that package.json allows:\n${npm(folder, "ls", "--all")}`);
  if (existsSync(join(folder, "node_modules/socket.io/node_modules")) || countOf("ws") !== 1) {
    throw new Error("a user gets two copies of a package");
  }
  return join(folder, "node_modules/socket.io");
}

/** The number of copies of a package that are installed. */
function countOf(name) {
  return npm(folder, "ls", name, "--parseable")
    .split("\n")
    .filter((path) => path.endsWith(join("node_modules", name))).length;
}

/** Runs the tests against a package; returns the exit code. */
function testInstalled(path) {
  const mocha = join(root, "node_modules/mocha/bin/mocha.js");
  const files = "test/{behaviour,compat}/**/*.ts";
  const { status } = spawnSync(process.execPath, [mocha, files, ...mochaOptions], {
    cwd: root,
    env: { ...process.env, SUBJECT: path },
    stdio: "inherit",
  });
  return status ?? 1;
}

function npm(cwd, ...args) {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** npm prints an array, or an object by names since version 12. */
function asList(packed) {
  return Array.isArray(packed) ? packed : Object.values(packed);
}
