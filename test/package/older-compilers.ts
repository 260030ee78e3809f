/** The published declarations, read by an older compiler: TypeScript 4.2. */

import { join } from "node:path";
import { requireBuild } from "../support/published";
import { filesBelow, root } from "../support/repository";

import expect = require("expect.js");

import * as ts from "typescript-4.2";
import { subjectName } from "../support/subject";

const library = subjectName === "reference" ? "socket.io-reference" : "socket.io";
const declarations = subjectName === "reference" ? "node_modules/socket.io-reference/dist" : "dist";

/** The program of an application, and mistakes that the compiler must report. */
const application = `
import { Namespace, Server, ServerOptions, Socket } from "${library}";
import type { DisconnectReason } from "${library}";

interface ClientEvents { hello: (name: string, answer: (greeting: string) => void) => void }
interface ServerEvents { news: (count: number) => void; ask: (question: string, answer: (value: number) => void) => void }

const options: Partial<ServerOptions> = { path: "/live" };
const io = new Server<ClientEvents, ServerEvents, {}, { user: string }>(3000, options);
io.on("connection", (socket) => {
  socket.on("hello", (name, answer) => answer(name.toUpperCase()));
  socket.to("a").except("b").emit("news", 2);
  socket.timeout(10).emit("ask", "how many", (error, value) => value.toFixed());
  socket.on("disconnect", (reason: DisconnectReason) => reason.length);
  socket.data.user.length;
});
const lobby: Namespace<ClientEvents, ServerEvents, {}, { user: string }> = io.of("/lobby");
new Server().on("connection", (socket: Socket) => socket.join(lobby.name));
// @ts-expect-error
new Server({ paht: "/live" });
// @ts-expect-error
io.emit("news", "two");
// @ts-expect-error
io.on("connection", (socket) => socket.data.user.toFixed());
`;

describe("the declarations, with TypeScript 4.2", () => {
  before(() => {
    if (subjectName !== "reference") {
      requireBuild();
    }
  });

  it("have no syntax errors [82]", () => {
    const mistakes = filesBelow(declarations)
      .filter((file) => /\.d\.m?ts$/.test(file))
      .flatMap((file) => syntaxErrorsOf(join(root, file)));
    expect(mistakes).to.eql([]);
  });

  it("allow a program to be checked [82]", () => {
    const file = join(root, "test", "package", "application.ts");
    const options: ts.CompilerOptions = {
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.NodeJs,
      target: ts.ScriptTarget.ES2019,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["types-node-14"],
      typeRoots: [join(root, "node_modules")],
    };
    const program = ts.createProgram([file], options, hostWith(options, file, application));
    const found = program.getSemanticDiagnostics(program.getSourceFile(file));
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).to.eql([]);
  });
});

function syntaxErrorsOf(file: string): string[] {
  const text = ts.sys.readFile(file) ?? "";
  const source = ts.createSourceFile(file.replace(/\.mts$/, ".ts"), text, ts.ScriptTarget.Latest);
  const program = ts.createProgram(
    [source.fileName],
    { noResolve: true, noLib: true },
    {
      ...ts.createCompilerHost({}),
      getSourceFile: (name) => (name === source.fileName ? source : undefined),
    },
  );
  return program.getSyntacticDiagnostics(source).map(({ start = 0, messageText }) => {
    const { line } = source.getLineAndCharacterOfPosition(start);
    return `${file}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

/** The program, which is not on the disk, and the types of an old Node.js. */
function hostWith(options: ts.CompilerOptions, file: string, text: string): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  return {
    ...host,
    getSourceFile: (name, target) =>
      name === file ? ts.createSourceFile(name, text, target) : host.getSourceFile(name, target),
    resolveTypeReferenceDirectives: (names, containing, redirected) =>
      names.map(
        (name) =>
          ts.resolveTypeReferenceDirective(
            name === "node" ? "types-node-14" : name,
            containing,
            options,
            host,
            redirected,
          ).resolvedTypeReferenceDirective,
      ),
  };
}
