/** Loads modules of the benchmark, which are plain ECMAScript without types. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./repository";

/** Loads a module, such as `statistics.mjs`. */
export function benchmark(file: string): Promise<any> {
  return import(pathToFileURL(join(root, "benchmark", file)).href);
}

/** A line of the results: W1, with two rounds of the reference server and of this library. */
export const line = {
  row: "W1",
  id: "W1",
  what: "broadcasts",
  unit: "µs per message",
  load: "40 turns/s",
  goal: { least: 1.5, beyond: 2 },
  values: { reference: [12, 16], ours: [8, 8] },
  ratios: { ours: { median: 1.75, min: 1.5, max: 2 } },
  notes: {},
};
