/** Finds inputs for which a server retains memory, or for which it holds much while they last. */
import { type Case, isGuarded } from "./cases";
import { Replay } from "./replay";
import type { SubjectProcess } from "./subject-process";

/** A rule that is violated, and the measurements. */
export interface MemoryProblem {
  rule: string;
  lines: string[];
}

/** The number of repetitions between two measurements, and the first ones, in which code is compiled and pools fill. */
const REPETITIONS = 6;

/** The growth of each repetition that counts, in bytes; an object with some members has about as much. */
const GROWTH = 500;

/**
 * The number of consecutive measurements that must have grown. Without a leak, pools and compiled code grow in up to five
 * of them, and the others have shrunk.
 */
const ROUNDS = 12;

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
  const measured: number[] = [];
  do {
    for (let left = REPETITIONS; left > 0; left--) {
      await new Replay(subject, input).run();
    }
    measured.push(await held());
  } while (measured.length <= ROUNDS && grows(measured));
  return grows(measured)
    ? { rule: "nothing is retained when the clients have left", lines: [measured.map(megabytes).join(", ")] }
    : undefined;
}

/** Whether each measurement is larger than the one before it; a single one is not enough to tell. */
export function grows(measured: number[]): boolean {
  return measured.slice(1).every((bytes, index) => bytes - measured[index] > REPETITIONS * GROWTH);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(3)} MB`;
}
