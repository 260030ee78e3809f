/** What is published, and what the tools that judge packages say about it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import expect = require("expect.js");

import {
  filesBelow,
  manifest,
  type Packed,
  pack,
  programOf,
  removeDirectory,
  root,
  runNode,
} from "../support/published";

const compiled: Record<string, string[]> = { ".ts": [".js", ".d.ts"], ".mts": [".mjs", ".d.mts"] };

const clientFiles = ["", ".min", ".esm.min", ".msgpack.min"].flatMap((variant) => [
  `client-dist/socket.io${variant}.js`,
  `client-dist/socket.io${variant}.js.map`,
]);

describe("the published package", function () {
  this.timeout(60_000);
  let packed: Packed;

  before(async () => {
    packed = await pack();
  });

  after(() => packed && removeDirectory(packed.directory));

  it("holds the compiled library, the browser bundles, four documents and nothing else [11]", () => {
    const library = filesBelow("lib").flatMap((file) => {
      const [, name, extension] = /^lib\/(.*?)(\.m?ts)$/.exec(file) ?? [];
      return (compiled[extension as string] as string[]).map((suffix) => `dist/${name}${suffix}`);
    });
    const documents = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
    const expected = [...library, ...clientFiles, ...documents];
    expect(expected.filter((file) => !packed.files.includes(file))).to.eql([]);
    expect(packed.files.filter((file) => !expected.includes(file))).to.eql([]);
  });

  it("brings the bundles of the client it was tested with, byte for byte [11]", () => {
    for (const file of clientFiles) {
      const source = join(root, "node_modules/socket.io-client", file.replace("client-dist", "dist"));
      expect(readFileSync(join(root, file)).equals(readFileSync(source))).to.be(true);
    }
  });

  it("needs these packages at run time, and no other", () => {
    expect(Object.keys(manifest.dependencies).sort()).to.eql([
      "accepts",
      "base64id",
      "cors",
      "debug",
      "engine.io",
      "socket.io-parser",
      "ws",
    ]);
    for (const field of ["peerDependencies", "optionalDependencies", "bundleDependencies"]) {
      expect(manifest).not.to.have.property(field);
    }
  });

  it("runs nothing when it is installed from the registry", () => {
    for (const script of ["preinstall", "install", "postinstall"]) {
      expect(manifest.scripts).not.to.have.property(script);
    }
  });

  it("imports, in code and in types, only Node.js and those packages", () => {
    const unknown: string[] = [];
    for (const file of packed.files.filter((name) => name.startsWith("dist/"))) {
      const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      const specifiers = text.matchAll(
        /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"'\n]+)["']/g,
      );
      for (const [, specifier = ""] of specifiers) {
        if (!/^(\.{1,2}\/|node:)/.test(specifier)) {
          const known = specifier in manifest.dependencies;
          if (!known || (/\.d\.m?ts$/.test(file) && !bringsTypes(specifier))) {
            unknown.push(`${file}: ${specifier}`);
          }
        }
      }
    }
    expect(unknown).to.eql([]);
  });

  it("leaves publint without a remark", async () => {
    const { code, stdout } = await runNode([programOf("publint"), "run", packed.tarball, "--strict"]);
    expect(stdout).to.contain("All good!");
    expect(code).to.be(0);
  });

  it("leaves Are The Types Wrong without a remark: both doors have types of their own kind [1, 82]", async () => {
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

/** engine.io brings @types/cors and @types/ws along. */
function bringsTypes(name: string): boolean {
  const read = (one: string) =>
    JSON.parse(readFileSync(join(root, "node_modules", one, "package.json"), "utf8"));
  const { types, typings } = read(name);
  return Boolean(types ?? typings) || `@types/${name}` in read("engine.io").dependencies;
}
