/** The content of the published package, and the results of tools that check packages. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { manifest, type Packed, pack, removeDirectory } from "../support/published";
import { filesBelow, programOf, root, runNode } from "../support/repository";

import expect = require("expect.js");

const compiled: Record<string, string[]> = { ".ts": [".js", ".d.ts"], ".mts": [".mjs", ".d.mts"] };

/** The files into which the build joins other modules, after a comment with the name of each. */
const joinedFiles = ["dist/server/server.js", "dist/server/first-use.js"];

/** The entry points for pages, which are ES modules too. */
const browserFiles = ["server-sent-events", "contract/contract", "contract/asyncapi"].flatMap((name) =>
  [".d.mts", ".mjs"].map((suffix) => `dist/${name}${suffix}`),
);

const clientFiles = ["", ".min", ".esm.min", ".msgpack.min"].flatMap((variant) => [
  `client-dist/socket.io${variant}.js`,
  `client-dist/socket.io${variant}.js.map`,
]);

/** The script for pages of Socket.IO 0.x. */
const pageScript = "client-dist/socket.io.legacy.min.js";

/** The files that refer to socket.io-client: the types of three entry points, and the code of two. */
const usesClient =
  /^dist\/(server-sent-events\.d\.m?ts|contract\/contract\.d\.m?ts|legacy\/client\/connection\.js|testing\/(server\.js|server\.d\.ts|wait-for\.d\.ts))$/;

/** The files that refer to @opentelemetry/api: those of the entry point socket.io/opentelemetry. */
const usesOpenTelemetry = /^dist\/opentelemetry\//;

describe("the published package", () => {
  let packed: Packed;

  before(async () => {
    packed = await pack();
  });

  after(() => packed && removeDirectory(packed.directory));

  it("contains the compiled library, the browser bundles, the documentation and nothing else [11]", () => {
    const library = filesBelow("lib").flatMap((file) => {
      const [, name, extension] = /^lib\/(.*?)(\.m?ts)$/.exec(file) ?? [];
      return (compiled[extension as string] as string[]).map((suffix) => `dist/${name}${suffix}`);
    });
    const joined = joinedFiles.flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(/^\/\/ lib\/(\S+)\.ts$/gm)].map(
        ([, name]) => `dist/${name}.js`,
      ),
    );
    expect(joined.length).to.be.greaterThan(80);
    const isInOthers = (file: string) => joined.includes(file) && !joinedFiles.includes(file);
    const documents = ["CHANGELOG.md", "LICENSE", "README.md", "package.json", ...filesBelow("docs")];
    const expected = [
      ...library.filter((file) => !isInOthers(file)),
      ...browserFiles,
      ...clientFiles,
      pageScript,
      ...documents,
    ];
    expect(expected.filter((file) => !packed.files.includes(file))).to.eql([]);
    expect(packed.files.filter((file) => !expected.includes(file))).to.eql([]);
  });

  it("contains the bundles of the client with which it was tested, byte for byte [11]", () => {
    for (const file of clientFiles) {
      const source = join(root, "node_modules/socket.io-client", file.replace("client-dist", "dist"));
      expect(readFileSync(join(root, file)).equals(readFileSync(source))).to.be(true);
    }
  });

  it("has these dependencies, and no others", () => {
    expect(Object.keys(manifest.dependencies).sort()).to.eql([
      "accepts",
      "base64id",
      "cors",
      "debug",
      "engine.io",
      "socket.io-parser",
      "ws",
    ]);
    for (const field of ["optionalDependencies", "bundleDependencies"]) {
      expect(manifest).not.to.have.property(field);
    }
  });

  it("refers to socket.io-client in four entry points of their own, and needs no client otherwise", () => {
    expect(manifest.peerDependencies["socket.io-client"]).to.be("*");
    expect(manifest.peerDependenciesMeta["socket.io-client"]).to.eql({ optional: true });
    const client = /from "socket\.io-client"|require\("socket\.io-client"\)/;
    const files = packed.files.filter(
      (file) =>
        /^dist\/.*ts$|^dist\/.*js$/.test(file) &&
        client.test(readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")),
    );
    expect(files.length).to.be(8);
    expect(files.filter((file) => !usesClient.test(file))).to.eql([]);
  });

  it("refers to @opentelemetry/api in one entry point of its own, and needs no telemetry otherwise", () => {
    expect(Object.keys(manifest.peerDependencies)).to.eql(["@opentelemetry/api", "socket.io-client"]);
    expect(manifest.peerDependenciesMeta["@opentelemetry/api"]).to.eql({ optional: true });
    const files = packed.files.filter(
      (file) =>
        /^dist\/.*ts$|^dist\/.*js$/.test(file) &&
        readFileSync(join(root, file), "utf8")
          .replace(/\/\*[\s\S]*?\*\//g, "")
          .includes("@opentelemetry/"),
    );
    expect(files.length).to.be.greaterThan(3);
    expect(files.filter((file) => !usesOpenTelemetry.test(file))).to.eql([]);
  });

  it("runs no script when it is installed, from any source", () => {
    const installing = ["preinstall", "install", "postinstall", "prepublish", "prepare"];
    const around = installing.flatMap((script) => [`pre${script}`, script, `post${script}`]);
    expect(Object.keys(manifest.scripts).filter((script) => around.includes(script))).to.eql([]);
  });

  it("is built by `npm ci` in a clone, and before it is packed", () => {
    const onInstall = JSON.parse(readFileSync(join(root, "scripts/build-on-install/package.json"), "utf8"));
    expect(manifest.devDependencies[onInstall.name]).to.be("file:scripts/build-on-install");
    expect(onInstall.scripts).to.eql({ prepare: "node ../build.mjs" });
    expect(manifest.scripts.prepack).to.be("npm run build");
  });

  it("cannot be published without the URLs of its repository", async () => {
    const fields = ["repository", "bugs", "homepage"];
    const { code, stderr } = await runNode([join(root, "scripts/check-addresses.mjs")]);
    const missing = fields.filter((field) => !(field in manifest));
    expect(code).to.be(missing.length > 0 ? 1 : 0);
    expect(fields.filter((field) => stderr.includes(field))).to.eql(missing);
  });

  it("refers in its documentation comments only to pages of the package or on the web", () => {
    const dangling: string[] = [];
    let pages = 0;
    for (const file of packed.files.filter((name) => name.endsWith(".d.ts"))) {
      const text = readFileSync(join(root, file), "utf8");
      for (const [, path = ""] of text.matchAll(/([\w./-]*\.md)\b/g)) {
        pages++;
        if (!packed.files.includes(path.replace(/^node_modules\/socket\.io\//, "")) || /^docs/.test(path)) {
          dangling.push(`${file}: ${path}`);
        }
      }
      for (const [, target = ""] of text.matchAll(/@see (\S+)/g)) {
        if (!/^(node_modules\/socket\.io\/|https:\/\/)/.test(target)) {
          dangling.push(`${file}: ${target}`);
        }
      }
    }
    expect(dangling).to.eql([]);
    expect(pages).to.be.greaterThan(2);
  });

  it("imports, in code and in types, only Node.js and its dependencies", () => {
    const unknown: string[] = [];
    for (const file of packed.files.filter((name) => name.startsWith("dist/"))) {
      const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      const specifiers = text.matchAll(
        /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"'\n]+)["']/g,
      );
      for (const [, specifier = ""] of specifiers) {
        if (!/^(\.{1,2}\/|node:)/.test(specifier)) {
          const known = specifier.replace(/\/package\.json$/, "") in manifest.dependencies;
          const uses = specifier === "socket.io-client" ? usesClient : usesOpenTelemetry;
          const isPeer = uses.test(file) && specifier in manifest.peerDependencies;
          if (isPeer) {
            continue;
          }
          if (!known || (/\.d\.m?ts$/.test(file) && !bringsTypes(specifier))) {
            unknown.push(`${file}: ${specifier}`);
          }
        }
      }
    }
    expect(unknown).to.eql([]);
  });

  it("passes publint without a remark", async () => {
    const { code, stdout } = await runNode([programOf("publint"), "run", packed.tarball, "--strict"]);
    expect(stdout).to.contain("All good!");
    expect(code).to.be(0);
  });

  it("passes Are The Types Wrong without a remark: CommonJS and ESM have separate types [1, 82]", async () => {
    const attw = programOf("@arethetypeswrong/cli", "attw");
    const { code, stdout } = await runNode([
      attw,
      packed.tarball,
      "--no-definitely-typed",
      "--format",
      "json",
    ]);
    const { analysis, problems } = JSON.parse(stdout);
    expect(analysis.types).to.eql({ kind: "included" });
    expect(problems).to.eql({});
    expect(code).to.be(0);
  });
});

/** engine.io depends on @types/cors and @types/ws. */
function bringsTypes(name: string): boolean {
  const read = (one: string) =>
    JSON.parse(readFileSync(join(root, "node_modules", one, "package.json"), "utf8"));
  const { types, typings } = read(name);
  return Boolean(types ?? typings) || `@types/${name}` in read("engine.io").dependencies;
}
