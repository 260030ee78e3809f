/** The messages between the processes of the comparison. */
import type { Facts } from "./row";
import type { Kind } from "./servers";

/** The configuration of the server, as its first argument. */
export interface Setup {
  row: string;
  kind: Kind;
}

/** The requests to the server: to record its current state, and to report the changes since then. */
export type Question = "begin" | "end";

/** The resident set size, reported repeatedly, since the process may crash. */
export interface Sample {
  /** In bytes, in addition to the value at the beginning. */
  growth: number;
}

export interface Report {
  /** The peak memory of the process, in bytes in addition to the value at the beginning. */
  peak: number;
  /** The memory after a garbage collection, in bytes in addition to the value at the beginning. */
  kept: number;
  /** The longest block of the event loop, in milliseconds. */
  stall: number;
  /** The codes that were reported to listeners and on the diagnostics channel. */
  codes: string[];
  facts: Facts;
}

export type FromServer = { port: number } | { began: true } | { sample: Sample } | { report: Report };

export type FromAttacker = { ready: true } | Attack;

/** The result; an attack that takes too long is cut short. */
export type Attack = { facts: Facts; isCutShort: boolean } | { failed: string };
