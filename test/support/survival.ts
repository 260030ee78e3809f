/** Runs the scripts of test/survival in processes of their own, and gives what they have measured. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The figures; rejects, with the output, where the script has found something wrong. */
export async function survive(script: string, ...args: string[]): Promise<any> {
  const file = join(__dirname, "../survival", `${script}.ts`);
  const { stdout } = await run(process.execPath, ["--import", "tsx", file, "--json", ...args]).catch(
    (error) => {
      throw new Error(`${script} ${args.join(" ")}: ${error.stdout || error.message}`);
    },
  );
  return JSON.parse(stdout);
}
