/**
 * Joins the compiled modules of lib/ into few files, since reading and compiling a file costs Node.js more than its
 * content: `require("socket.io")` would take almost twice as long.
 *
 * A joined file has the place of its entry, and contains all modules that the entry imports, except those of earlier
 * joined files. Modules that a function loads with `require()`, and the addresses that other packages import or patch,
 * remain files of their own. A joined file exports an object named `joined`, with the modules that other files need, by
 * their names. The other files take these modules from there instead of loading them again, so that each class exists
 * only once.
 *
 * The build fails where the joined files could behave differently: if a module loads others by computed names, needs the
 * place of its file or changes what it exports; and if, at the end, a module exports other names or classes than before.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { scan } from "./scan-source.mjs";

/** What the compiler writes before the `require()` of an import, from the beginning of the line. */
const beforeImport = /^(?:(?:const|var) [\w$]+ = )?(?:__import(?:Star|Default)\(|__exportStar\()?$/;

/**
 * @param {object} options
 * @param {Function} options.build the function of esbuild
 * @param {string} options.root the folder with lib/
 * @param {string} options.dist the folder with the compiled modules, in which files are replaced and removed
 * @param {string[]} options.entries the modules whose files are to contain others
 * @param {string[]} options.addresses the modules that keep their files
 */
export async function joinModules({ build, root, dist, entries, addresses }) {
  if (entries.length === 0) {
    return;
  }
  const modules = new CompiledModules(dist);
  /** The entry of the joined file that contains a module, by module. */
  const homes = new Map();
  for (const entry of entries) {
    for (const name of modules.importedBy(entry, (other) => addresses.includes(other) || homes.has(other))) {
      homes.set(name, entry);
    }
  }
  const used = modules.usedOutside(homes);
  modules.check(homes, used);
  const before = loadedExports(
    dist,
    modules.names().map((name) => [name, name]),
  );
  const outputs = [];
  for (const entry of entries) {
    outputs.push([entry, await joined({ build, root, modules, homes, used, entry })]);
  }
  for (const name of modules.names()) {
    const file = modules.file(name);
    if (!homes.has(name)) {
      writeFileSync(file, modules.redirected(name, homes));
    } else if (!entries.includes(name)) {
      rmSync(file);
    }
  }
  for (const [entry, text] of outputs) {
    writeFileSync(modules.file(entry), text);
  }
  const files = modules.names().filter((name) => !homes.has(name) || entries.includes(name));
  compare(before, loadedExports(dist, [...files.map((name) => [name, name]), ...joinedPlaces(used, homes)]));
}

const joinedPlaces = (used, homes) => [...used].map((name) => [name, homes.get(name), true]);

/**
 * Loads modules in a new process. `places` has the name of each module, the name of its file, and whether it is in the object
 * `joined` of the file. Returns the exports of each module: a list of their names, with the names of classes.
 */
function loadedExports(dist, places) {
  const program = fileURLToPath(new URL("exports-of-modules.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, dist], {
    input: JSON.stringify(places),
    encoding: "utf8",
    maxBuffer: 100_000_000,
  });
  if (status !== 0) {
    throw new Error(`the compiled modules cannot be loaded: ${stderr}`);
  }
  return JSON.parse(stdout);
}

/** Fails if a module that could be loaded before exports something else now. */
function compare(before, after) {
  for (const { name, found } of after) {
    const expected = before.find((module) => module.name === name).found;
    if (typeof expected !== "string" && String(found) !== String(expected)) {
      throw new Error(`${name}.js: exports ${listed(expected)}, but after joining: ${listed(found)}`);
    }
  }
}

const listed = (found) => (typeof found === "string" ? found : found.join(", "));

/** Returns the text of one joined file. */
async function joined({ build, root, modules, homes, used, entry }) {
  const shared = [...used].filter((name) => homes.get(name) === entry);
  const lines = shared.map((name, index) => `import * as m${index} from "./${name}";`);
  const members = shared.map((name, index) => `${JSON.stringify(name)}: m${index}`);
  const contents = [
    `export * from "./${entry}";`,
    ...lines,
    `export const joined = { ${members.join(", ")} };`,
  ].join("\n");
  const { outputFiles, warnings } = await build({
    stdin: { contents, resolveDir: join(root, "lib"), sourcefile: "joined.ts", loader: "ts" },
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "es2022",
    packages: "external",
    tsconfig: join(root, "tsconfig.json"),
    logLevel: "warning",
    plugins: [linksBetweenFiles({ root, modules, homes, entry })],
  });
  if (warnings.length > 0) {
    throw new Error(`${entry}: ${warnings[0].text}`);
  }
  return withClassNames(outputFiles[0].text, entry);
}

/**
 * Gives each class the name that it has in its source. esbuild writes `var Room = class _Room {` for a class that refers
 * to itself, and `var Room2` for the second class with a name.
 */
function withClassNames(text, entry) {
  const { code } = scan(text);
  const classes = [...code.matchAll(/^var ([\w$]+) = class(?: (_[\w$]+))? /gm)];
  const names = new Map(classes.filter(([, , alias]) => alias).map(([, name, alias]) => [alias, name]));
  let renamedText = "";
  let end = 0;
  // no members, such as `this._Room`; after "...", a name is no member
  for (const { 0: alias, index } of code.matchAll(/(?<![\w$#]|(?<!\.\.)\.)_[\w$]+/g)) {
    const name = names.get(alias);
    if (name !== undefined) {
      if (/^\s*:/.test(code.slice(index + alias.length))) {
        throw new Error(`${entry}: a member has the name ${alias}, which esbuild has given a class`);
      }
      renamedText += text.slice(end, index) + name;
      end = index + alias.length;
    }
  }
  const result = renamedText + text.slice(end);
  const isTaken = (name) => new RegExp(`^(?:var|(?:async )?function\\*?) ${name}\\b`, "m").test(code);
  const renamed = classes.find(([, name]) => /\d$/.test(name) && isTaken(name.replace(/\d+$/, "")));
  if (renamed) {
    throw new Error(
      `${entry}: two classes or functions have the name of ${renamed[1]}, without its last digit`,
    );
  }
  return result;
}

/** Decides for each import whether it is joined, loaded from another joined file, or left to a `require()`. */
function linksBetweenFiles({ root, modules, homes, entry }) {
  const lib = join(root, "lib");
  const fromEntry = (name) => relativePath(dirname(entry), name);
  return {
    name: "links between files",
    setup(build) {
      build.onResolve({ filter: /^node:process$/ }, () => ({ path: "process", namespace: "global" }));
      build.onLoad({ filter: /.*/, namespace: "global" }, () => ({ contents: "export default process;" }));
      build.onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
        const name = relative(lib, join(resolveDir, path)).replaceAll("\\", "/");
        if (kind === "require-call" || !homes.has(name)) {
          return { path: fromEntry(name), external: true };
        }
        return homes.get(name) === entry ? undefined : { path: name, namespace: "joined elsewhere" };
      });
      build.onLoad({ filter: /.*/, namespace: "joined elsewhere" }, ({ path }) => ({
        contents: [
          `const elsewhere = require(${JSON.stringify(`./${homes.get(path)}`)}).joined[${JSON.stringify(path)}];`,
          ...modules.exportsOf(path).map((name) => `export const ${name} = elsewhere.${name};`),
        ].join("\n"),
        resolveDir: lib,
      }));
    },
  };
}

/**
 * The files that the compiler has written, by the names of their modules, such as "socket/socket". Each has its text, its
 * code without comments and strings, and its references to other modules of the package.
 */
class CompiledModules {
  modules = new Map();

  constructor(dist) {
    this.dist = dist;
    for (const path of readdirSync(dist, { recursive: true })) {
      if (path.endsWith(".js")) {
        const name = path.slice(0, -".js".length).replaceAll("\\", "/");
        this.modules.set(name, compiledModule(name, readFileSync(join(dist, path), "utf8")));
      }
    }
  }

  names() {
    return [...this.modules.keys()];
  }

  file(name) {
    return join(this.dist, `${name}.js`);
  }

  /** The modules that are loaded with this one, itself included, without those for which `isLeftOut` is true. */
  importedBy(entry, isLeftOut) {
    const found = new Set([entry]);
    for (const name of found) {
      for (const { other, isImport } of this.modules.get(name).references) {
        if (isImport && !isLeftOut(other)) {
          found.add(other);
        }
      }
    }
    return found;
  }

  /** The joined modules that files other than their own refer to. */
  usedOutside(homes) {
    const used = new Set();
    for (const [name, { references }] of this.modules) {
      for (const { other } of references) {
        if (homes.has(other) && homes.get(other) !== homes.get(name)) {
          used.add(other);
        }
      }
    }
    return used;
  }

  /** Fails if a module does not behave the same in a joined file, or if a reference to another one is not seen. */
  check(homes, used) {
    for (const [name, { code, isUnclear }] of this.modules) {
      if (isUnclear) {
        throw new Error(`${name}.js: require() without the name of a module as a string`);
      }
      if (homes.has(name) && depth(name) !== depth(homes.get(name)) && placed.test(code)) {
        throw new Error(`${name}.js: uses __dirname, which is another folder in the joined file`);
      }
    }
    for (const name of used) {
      const { code } = this.modules.get(name);
      const changed = this.exportsOf(name).find((member) => valuesGiven(code, member) > 1);
      if (changed !== undefined) {
        throw new Error(
          `${name}.js: changes its export ${changed}, whose first value other files would keep`,
        );
      }
    }
  }

  exportsOf(name) {
    const { code, strings } = this.modules.get(name);
    const assigned = [...code.matchAll(/^exports\.([\w$]+) =/gm)].map(([, member]) => member);
    const defined = [...code.matchAll(/^Object\.defineProperty\(exports, (?=")/gm)].map(
      ({ 0: text, index }) => strings.get(index + text.length).value,
    );
    return [...new Set([...assigned, ...defined])].filter((member) => member !== "__esModule");
  }

  /** The text of a module that keeps its file, with references to the joined files. */
  redirected(name, homes) {
    const { text, references } = this.modules.get(name);
    let result = "";
    let end = 0;
    for (const reference of references) {
      const home = homes.get(reference.other);
      if (home && home !== reference.other) {
        const path = relativePath(dirname(name), home);
        result += `${text.slice(end, reference.start)}require("${path}").joined["${reference.other}"]`;
        end = reference.end;
      }
    }
    return result + text.slice(end);
  }
}

/** `__dirname`, and `__filename` unless it is only used to find packages. */
const placed = /(?<![\w$.])(?:__dirname|(?<!createRequire\)?\()__filename)\b/;

const depth = (name) => name.split("/").length;

/** How often a member of `exports` is given a value, apart from the `void 0` at the beginning. */
function valuesGiven(code, member) {
  const escaped = member.replaceAll("$", "\\$&");
  const change = new RegExp(
    `\\bexports\\.${escaped} ?(?:\\+\\+|--|(?:[-+*/%&|^]|\\*\\*|<<|>>>?|&&|\\|\\||\\?\\?)?=(?![=>]))|(?:\\+\\+|--)exports\\.${escaped}(?![\\w$])`,
    "g",
  );
  return [...code.replace(/^(?:exports\.[\w$]+ = )+void 0;$/gm, "").matchAll(change)].length;
}

function compiledModule(name, text) {
  const { code, strings: list } = scan(text);
  const strings = new Map(list.map((string) => [string.index, string]));
  const references = [];
  let isUnclear = false;
  for (const { index: start } of code.matchAll(/(?<![\w$.])require\b/g)) {
    const string = strings.get(start + "require(".length);
    const end = string ? string.index + string.value.length + 2 : -1;
    if (!string || code[end] !== ")") {
      isUnclear = true;
    } else if (string.value.startsWith(".")) {
      const line = code.slice(code.lastIndexOf("\n", start) + 1, start);
      const other = resolved(name, string.value);
      references.push({ other, start, end: end + 1, isImport: beforeImport.test(line) });
    }
  }
  return { text, code, strings, references, isUnclear };
}

const resolved = (from, path) => posix.join(posix.dirname(from), path);

function relativePath(from, to) {
  const path = posix.relative(from, to);
  return path.startsWith(".") ? path : `./${path}`;
}
