/** The checker must find each kind of violation of the house rules, and nothing else. */

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeDirectory } from "../../support/published";
import { root, runNode } from "../../support/repository";

import expect = require("expect.js");

import { onTestEnd } from "../../support/cleanup";

const numbers = Array.from({ length: 92 }, (_, index) => index + 1);

/** A project without violations, by path. */
const faultless: Record<string, string> = {
  "package.json": JSON.stringify({ dependencies: { ws: "*", "@scope/name": "*" } }),
  "lib/index.ts": '/** The front door. */\nexport { Server } from "./server/server";\n',
  "lib/server/server.ts":
    '/** Serves. */\nimport { Namespace } from "./namespace";\nexport class Server extends Namespace {}\n',
  "lib/server/namespace.ts":
    '/** Holds sockets. */\nimport type { Server } from "./server";\nexport class Namespace { of?: Server }\n',
  "lib/acks/pending.ts":
    '/** Answers due. */\nimport { WebSocket } from "ws";\nimport "@scope/name/deep";\nexport { WebSocket };\n',
  "lib/typed-events.ts": "/** The algebra. */\nexport type Listener = (...args: any[]) => void;\n",
  "test/rows.ts": `it("pins rows [${numbers.join(", ")}]", () => {});\n`,
};

async function check(planted: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "house-"));
  onTestEnd(() => removeDirectory(directory));
  for (const [path, text] of Object.entries({ ...faultless, ...planted })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const { code, stdout, stderr } = await runNode([join(root, "scripts/check-house.mjs"), directory]);
  return { code, summary: stdout, problems: stderr.split("\n").slice(0, -1) };
}

/** Checks that each of these files causes one violation, and no other. */
async function refuses(planted: Record<string, string>, ...reasons: string[]): Promise<void> {
  const { code, problems } = await check(planted);
  expect(problems).to.eql(reasons);
  expect(code).to.be(1);
}

async function accepts(planted: Record<string, string>): Promise<void> {
  const { code, problems } = await check(planted);
  expect(problems).to.eql([]);
  expect(code).to.be(0);
}

describe("the checker of the house rules", () => {
  it("accepts a project without violations, and prints its back references", async () => {
    const { code, summary, problems } = await check();
    expect(problems).to.eql([]);
    expect(summary).to.be(
      "type-only back references: server/namespace -> server/server\n6 files, 0 problems\n",
    );
    expect(code).to.be(0);
  });

  it("refuses a run-time import of a higher floor", () =>
    refuses(
      {
        "lib/errors.ts":
          '/** Errors. */\nimport { WebSocket } from "./acks/pending";\nexport { WebSocket };\n',
      },
      "lib/errors.ts:2: imports lib/acks/pending.ts, which is on a higher floor",
    ));

  it("refuses a type from a higher floor that is not a known back reference", () =>
    refuses(
      { "lib/broadcast/verbs.ts": '/** Verbs. */\nexport type Of = import("../server/server").Server;\n' },
      "lib/broadcast/verbs.ts:2: imports lib/server/server.ts, which is on a higher floor",
    ));

  it("refuses a known back reference at run time", () =>
    refuses(
      {
        "lib/server/namespace.ts":
          '/** Holds. */\nimport { Server } from "./server";\nexport class Namespace { s = Server }\n',
      },
      "lib/server/namespace.ts:2: imports lib/server/server.ts, which is on a higher floor",
      "lib/server/namespace.ts -> lib/server/server.ts -> lib/server/namespace.ts: a circle of imports at run time",
    ));

  it("refuses a circle on one floor, once, with each kind of import", async () => {
    await refuses(
      {
        "lib/acks/a.ts": '/** A. */\nexport * from "./b";\n',
        "lib/acks/b.ts": '/** B. */\nexport const c = require("./c");\n',
        "lib/acks/c.ts": '/** C. */\nimport { type T, a } from "./a";\nexport const c: T = a;\n',
      },
      "lib/acks/a.ts -> lib/acks/b.ts -> lib/acks/c.ts -> lib/acks/a.ts: a circle of imports at run time",
    );
  });

  it("refuses a circle of types", () =>
    refuses(
      {
        "lib/acks/a.ts": '/** A. */\nimport { type B } from "./b";\nexport type A = B;\n',
        "lib/acks/b.ts": '/** B. */\nimport type { A } from "./a";\nexport type B = A;\n',
      },
      "lib/acks/a.ts -> lib/acks/b.ts -> lib/acks/a.ts: a circle of imports of types",
    ));

  it("refuses a file on no floor, a missing file, and a package that is not a dependency", () =>
    refuses(
      {
        "lib/utils.ts":
          '/** Odds. */\nimport a from "./nowhere";\nimport b from "lodash/fp";\nexport { a, b };\n',
      },
      "lib/utils.ts:2: ./nowhere does not exist",
      "lib/utils.ts:3: lodash/fp is not a dependency of the package",
      "lib/utils.ts:1: is on no floor: add it to the table in scripts/house-rules.mjs",
    ));

  it("refuses a first line that is missing, incomplete or longer than a sentence", () =>
    refuses(
      {
        "lib/acks/a.ts": "export const a = 1;\n",
        "lib/acks/b.ts": "/** Answers */\nexport const b = 1;\n",
        "lib/acks/c.ts": "/** Answers. And asks. */\nexport const c = 1;\n",
      },
      ...["a", "b", "c"].map(
        (name) =>
          `lib/acks/${name}.ts:1: the first line must be the purpose of the file, as /** one sentence. */`,
      ),
    ));

  it("refuses a file that is too long, but not one of 360 lines of code", async () => {
    const lines = (count: number) => `/** Long. */\n${"export {};\n".repeat(count)}`;
    await refuses({ "examples/a.js": lines(361) }, "examples/a.js:1: 361 lines of code, more than 360");
    await accepts({ "examples/a.js": lines(360) });
  });

  it("refuses comments that hide findings, in the library only", async () => {
    const text =
      '/** Hides. */\n// @ts-ignore\n/* biome-ignore lint: x */\nexport const a = "@ts-nocheck"; // @ts-expect-error\n';
    await refuses(
      { "lib/acks/a.ts": text },
      "lib/acks/a.ts:2: @ts-ignore suppresses a finding: remove its cause",
      "lib/acks/a.ts:3: biome-ignore suppresses a finding: remove its cause",
      "lib/acks/a.ts:4: @ts-expect-error suppresses a finding: remove its cause",
    );
    await accepts({ "test/a.ts": text });
  });

  it("refuses the type any outside the event-map algebra", async () => {
    await refuses(
      { "lib/acks/a.ts": "/** Loose. */\nexport let a: any;\nexport type B<T = any> = T[] | Map<any, T>;\n" },
      'lib/acks/a.ts:2: "any": use unknown, or a name from lib/typed-events.ts',
      'lib/acks/a.ts:3: "any": use unknown, or a name from lib/typed-events.ts',
    );
    await accepts({
      "lib/acks/a.ts":
        '/** Takes any value. */\n// any\nexport const a = { any: "any", b: /any/, c: `any` };\nPromise.any([]);\n',
    });
  });

  it("refuses unfinished work", () =>
    refuses(
      { "test/a.ts": "// TODO later\nconst a = 'TODO';\n" },
      "test/a.ts:1: TODO: do it, or open an issue",
    ));

  it("refuses a test that is disabled, unless the library differs on purpose", async () => {
    const off = "disables a test: only tests that depend on subjectName may be disabled";
    await refuses(
      { "test/a.ts": 'it.only("a", f);\ndescribe.skip("b", f);\nxit("c", f);\n' },
      "test/a.ts:1: disables all other tests",
      `test/a.ts:2: ${off}`,
      `test/a.ts:3: ${off}`,
    );
    await accepts({ "test/a.ts": '(subjectName === "reference" ? it.skip : it)("a", f);\n' });
  });

  it("refuses a test that skips itself, unless a service is missing", async () => {
    await refuses(
      { "test/a.ts": 'it("a", function () {\n  this.skip();\n});\n' },
      "test/a.ts:2: skips a test, even with REQUIRE_SERVICES",
    );
    await accepts({
      "test/a.ts": 'if (process.env.REQUIRE_SERVICES === "1") throw missing;\nelse context.skip();\n',
    });
  });

  it("refuses a row of behaviour that is in no title", () =>
    refuses(
      {
        "test/rows.ts": `it(\n  "pins rows [${numbers.filter((row) => row !== 27).join()}]", f);\nf("a", "[27]");\n`,
      },
      "test: no title has [27], a row of docs/behaviour.md",
    ));

  it("is not misled by strings, comments, templates and regular expressions", () =>
    accepts({
      "lib/acks/a.ts": [
        "/** Quotes. */",
        "const a = \"import x from '../server'\"; // import x from '../server'",
        `/* import x from '../server' */ const b = \`\${a + \`\${{ c: '}' }.c}\`} import x from '../server'\`;`,
        "const c = /[/'\"]/.test(a) ? 4 / 2 : 1 / 2; // ' \"",
        "export { a, b, c };",
        "",
      ].join("\n"),
    }));
});
