/** Runs the scripts of test/survival in processes of their own, and gives what they have measured. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestEnd } from "./cleanup";

const run = promisify(execFile);

/** The figures; rejects, with the output, where the script has found something wrong. */
export async function survive(script: string, ...args: string[]): Promise<any> {
  const file = join(__dirname, "../survival", `${script}.ts`);
  const running = run(process.execPath, ["--import", "tsx", file, "--json", ...args]);
  // a test that was given up leaves no process behind
  onTestEnd(() => running.child.kill());
  const { stdout } = await running.catch((error) => {
    throw new Error(`${script} ${args.join(" ")}: ${error.stdout || error.message}`);
  });
  return JSON.parse(stdout);
}
