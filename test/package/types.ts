/** Compiles test/types with the published declarations, as an application does. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { requireBuild } from "../support/published";
import { type Finished, programOf, root, runNode } from "../support/repository";

import expect = require("expect.js");

import { ownTest } from "../support/own-tests";
import { subjectName } from "../support/subject";

const settings = join(root, "test/types", subjectName === "reference" ? "reference" : "");

const compilers: [title: string, compiler: string, config: string][] = [
  ["the newest TypeScript accepts", "typescript", "tsconfig.json"],
  ["the oldest TypeScript accepts, including deep paths,", "typescript-oldest", "tsconfig.oldest.json"],
  ["the oldest TypeScript accepts, also in ES modules,", "typescript-oldest", "tsconfig.oldest-node16.json"],
];

describe("the types", () => {
  let runs: Promise<Finished>[] = [];

  before(() => {
    if (subjectName !== "reference") {
      requireBuild();
    }
    runs = compilers.map(([, compiler, config]) =>
      runNode([programOf(compiler, "tsc"), "-p", join(settings, config)]),
    );
  });

  for (const [index, [title]] of compilers.entries()) {
    it(`${title} correct programs and rejects mistakes [82]`, async () => {
      const { code, stdout, stderr } = (await runs[index]) as Finished;
      if (code !== 0) {
        throw new Error(stdout + stderr);
      }
    });
  }

  for (const [title, compiler] of [
    ["the newest TypeScript", "typescript"],
    ["TypeScript 5.9", "typescript-5.9"],
  ] as const) {
    ownTest(`make ${title} suggest the correct option`, async () => {
      const config = join(root, "test/types/messages");
      const { stdout } = await runNode([programOf(compiler, "tsc"), "-p", config, "--pretty", "false"]);
      const found = stdout.split(/^(?=test\/types\/messages\/misspelt\.ts)/m);
      const program = readFileSync(join(config, "misspelt.ts"), "utf8").split("\n");
      const misspelt = program.flatMap((text, index) => (text.startsWith("new Server") ? [index + 1] : []));
      expect(found.map((message) => Number(/\((\d+),/.exec(message)?.[1]))).to.eql(misspelt);
      // some compilers show only the message for the last overload
      const lastLines = found.map((message) => message.trim().split("\n").pop());
      for (const line of lastLines) {
        expect(line).to.match(/Did you mean to write '(pingInterval|connectTimeout|skipMiddlewares)'\?$/);
      }
    });
  }
});
