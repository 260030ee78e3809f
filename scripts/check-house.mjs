/** Checks the rules for the code in docs/architecture.md: `node scripts/check-house.mjs [directory]`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rules, usedBackReferences } from "./house-rules.mjs";
import { scan } from "./scan-source.mjs";

/**
 * @typedef {import("./scan-source.mjs").Source & { path: string, room: string, text: string }} SourceFile
 *
 * @typedef {object} Project
 * @property {Map<string, SourceFile>} files by path, like `lib/socket.ts`
 * @property {string[]} dependencies the names of the packages that are required at run time
 * @property {(...folders: string[]) => SourceFile[]} in the files of some folders
 */

/** @returns {Project} */
function readProject(root) {
  const files = new Map();
  for (const folder of ["lib", "test", "examples", "scripts"].filter((name) =>
    existsSync(join(root, name)),
  )) {
    for (const path of sourcesBelow(root, folder)) {
      const text = readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
      files.set(path, { path, room: path.replace(/^lib\/|\.m?ts$/g, ""), text, ...scan(text) });
    }
  }
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { dependencies = {}, peerDependencies = {} } = manifest;
  return {
    files,
    dependencies: Object.keys({ ...dependencies, ...peerDependencies }),
    in: (...folders) => [...files.values()].filter(({ path }) => folders.includes(path.split("/", 1)[0])),
  };
}

/** Excludes installed packages, links and generated files. */
function sourcesBelow(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        return entry.name === "node_modules" || entry.name.startsWith(".") ? [] : sourcesBelow(root, path);
      }
      return entry.isFile() && /\.[cm]?[jt]s$/.test(path) ? [path] : [];
    });
}

const root = resolve(process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url)));
const project = readProject(root);
const problems = rules.flatMap((rule) => [...rule(project)]);
for (const problem of problems) {
  console.error(problem);
}
console.log(`type-only back references: ${usedBackReferences(project).join(", ") || "none"}`);
console.log(`${project.files.size} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
