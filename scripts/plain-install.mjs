/**
 * Runs the behaviour and compat tests, or the fuzzer or the soak run, against the package as users install it.
 *
 *     node scripts/plain-install.mjs newest|oldest [options of mocha]
 *     node scripts/plain-install.mjs newest|oldest --run fuzz|soak [its options]
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

const [which, ...options] = process.argv.slice(2);
const program = options[0] === "--run" ? options[1] : undefined;
if ((which !== "newest" && which !== "oldest") || (options[0] === "--run" && !isLongRun(program))) {
  console.error("usage: node scripts/plain-install.mjs newest|oldest [--run fuzz|soak] [options]");
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
  npm(folder, "install", "--no-package-lock", "--no-audit", "--no-fund", join(folder, filename), telemetry());
  console.log(`The ${which} versions that package.json allows:\n${npm(folder, "ls", "--all")}`);
  if (existsSync(join(folder, "node_modules/socket.io/node_modules")) || countOf("ws") !== 1) {
    throw new Error("a user gets two copies of a package");
  }
  return join(folder, "node_modules/socket.io");
}

/**
 * The optional peer dependency that the tests of socket.io/opentelemetry need. It must not be newer than the one that the SDK
 * of the tests has, since both share the registered providers.
 */
function telemetry() {
  const name = "@opentelemetry/api";
  const tested = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;
  return `${name}@${which === "oldest" ? manifest.peerDependencies[name].replace(/^[~^]/, "") : tested}`;
}

/** The number of copies of a package that are installed. */
function countOf(name) {
  return npm(folder, "ls", name, "--parseable")
    .split("\n")
    .filter((path) => path.endsWith(join("node_modules", name))).length;
}

/** Runs the tests, or another program, against a package; returns the exit code. */
function testInstalled(path) {
  const mocha = join(root, "node_modules/mocha/bin/mocha.js");
  const args = program
    ? ["--import", "tsx", join(root, "test", program, "run.ts"), ...options.slice(2)]
    : [mocha, "test/compat/**/*.ts", "test/behaviour/**/*.ts", ...options];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, SUBJECT: path },
    stdio: "inherit",
  });
  return status ?? 1;
}

function isLongRun(name) {
  return name === "fuzz" || name === "soak";
}

function npm(cwd, ...args) {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** npm prints an array, or an object by names since version 12. */
function asList(packed) {
  return Array.isArray(packed) ? packed : Object.values(packed);
}
