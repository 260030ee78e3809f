/** The typed example: it runs, it compiles, and it does not compile with a mistake. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { runExample } from "../support/examples";
import { root, runNode } from "../support/repository";
import { connectClient } from "../support/server";
import { nextEvent } from "../support/waiting";

const compiler = join(root, "node_modules/typescript/bin/tsc");
const example = join(root, "examples/typescript");

/** Compiles a modified copy of the example outside the package. */
function compileCopy(change: (source: string) => string) {
  const folder = mkdtempSync(join(tmpdir(), "socket.io-example-"));
  onTestEnd(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "index.ts"), change(readFileSync(join(example, "index.ts"), "utf8")));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(example, "tsconfig.json"),
      compilerOptions: {
        paths: { "socket.io": [join(root, "dist/index.d.ts")] },
        typeRoots: [join(root, "node_modules/@types")],
      },
      files: ["index.ts"],
    }),
  );
  return runNode([compiler, "-p", folder]);
}

describe("the TypeScript example", () => {
  it("runs [82]", async () => {
    const { url } = await runExample("typescript/index.ts", { nodeArguments: ["--import", "tsx"] });
    const client = connectClient(url);
    const said = nextEvent(client, "said");
    expect(await client.emitWithAck("say", "hello")).to.be(5);
    expect(await said).to.eql(["ada", "hello"]);
  });

  it("compiles in its folder [82]", async () => {
    const { code, output } = await runNode([compiler, "-p", example]);
    expect(output).to.be("");
    expect(code).to.be(0);
  });

  it("compiles in other folders too [82]", async () => {
    const { code, output } = await compileCopy((source) => source);
    expect(output).to.be("");
    expect(code).to.be(0);
  });

  it("does not compile with an unknown event, nor with a wrong argument [82]", async () => {
    const { code, output } = await compileCopy((source) =>
      source
        .replace('io.emit("said", socket.data.name, text)', 'io.emit("sayed", socket.data.name, text)')
        .replace("reply(text.length)", "reply(text)"),
    );
    expect(code).not.to.be(0);
    expect(output).to.contain('"sayed"');
    expect(output).to.contain("'string' is not assignable to parameter of type 'number'");
  });
});
