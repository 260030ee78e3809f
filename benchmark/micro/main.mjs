/** Measures within this process: `main.mjs <kind> <name of the package> <plan>`. */
import { createRequire } from "node:module";
import { answerCommands, cpuTime } from "../commands.mjs";

/**
 * @typedef {object} Micro one thing that can be done again and again
 * @property {string} key of the value
 * @property {() => void | Promise<void>} run does it `times` times
 * @property {number} times
 */

const [kind, packageName, plan] = process.argv.slice(2);
const library = createRequire(import.meta.url)(packageName);
const { prepare } = await import(`./${kind}.mjs`);

/** @type {Promise<Micro[]>} */
const prepared = prepare(library, JSON.parse(plan));

answerCommands({
  async measure({ seconds }) {
    const values = {};
    for (const { key, run, times } of await prepared) {
      global.gc();
      const end = performance.now() + seconds * 1000;
      const before = cpuTime();
      let done = 0;
      while (performance.now() < end) {
        await run();
        done += times;
      }
      values[key] = ((cpuTime() - before) / done) * 1000;
    }
    return values;
  },
});
