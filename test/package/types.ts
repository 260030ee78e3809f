/** Compiles test/types, as an application would, against the published declarations. */
import { join } from "node:path";

import { type Finished, programOf, requireBuild, root, runNode } from "../support/published";
import { subjectName } from "../support/subject";

const settings = join(root, "test/types", subjectName === "reference" ? "reference" : "");

const compilers: [title: string, compiler: string, config: string][] = [
  ["the newest TypeScript accepts", "typescript", "tsconfig.json"],
  ["the oldest TypeScript accepts, deep paths included,", "typescript-oldest", "tsconfig.oldest.json"],
  ["the oldest TypeScript accepts, in ES modules too,", "typescript-oldest", "tsconfig.oldest-node16.json"],
];

describe("the types", function () {
  this.timeout(60_000);
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
    it(`${title} what applications may write and refuses what they may not [82]`, async () => {
      const { code, stdout, stderr } = (await runs[index]) as Finished;
      if (code !== 0) {
        throw new Error(stdout + stderr);
      }
    });
  }
});
