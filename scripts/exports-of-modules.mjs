/**
 * Loads compiled modules, and prints what each exports, for scripts/join.mjs: `node scripts/exports-of-modules.mjs <folder>`.
 *
 * The input is a list of `[module, file, isJoined]`; the output a list of `{ name, found }`. `found` is a list of the names of
 * the exports, with the names of classes, or a text if the module cannot be loaded, for example since it needs a browser.
 */
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const require = createRequire(import.meta.url);
const folder = resolve(process.argv[2]);
const places = JSON.parse(readFileSync(process.stdin.fd, "utf8"));

function found(name, file, isJoined) {
  try {
    const { joined, ...own } = require(join(folder, `${file}.js`));
    const members = isJoined ? joined[name] : own;
    return Object.keys(members)
      .sort()
      .map((member) => described(member, members[member]));
  } catch (error) {
    return `nothing: ${error.message}`;
  }
}

function described(member, value) {
  const isClass = typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
  return isClass ? `${member} (class ${value.name})` : member;
}

const modules = places.map(([name, file, isJoined]) => ({ name, found: found(name, file, isJoined) }));
writeSync(1, JSON.stringify(modules));
process.exit(0);
