/**
 * Joins the compiled modules of lib/ into few files, since reading and compiling a file costs Node.js more than its
 * content: `require("socket.io")` would take almost twice as long.
 *
 * A joined file has the place of its entry, and contains all modules that the entry imports, except those of earlier
 * joined files. Modules that a function loads with `require()`, and the addresses that other packages import or patch,
 * remain files of their own. A joined file exports an object named `joined`, with the modules that other files need, by
 * their names. The other files take these modules from there instead of loading them again, so that each class exists
 * only once.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";

/** The import of a module, as the compiler writes it at the beginning of a line. */
const staticRequire =
  /^(?:(?:const|var) \w+ = )?(?:__import(?:Star|Default)\()?require\("(\.[^"]+)"\)\)?;$/gm;

/** Any reference to another module of the package. */
const anyRequire = /require\("(\.[^"]+)"\)/g;

/**
 * @param {object} options
 * @param {Function} options.build the function of esbuild
 * @param {string} options.root the folder with lib/
 * @param {string} options.dist the folder with the compiled modules, in which files are replaced and removed
 * @param {string[]} options.entries the modules whose files are to contain others
 * @param {string[]} options.addresses the modules that keep their files
 */
export async function joinModules({ build, root, dist, entries, addresses }) {
  const modules = new CompiledModules(dist);
  /** The entry of the joined file that contains a module, by module. */
  const homes = new Map();
  for (const entry of entries) {
    for (const name of modules.importedBy(entry, (other) => addresses.includes(other) || homes.has(other))) {
      homes.set(name, entry);
    }
  }
  const used = modules.usedOutside(homes);
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
}

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
  const { outputFiles } = await build({
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
  return withClassNames(outputFiles[0].text, entry);
}

/**
 * Gives each class the name that it has in its source. esbuild writes `var Room = class _Room {` for a class that refers
 * to itself, and `var Room2` for the second class with a name.
 */
function withClassNames(text, entry) {
  const classes = [...text.matchAll(/^var ([\w$]+) = class(?: (_[\w$]+))? /gm)];
  for (const [, name, alias] of classes) {
    if (alias) {
      text = text.replace(new RegExp(`(?<![\\w$.])${alias.replaceAll("$", "\\$&")}(?![\\w$])`, "g"), name);
    }
  }
  const isTaken = (name) => new RegExp(`^(?:var|(?:async )?function\\*?) ${name}\\b`, "m").test(text);
  const renamed = classes.find(([, name]) => /\d$/.test(name) && isTaken(name.replace(/\d+$/, "")));
  if (renamed) {
    throw new Error(
      `${entry}: two classes or functions have the name of ${renamed[1]}, without its last digit`,
    );
  }
  return text;
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

/** The files that the compiler has written, by the names of their modules, such as "socket/socket". */
class CompiledModules {
  texts = new Map();

  constructor(dist) {
    this.dist = dist;
    for (const path of readdirSync(dist, { recursive: true })) {
      if (path.endsWith(".js")) {
        const name = path.slice(0, -".js".length).replaceAll("\\", "/");
        this.texts.set(name, readFileSync(join(dist, path), "utf8"));
      }
    }
  }

  names() {
    return [...this.texts.keys()];
  }

  file(name) {
    return join(this.dist, `${name}.js`);
  }

  /** The modules that are loaded with this one, itself included, without those for which `isLeftOut` is true. */
  importedBy(entry, isLeftOut) {
    const found = new Set([entry]);
    for (const name of found) {
      for (const other of this.matches(name, staticRequire)) {
        if (!isLeftOut(other)) {
          found.add(other);
        }
      }
    }
    return found;
  }

  /** The joined modules that files other than their own refer to. */
  usedOutside(homes) {
    const used = new Set();
    for (const name of this.texts.keys()) {
      for (const other of this.matches(name, anyRequire)) {
        if (homes.has(other) && homes.get(other) !== homes.get(name)) {
          used.add(other);
        }
      }
    }
    return used;
  }

  exportsOf(name) {
    const found = this.texts
      .get(name)
      .matchAll(/^(?:exports\.(\w+) =|Object\.defineProperty\(exports, "(\w+)")/gm);
    const names = new Set([...found].map(([, assigned, defined]) => assigned ?? defined));
    names.delete("__esModule");
    return [...names];
  }

  /** The text of a module that keeps its file, with references to the joined files. */
  redirected(name, homes) {
    return this.texts.get(name).replace(anyRequire, (text, path) => {
      const other = resolved(name, path);
      const home = homes.get(other);
      return home && home !== other
        ? `require("${relativePath(dirname(name), home)}").joined["${other}"]`
        : text;
    });
  }

  matches(name, pattern) {
    return [...this.texts.get(name).matchAll(pattern)].map(([, path]) => resolved(name, path));
  }
}

const resolved = (from, path) => posix.join(posix.dirname(from), path);

function relativePath(from, to) {
  const path = posix.relative(from, to);
  return path.startsWith(".") ? path : `./${path}`;
}
