/** The entry point socket.io/contract in a page: how much it is, and that it needs nothing else. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { requireBuild } from "../support/published";
import { root } from "../support/repository";

const esbuild = require("esbuild");

/** The largest size in a bundle, compressed with gzip, in bytes. */
const MAX_SIZE = 2_000;

ownSuite("socket.io/contract", () => {
  before(() => requireBuild());

  it(`takes less than ${MAX_SIZE} bytes in a bundle, and imports nothing`, () => {
    const { outputFiles } = esbuild.buildSync({
      stdin: { contents: 'export { contract } from "socket.io/contract";', resolveDir: root },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "browser",
    });
    const code = Buffer.from(outputFiles[0].contents);
    expect(gzipSync(code).length).to.be.within(100, MAX_SIZE);
    expect(code.toString()).not.to.match(/\bimport\b|\brequire\(|node:/);
  });

  for (const file of ["contract.js", "contract.mjs", "asyncapi.js", "asyncapi.mjs"]) {
    it(`imports nothing as ${file}`, () => {
      const code = readFileSync(join(root, "dist/contract", file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      expect(code).not.to.match(/^import\b|\brequire\("/m);
    });
  }

  it("is the same for require() and for import", async () => {
    const required = require("socket.io/contract");
    const { contract, isContract } = await import("socket.io/contract");
    expect(required.isContract(contract({}))).to.be(true);
    expect(isContract(required.contract({}))).to.be(true);
    const { asyncapi } = await import("socket.io/contract/asyncapi");
    const info = { title: "Chat", version: "1.0.0" };
    const document = require("socket.io/contract/asyncapi").asyncapi(contract({}), info);
    expect(document).to.eql(asyncapi(required.contract({}), info));
  });
});
