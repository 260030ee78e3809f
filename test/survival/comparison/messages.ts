/** What the processes of the comparison tell each other. */
import type { Facts } from "./row";

/** How the server is set up, as its first argument. */
export interface Setup {
  row: string;
  guarded: boolean;
}

/** What is asked of the server: to remember how it is now, and to tell what has changed since. */
export type Question = "begin" | "end";

/** The resident set, told again and again, since there may be no end. */
export interface Sample {
  /** In bytes, more than at the beginning. */
  growth: number;
}

export interface Report {
  /** The most that the process had at a time, in bytes more than at the beginning. */
  peak: number;
  /** What is in use after a collection, in bytes more than at the beginning. */
  kept: number;
  /** The longest time that the event loop did nothing else, in milliseconds. */
  stall: number;
  /** What was told to listeners and on the channel for it. */
  codes: string[];
  facts: Facts;
}

export type FromServer = { port: number } | { began: true } | { sample: Sample } | { report: Report };

export type FromAttacker = { ready: true } | Attack;

/** How it went. */
export type Attack = { facts: Facts } | { failed: string };
