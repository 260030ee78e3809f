/** Runs the scripts of test/survival/, each in a separate process. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestEnd } from "./cleanup";

const run = promisify(execFile);

/** Resolves with the figures that a script has measured; rejects with its output if the script reports a failure. */
export async function survive(script: string, ...args: string[]): Promise<any> {
  const file = join(__dirname, "../survival", `${script}.ts`);
  const running = run(process.execPath, ["--import", "tsx", file, "--json", ...args]);
  // ends the script if the test times out
  onTestEnd(() => running.child.kill());
  const { stdout } = await running.catch((error) => {
    throw new Error(`${script} ${args.join(" ")}: ${error.stdout || error.message}`);
  });
  return JSON.parse(stdout);
}
