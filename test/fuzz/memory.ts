/** Finds inputs for which a server retains memory, or for which it holds much while they last. */
import { type Case, isGuarded } from "./cases";
import { Replay } from "./replay";
import type { SubjectProcess } from "./subject-process";

/** A rule that is violated, and the measurements. */
export interface MemoryProblem {
  rule: string;
  lines: string[];
}

/** The number of repetitions before each measurement. */
const REPETITIONS = 6;

/** The number of measurements of a stage, whose result is their minimum: single ones vary by some kilobytes. */
const MEASUREMENTS = 3;

/** The growth of each repetition that counts, in bytes. */
const GROWTH = 400;

/**
 * The number of consecutive stages that must have grown. Without a leak, up to three do, in which code is compiled and
 * pools are filled.
 */
const STAGES = 8;

/**
 * The memory that the clients of one case may make a guarded server hold, in bytes. Most cases need less than 1 MB. Those in
 * which clients do not read need up to 5 MB: an event of 1 MB for each, since an empty buffer accepts an event of any size.
 */
const MOST = 12e6;

/** Applies the case until its memory no longer grows. The server is lost with a SubjectLost. */
export async function memoryProblem(
  subject: SubjectProcess,
  input: Case,
): Promise<MemoryProblem | undefined> {
  const held = async () => (await subject.ask({ do: "heap" })).held as number;
  const start = await held();
  const replay = new Replay(subject, input);
  await replay.run({ measures: isGuarded(input.server) });
  const most = replay.most - start;
  if (most > MOST) {
    return { rule: "a guarded server holds a limited amount of memory", lines: [megabytes(most)] };
  }
  const stage = async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let left = MEASUREMENTS; left > 0; left--) {
      for (let times = REPETITIONS; times > 0; times--) {
        await new Replay(subject, input).run();
      }
      least = Math.min(least, await held());
    }
    return least;
  };
  const stages = [await stage()];
  while (stages.length <= STAGES && grows(stages)) {
    stages.push(await stage());
  }
  return grows(stages)
    ? { rule: "nothing is retained when the clients have left", lines: [stages.map(megabytes).join(", ")] }
    : undefined;
}

/** Whether each stage needs more memory than the one before it; a single one may be followed by a larger one. */
export function grows(stages: number[]): boolean {
  return stages.slice(1).every((bytes, index) => bytes - stages[index] > MEASUREMENTS * REPETITIONS * GROWTH);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(3)} MB`;
}
