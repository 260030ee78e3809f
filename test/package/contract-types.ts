/** The types of contracts: programs that compile, the messages for mistakes, and the work of the compiler. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import * as ts from "typescript-5.9";
import { ownSuite } from "../support/own-tests";
import { requireBuild } from "../support/published";
import { programOf, root, runNode } from "../support/repository";

const folder = join(root, "test/types/contract");

const compilers = [
  ["the newest TypeScript", "typescript"],
  ["TypeScript 5.9", "typescript-5.9"],
  ["TypeScript 5.0", "typescript-5.0"],
] as const;

/** The largest number of lines of a message: with more, the compiler shows nested types. */
const MAX_LINES = 3;

ownSuite("the types of a contract", () => {
  before(() => requireBuild());

  for (const [title, compiler] of compilers) {
    it(`let ${title} accept correct programs, and name each mistake in at most three lines [82]`, async () => {
      const { stdout } = await runNode([programOf(compiler, "tsc"), "-p", folder, "--pretty", "false"]);
      const messages = stdout.split(/^(?=test\/types\/)/m).filter((text) => text !== "");
      expect(messages.filter((text) => !text.startsWith("test/types/contract/mistakes.mts"))).to.eql([]);
      const lines = readFileSync(join(folder, "mistakes.mts"), "utf8").split("\n");
      const expected = lines.flatMap((text, index) => {
        const [, named] = /; \/\/ (.+)$/.exec(text) ?? [];
        return named ? [[index + 1, named] as const] : [];
      });
      expect(messages.map((text) => Number(/\((\d+),/.exec(text)?.[1]))).to.eql(
        expected.map(([line]) => line),
      );
      for (const [index, [, named]] of expected.entries()) {
        expect(messages[index]).to.contain(named);
        expect(messages[index]?.trim().split("\n").length).not.to.be.above(MAX_LINES);
      }
    });
  }

  it("need little work of the compiler: a contract of 200 events, and the same as event maps", () => {
    const names = Array.from({ length: 200 }, (_, index) => `event${index}`);
    const uses = names.map(
      (name) => `
        socket.on("${name}", (content, ack) => ack(content.text.length));
        socket.emit("${name}", { text: "a", count: 1 });`,
    );
    const types = `
      interface Text { text: string; count: number }
      declare const text: Schema<Text>;
      declare const count: Schema<number>;
      interface Schema<T> { "~standard": {
        version: 1; vendor: string; types?: { input: T; output: T };
        validate(value: unknown): { value: T } | { issues: { message: string }[] };
      } }`;
    const contracted = instantiationsOf(`
      import { Server } from "socket.io";
      import { contract } from "socket.io/contract";
      ${types}
      const chat = contract({
        clientToServer: { ${names.map((name) => `${name}: { args: [text], ack: count }`)} },
        serverToClient: { ${names.map((name) => `${name}: { args: [text] }`)} },
      });
      new Server({ contract: chat }).on("connection", (socket) => {${uses.join("")}});`);
    const mapped = instantiationsOf(`
      import { Server } from "socket.io";
      ${types}
      interface Listen { ${names.map((name) => `${name}(content: Text, ack: (count: number) => void): void`).join(";")} }
      interface Emit { ${names.map((name) => `${name}(content: Text): void`).join(";")} }
      new Server<Listen, Emit>().on("connection", (socket) => {${uses.join("")}});`);
    expect(contracted / mapped).to.be.below(3);
    expect(contracted / names.length).to.be.below(2_000);
  });
});

/** The number of types that the compiler instantiates for a program, without errors. */
function instantiationsOf(text: string): number {
  const file = join(folder, "many.mts");
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, target) =>
    name === file ? ts.createSourceFile(name, text, target) : getSourceFile(name, target);
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? text : readFile(name));
  const program = ts.createProgram([file], options, host);
  const problems = program.getSemanticDiagnostics(program.getSourceFile(file));
  expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).to.eql([]);
  return program.getInstantiationCount();
}
