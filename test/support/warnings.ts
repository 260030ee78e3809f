/** The process warnings that a program causes, in a process of its own: each is emitted once in the life of a process. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(__dirname, "../..");

export interface EmittedWarning {
  code?: string;
  message: string;
}

const run = promisify(execFile);

/**
 * Runs the body of an async function that knows `Server`, `startServer` and `nextValue`, and gives the warnings of the
 * library that it causes.
 */
export async function warningsOf(body: string): Promise<EmittedWarning[]> {
  const program = `
    const { Server } = require("./test/support/subject.ts");
    const { startServer } = require("./test/support/server.ts");
    const { nextValue } = require("./test/support/waiting.ts");
    const warnings = [];
    process.on("warning", ({ code, message }) => {
      if (code?.startsWith("SOCKET_IO_")) warnings.push({ code, message });
    });
    const main = async () => { ${body} };
    main().then(() => setImmediate(() => {
      process.stdout.write(JSON.stringify(warnings), () => process.exit());
    }), (error) => {
      console.error(error);
      process.exit(1);
    });`;
  const { stdout } = await run(
    process.execPath,
    ["--import", "tsx", "--no-warnings", "--input-type=commonjs", "-e", program],
    { cwd: root },
  );
  return JSON.parse(stdout);
}
