/** The spec reporter of mocha, which also writes the counts to the file named in COUNTS_FILE. */
import { writeFileSync } from "node:fs";
import mocha from "mocha";

/**
 * The time in which the process must end after the last test, in milliseconds. When engine.io closes a long-polling session
 * without a pending request, its timer waits for the next one for 30 seconds.
 */
const patience = 40_000;

export default class CountingReporter extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures } = this.stats;
      writeFileSync(process.env.COUNTS_FILE, `${passes} passed, ${failures} failed\n`);
      setTimeout(() => {
        console.error(`The tests left something running: ${process.getActiveResourcesInfo().join(", ")}`);
        process.exit(1);
      }, patience).unref();
    });
  }
}
