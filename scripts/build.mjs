/**
 * Builds the published files: dist/ (lib/ compiled) and client-dist/ (the browser bundles of socket.io-client,
 * and the bundle for pages of Socket.IO 0.x).
 *
 * npm runs this script before it packs (`prepack`), and after it has installed the development dependencies, in a clone
 * and for a git URL: scripts/build-on-install/ is one of them, and has the script `prepare`. In the manifest of the
 * package itself, that script would count as an install script, and npm would warn whenever the package is installed.
 *
 * Two builds may run at the same time. Therefore each build writes to a separate directory, and then moves its files into
 * place one by one: a reader never finds a file missing or incomplete, and two builds of the same sources have the same
 * result.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { joinModules } from "./join.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

/** The entry points that pages load too. Each is one file of code, which imports types only. */
const browserEntries = ["server-sent-events", "contract/contract", "contract/asyncapi"].filter((name) =>
  existsSync(join(root, "lib", `${name}.ts`)),
);

/** The script for pages of Socket.IO 0.x, and the file that it is bundled from. */
const pageScript = "socket.io.legacy.min.js";
const pageEntry = join(root, "lib", "legacy", "client", "page.ts");

/**
 * The modules whose files contain the modules that they import: the classes that applications use, and what is loaded
 * with the first server.
 */
const joinedFiles = ["server/server", "server/first-use"];

/** The entry points, the modules that other packages import types from, and those whose classes tracing tools patch. */
const addresses = [
  "index",
  "contract/contract",
  "broadcast-operator",
  "client",
  "namespace",
  "parent-namespace",
  "socket",
  "socket-types",
  "typed-events",
];

const clientFiles = [
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.esm.min.js",
  "socket.io.msgpack.min.js",
].flatMap((file) => [file, `${file}.map`]);

/**
 * Both entry points must have the same types. With `export *`, the members that an application adds to an interface
 * (`declare module "socket.io" { interface Socket { user: User } }`) are visible through the other entry point too. The
 * compiler would write a list of names, each of which would be a separate type once an application adds members to it.
 */
const esmTypes = 'export * from "./index.js";\n';

async function main() {
  const compiler = packageDirectory("typescript");
  const client = packageDirectory("socket.io-client");
  const tsx = packageDirectory("tsx");
  if (!compiler || !client || !tsx) {
    return withoutTools();
  }
  const workspace = mkdtempSync(join(root, ".build-"));
  try {
    compile(compiler, ["-p", join(root, "tsconfig.json"), "--outDir", join(workspace, "dist")]);
    if (browserEntries.length > 0) {
      compileBrowserEntries(compiler, workspace);
    }
    separateTypeImports(join(workspace, "dist"));
    allowMissingClient(join(workspace, "dist"));
    writeFileSync(join(workspace, "dist", "wrapper.d.mts"), esmTypes);
    // modules read the version from it
    copyFileSync(join(root, "package.json"), join(workspace, "package.json"));
    const entries = joinedFiles.filter((name) => existsSync(join(root, "lib", `${name}.ts`)));
    const { build } = esbuildOf(tsx);
    await joinModules({ build, root, dist: join(workspace, "dist"), entries, addresses });
    copyClient(join(client, "dist"), join(workspace, "client-dist"));
    bundlePageScript(tsx, join(workspace, "client-dist", pageScript));
    publish(join(workspace, "dist"), join(root, "dist"));
    publish(join(workspace, "client-dist"), join(root, "client-dist"));
  } finally {
    rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The directory of an installed package, or undefined. */
function packageDirectory(name) {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Without the development dependencies, the result of an earlier build is sufficient. */
function withoutTools() {
  const advice =
    "typescript, tsx and socket.io-client are needed to build: run `npm ci` without `--omit=dev`";
  if (!existsSync(join(root, "dist", "index.js")) || !existsSync(join(root, "client-dist", "socket.io.js"))) {
    throw new Error(advice);
  }
  console.warn(`not built again (${advice})`);
}

function compile(compiler, args) {
  const { status, error } = spawnSync(
    process.execPath,
    [join(compiler, "bin", "tsc"), ...args],
    { stdio: ["ignore", process.stderr.fd, "inherit"] }, // the output of `npm pack --json` remains JSON
  );
  if (error || status !== 0) {
    throw error ?? new Error("lib/ does not compile");
  }
}

/** Compiles the entry points for pages to ES modules too, which browsers and bundlers load without a conversion. */
function compileBrowserEntries(compiler, workspace) {
  const config = join(root, "tsconfig.json");
  const options = {
    extends: config,
    compilerOptions: {
      module: "es2022",
      moduleResolution: "bundler",
      rootDir: join(root, "lib"),
      outDir: join(workspace, "esm"),
      typeRoots: [join(root, "node_modules", "@types")],
    },
    include: [],
    files: browserEntries.map((name) => join(root, "lib", `${name}.ts`)),
  };
  const project = join(workspace, "tsconfig.json");
  writeFileSync(project, JSON.stringify(options));
  compile(compiler, ["-p", project]);
  for (const name of browserEntries) {
    renameSync(join(workspace, "esm", `${name}.js`), join(workspace, "dist", `${name}.mjs`));
    // types of its own, not those for require(), since the types of socket.io-client differ in the same way
    const types = readFileSync(join(workspace, "esm", `${name}.d.ts`), "utf8");
    writeFileSync(
      join(workspace, "dist", `${name}.d.mts`),
      types.replace(/ from "(\.[^"]*)"/g, ' from "$1.js"'),
    );
  }
}

/**
 * `import { type A, B } from "x"` becomes `import type { A } from "x"` and `import { B } from "x"`: compilers before
 * TypeScript 4.5 do not support the first form.
 */
function separateTypeImports(directory) {
  for (const name of filesBelow(directory).filter((file) => file.endsWith(".d.ts"))) {
    const file = join(directory, name);
    const text = readFileSync(file, "utf8");
    const separated = text.replace(/^import \{ (.*\btype .*) \} from (.*)$/gm, (_line, list, source) => {
      const names = list.split(", ");
      const types = names.filter((one) => one.startsWith("type ")).map((one) => one.slice("type ".length));
      const values = names.filter((one) => !one.startsWith("type "));
      const typeImport = `import type { ${types.join(", ")} } from ${source}`;
      return values.length > 0 ? `${typeImport}\nimport { ${values.join(", ")} } from ${source}` : typeImport;
    });
    writeFileSync(file, separated);
  }
}

/**
 * The types of `socket.io-client` are `any` in an application in which that package is not installed, instead of an error
 * that this application cannot correct (TS2307, with `skipLibCheck: false`). Only the compiler of the application can find
 * out; the directive has no effect where the package is installed.
 */
function allowMissingClient(directory) {
  for (const name of filesBelow(directory).filter((file) => /\.d\.m?ts$/.test(file))) {
    const file = join(directory, name);
    const text = readFileSync(file, "utf8");
    const allowed = text.replace(
      /^(?:import|export) .* from "socket\.io-client";$/gm,
      "// @ts-ignore: an optional peer dependency\n$&",
    );
    if (allowed !== text) {
      writeFileSync(file, allowed);
    }
  }
}

/** tsx runs on esbuild. */
function esbuildOf(tsx) {
  return createRequire(join(tsx, "package.json"))("esbuild");
}

function copyClient(from, to) {
  mkdirSync(to, { recursive: true });
  for (const file of clientFiles) {
    copyFileSync(join(from, file), join(to, file));
  }
}

/** Bundles the script for pages of Socket.IO 0.x, with the ES modules of socket.io-client. */
function bundlePageScript(tsx, outfile) {
  if (!existsSync(pageEntry)) {
    return;
  }
  const { buildSync } = esbuildOf(tsx);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  buildSync({
    entryPoints: [pageEntry],
    outfile,
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    tsconfig: join(root, "tsconfig.json"),
    banner: { js: `/* Socket.IO v${version}: the client API of version 0.x */` },
    logLevel: "warning",
  });
}

/** Moves every file of `from` to the same path below `to`, then removes the other files of `to`. */
function publish(from, to) {
  const files = filesBelow(from);
  for (const file of files) {
    const target = join(to, file);
    mkdirSync(dirname(target), { recursive: true });
    replace(join(from, file), target);
  }
  for (const file of filesBelow(to)) {
    if (!files.includes(file)) {
      rmSync(join(to, file), { force: true });
    }
  }
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true }).filter((name) =>
    statSync(join(directory, name), { throwIfNoEntry: false })?.isFile(),
  );
}

/** On Windows, an open file cannot be replaced: tries again for up to two seconds. */
function replace(source, target) {
  for (let attempt = 1; ; attempt++) {
    try {
      return renameSync(source, target);
    } catch (error) {
      if (attempt === 40 || !["EPERM", "EACCES", "EBUSY"].includes(error.code)) {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

try {
  await main();
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}
