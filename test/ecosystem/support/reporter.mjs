/** The spec reporter of mocha; writes docs/ecosystem.md with WRITE_ECOSYSTEM=1, and the counts to COUNTS_FILE. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import mocha from "mocha";
import { ecosystemPage } from "./page.mjs";

const page = fileURLToPath(new URL("../../../docs/ecosystem.md", import.meta.url));

export default class EcosystemReporter extends mocha.reporters.Spec {
  /** @type {Map<object, import("./page.mjs").Suite>} by suite */
  #suites = new Map();

  constructor(runner, options) {
    super(runner, options);
    runner.on("pass", (test) => this.#of(test)?.titles.push(titleBelow(test)));
    runner.on("fail", (test) => this.#count(test, "failed"));
    runner.on("pending", (test) => this.#count(test, "pending"));
    runner.once("end", () => {
      const { passes, failures } = this.stats;
      if (process.env.COUNTS_FILE) {
        writeFileSync(process.env.COUNTS_FILE, `${passes} passed, ${failures} failed\n`);
      }
      if (process.env.WRITE_ECOSYSTEM === "1") {
        writeFileSync(page, ecosystemPage([...this.#suites.values()]));
      }
    });
  }

  #count(test, what) {
    const entry = this.#of(test);
    if (entry) {
      entry[what]++;
    }
  }

  #of(test) {
    const suite = suiteOf(test);
    if (!suite) {
      return undefined;
    }
    const entry = this.#suites.get(suite) ?? { tested: suite.tested, titles: [], failed: 0, pending: 0 };
    this.#suites.set(suite, entry);
    return entry;
  }
}

function suiteOf(test) {
  let suite = test.parent;
  while (suite && !suite.tested) {
    suite = suite.parent;
  }
  return suite;
}

/** The titles of the suites within the component's suite, and the title of the test. */
function titleBelow(test) {
  const titles = [test.title];
  for (let suite = test.parent; suite && !suite.tested; suite = suite.parent) {
    titles.unshift(suite.title);
  }
  return titles.join(" ");
}
