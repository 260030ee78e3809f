/** The documentation that editors show for a member: the results of TypeScript's language services. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as ts from "typescript-5.9";
import { onTestEnd } from "./cleanup";
import { root } from "./repository";

/** Returns the documentation at each of these positions of a program in test/package/. */
export type Hovering = (text: string, positions: number[]) => Promise<string[]>;

const file = join(root, "test", "package", "hovered.ts");

/** The language service of TypeScript 5.9, as a library. */
export const hoverByLibrary: Hovering = async (text, positions) => {
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    types: ["node"],
  };
  const read = (name: string) => (name === file ? text : ts.sys.readFile(name));
  const service = ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) => {
      const content = read(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    getCurrentDirectory: () => root,
    readFile: read,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
  });
  onTestEnd(() => service.dispose());
  return positions.map((position) =>
    ts.displayPartsToString(service.getQuickInfoAtPosition(file, position)?.documentation),
  );
};

/** The language server of the newest TypeScript, over standard input and output. */
export const hoverByServer: Hovering = async (text, positions) => {
  const server = spawn(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "--lsp", "--stdio"],
    {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  onTestEnd(() => server.kill());
  const waiting = new Map<number, (result: any) => void>();
  let received = Buffer.alloc(0);
  server.stdout.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const header = /^(?:.*\r\n)*?Content-Length: (\d+)\r\n(?:.*\r\n)*?\r\n/.exec(
        received.toString("latin1"),
      );
      const end = header ? header[0].length + Number(header[1]) : Number.POSITIVE_INFINITY;
      if (!header || received.length < end) {
        return;
      }
      const message = JSON.parse(received.toString("utf8", header[0].length, end));
      received = received.subarray(end);
      if (message.method && message.id !== undefined) {
        send({ id: message.id, result: message.method === "workspace/configuration" ? [null] : null });
      } else if (message.id !== undefined) {
        waiting.get(message.id)?.(message.result);
      }
    }
  });
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  let id = 0;
  const ask = (method: string, params: object) =>
    new Promise<any>((resolve) => {
      waiting.set(++id, resolve);
      send({ id, method, params });
    });
  const uri = pathToFileURL(file).href;
  await ask("initialize", { processId: process.pid, rootUri: pathToFileURL(root).href, capabilities: {} });
  send({ method: "initialized", params: {} });
  send({
    method: "textDocument/didOpen",
    params: { textDocument: { uri, languageId: "typescript", version: 1, text } },
  });
  const shown: string[] = [];
  for (const position of positions) {
    const before = text.slice(0, position).split("\n");
    const at = { line: before.length - 1, character: (before.pop() as string).length };
    const hover = await ask("textDocument/hover", { textDocument: { uri }, position: at });
    const { contents = "" } = hover ?? {};
    // the signature precedes the documentation, as code
    shown.push(String(contents.value ?? contents).replace(/^```[\s\S]*?```\s*/, ""));
  }
  return shown;
};
