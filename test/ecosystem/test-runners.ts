/** Test runners: the tests of an application with socket.io/testing, and the fake timers of each runner beside it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { programOf, root, runNode } from "../support/repository";
import { tested } from "./support/tested";

const examples = join(root, "examples/testing");
const fixtures = join(__dirname, "fixtures/runners");

/** The path of a program of a package that is installed for the tests of this folder. */
function programHere(name: string): string {
  const directory = join(__dirname, "node_modules", name);
  const { bin } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return join(directory, typeof bin === "string" ? bin : bin[name]);
}

/** Runs a program in this folder; its output must have this text. Returns the output. */
async function passes(args: string[], text: string): Promise<string> {
  const { code, output } = await runNode(args, __dirname);
  if (code !== 0) {
    throw new Error(output);
  }
  expect(output).to.contain(text);
  return output;
}

const jest = (folder: string, file: string) => [
  programHere("jest"),
  `--rootDir=${folder}`,
  `--testMatch=**/${file}`,
  "--no-watchman",
  "--no-cache",
];

const vitest = (folder: string, file: string) => [
  programHere("vitest"),
  "run",
  `--root=${__dirname}`, // the place of its cache
  `--dir=${folder}`,
  file,
];

tested({ area: "Tools", name: "jest", packages: ["jest"] }, () => {
  it("runs the tests of an application with clients in the same process", () =>
    passes(jest(examples, "jest.test.js"), "3 passed"));

  it("finds no open handles after the tests of an application, with --detectOpenHandles", async () => {
    const args = [...jest(examples, "jest.test.js"), "--detectOpenHandles"];
    expect(await passes(args, "3 passed")).not.to.contain("open handle");
  });

  it("moves the timers of handlers with its own fake timers", () =>
    passes(jest(fixtures, "jest-timers.test.js"), "1 passed"));
});

tested({ area: "Tools", name: "vitest", packages: ["vitest"] }, () => {
  it("runs the tests of an application with clients in the same process", () =>
    passes(vitest(examples, "vitest.test.mjs"), "3 passed"));

  it("moves the timers of handlers with its own fake timers", () =>
    passes(vitest(fixtures, "vitest-timers.test.mjs"), "1 passed"));
});

tested({ area: "Tools", name: "sinon", packages: ["sinon"] }, () => {
  it("moves the timers of handlers with its fake timers", () =>
    passes(
      [programOf("mocha"), "--no-config", "--reporter=tap", join(fixtures, "sinon-timers.test.js")],
      "# pass 1",
    ));
});

tested({ area: "Tools", name: "node:test" }, () => {
  it("moves the timers of handlers with its own fake timers", () =>
    passes(["--test", "--test-reporter=tap", join(fixtures, "node-timers.test.mjs")], "# pass 1"));
});
