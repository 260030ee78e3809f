/** Compares the result of this library with that of the reference server, with tolerances. */
import type { Round } from "./round";
import type { Row } from "./row";

/** Round in which nothing was done to a server. */
export type Quiet = Required<Pick<Round, "stall" | "wait">>;

export interface Verdict {
  word: "better" | "same" | "worse";
  /** What is better, or worse. */
  by: string[];
}

/** A figure is worse if it exceeds that of the reference by this share, and by this amount. */
interface Tolerance {
  share: number;
  amount: number;
}

const MB = 1024 * 1024;

export const tolerances = {
  /** The memory that is kept, in bytes. */
  memory: { share: 0.1, amount: 8 * MB },
  /** The longest stall of the event loop, in milliseconds. The stall without an attack is added. */
  stall: { share: 0.5, amount: 50 },
  /** The longest wait of the honest client, in milliseconds. The wait without an attack is added. */
  wait: { share: 0.5, amount: 100 },
  harm: { share: 0.1, amount: 0 },
} satisfies Record<string, Tolerance>;

const exceeds = (one: number, other: number, { share, amount }: Tolerance) =>
  one > other * (1 + share) + amount;

/** Compares two rounds of a row. */
export function verdictOf({ harm }: Pick<Row, "harm">, ours: Round, reference: Round, quiet: Quiet): Verdict {
  if (ours.survived !== reference.survived) {
    return { word: ours.survived ? "better" : "worse", by: ["survival"] };
  }
  if (!ours.survived) {
    return { word: "same", by: [] };
  }
  const { memory, stall, wait } = tolerances;
  const figures: [name: string, figure: (round: Round) => number | undefined, tolerance: Tolerance][] = [
    ["memory", ({ kept }) => kept, memory],
    ["stall", (round) => round.stall, { ...stall, amount: stall.amount + quiet.stall }],
    ["wait", (round) => round.wait, { ...wait, amount: wait.amount + quiet.wait }],
    ["result", ({ facts }) => harm?.(facts), tolerances.harm],
  ];
  const beyond = (one: Round, other: Round) =>
    figures
      .filter(([, figure, tolerance]) => exceeds(figure(one) ?? 0, figure(other) ?? 0, tolerance))
      .map(([name]) => name);
  const worse = beyond(ours, reference);
  const better = beyond(reference, ours);
  return worse.length > 0
    ? { word: "worse", by: worse }
    : { word: better.length > 0 ? "better" : "same", by: better };
}

/**
 * The lowest figures of two rounds that the server survived: other work on the machine only increases them. A round whose
 * attack was not finished counts only if no other was.
 */
export function lowest(one: Round, other: Round): Round {
  if (!one.unfinished !== !other.unfinished) {
    return one.unfinished ? other : one;
  }
  const quieter = (other.stall ?? 0) < (one.stall ?? 0) ? other : one;
  const least = (figure: "peak" | "kept" | "wait") => Math.min(one[figure] ?? 0, other[figure] ?? 0);
  return { ...quieter, peak: least("peak"), kept: least("kept"), wait: least("wait") };
}
