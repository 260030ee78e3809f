/** Process warnings of the library, each of which is emitted once per process: a program runs in a separate process. */
import { runNode } from "./repository";

export interface EmittedWarning {
  code?: string;
  message: string;
}

/**
 * Runs the body of an async function, in which `Server`, `startServer` and `nextValue` are defined. Resolves with the
 * warnings that the library emits meanwhile.
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
  const { code, stdout, stderr } = await runNode([
    "--import",
    "tsx",
    "--no-warnings",
    "--input-type=commonjs",
    "-e",
    program,
  ]);
  if (code !== 0) {
    throw new Error(`the program ended with ${code}: ${stderr}`);
  }
  return JSON.parse(stdout);
}
