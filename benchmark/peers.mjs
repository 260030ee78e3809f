/** The packages that are measured: their presence, their versions, and the installation of the peers. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(join(here, "servers/main.mjs"));

/**
 * Runs `npm install` in this folder; the package itself keeps its few dependencies. The optional packages compile C++.
 *
 * @param {(text: string) => void} say
 */
export async function installPackages(say, { optional = false } = {}) {
  say("installing packages: npm install --prefix benchmark");
  const options = [
    ...(optional ? [] : ["--omit=optional"]),
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const npm = spawn("npm", ["install", "--prefix", here, ...options], {
    cwd: here,
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
  const [code] = await Promise.race([once(npm, "close"), once(npm, "error")]);
  if (code !== 0) {
    say(`npm install has failed (${code}); installed packages take part`);
  }
}

/** Other requirements of a server, by the name of the subject. */
const parts = { eiows: ["eiows"], primus: ["ws"], "fastify-websocket": ["fastify"] };

/**
 * The reason why a subject cannot take part, or undefined if it can.
 *
 * @param {import("./subjects.mjs").Subject} subject
 */
export function missingPart({ name, packageName }) {
  for (const part of [...(packageName ? [packageName] : []), ...(parts[name] ?? [])]) {
    if (!isInstalled(part)) {
      return `${part === "../.." ? "the build of this library (npm run build)" : part} is not there`;
    }
  }
  return undefined;
}

/**
 * The packages and programs of a row that are not installed.
 *
 * @param {import("./rows.mjs").Row} row
 */
export function missingParts({ packages = [], programs = [] }) {
  return {
    packages: packages.filter((name) => !isInstalled(name)),
    programs: programs.filter((name) => spawnSync(name, ["--version"]).error !== undefined),
  };
}

function isInstalled(packageName) {
  try {
    require.resolve(packageName);
    return true;
  } catch {
    return false;
  }
}

/** The version of an installed package; undefined if it is missing. */
export function versionOf(packageName) {
  let directory;
  try {
    directory = dirname(require.resolve(packageName));
  } catch {
    return undefined;
  }
  for (;;) {
    const manifest = readManifest(directory);
    if (manifest?.version) {
      return manifest.version;
    }
    if (directory === dirname(directory)) {
      return undefined;
    }
    directory = dirname(directory);
  }
}

function readManifest(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * @param {import("./subjects.mjs").Subject[]} subjects
 * @param {import("./rows.mjs").Row[]} rows
 * @returns {Record<string, string>} by title
 */
export function versionsOf(subjects, rows = []) {
  const measured = subjects
    .filter(({ packageName }) => packageName)
    .flatMap(({ title, name, packageName }) => [
      [title, packageName],
      ...(name === "eiows" ? [["eiows", "eiows"]] : []),
    ]);
  const used = ["engine.io", "socket.io-parser", "ws", ...rows.flatMap(({ packages = [] }) => packages)];
  const below = used.map((name) => [name, name]);
  return Object.fromEntries(
    [...measured, ...below].map(([title, packageName]) => [title, versionOf(packageName) ?? "none"]),
  );
}
