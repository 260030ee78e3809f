/** What a row of the comparison is: an application, what is done to it, and what came of that. */
import type { ServerOptions } from "../../../lib";
import type { ServerType } from "../../support/subject";

/** What was counted, in the server and by those who attack it. */
export type Facts = Record<string, number>;

/** Counts something that happens in the server. */
export type Count = (what: string, times?: number) => void;

/** Where the attacker finds the server. */
export interface Target {
  url: string;
  port: number;
}

export interface Row {
  id: string;
  /** The class of attack, and never how it is made. */
  what: string;
  /** For all servers alike. */
  options?: Partial<ServerOptions>;
  /** What this library can be told besides: it is attacked with and without. */
  guard?: {
    text: string;
    options: Partial<ServerOptions>;
    /** It is for all clients alike, so that nobody else is let in afterwards, be they honest. */
    refusesNewcomers?: boolean;
  };
  /** How long the server may take afterwards to get rid of what is left, in milliseconds. */
  aftermath?: number;
  /** The application, in the process of the server; gives what counts what there is in the end, if there is anything. */
  serve?(io: ServerType, count: Count): (() => Facts) | undefined;
  /** In a process of its own; gives what the attacker has seen. */
  attack(target: Target): Promise<Facts | undefined>;
  /** What happened, if the server survived. */
  outcome(facts: Facts): string;
}

/** 12,345 with a comma. */
export const number = (value = 0) => value.toLocaleString("en-US");

/** "1 session", "2,000 sessions". */
export const counted = (value: number | undefined, what: string) =>
  `${number(value)} ${what}${value === 1 ? "" : "s"}`;

/** How many connections the server has closed. */
export const closed = (connections: number, all: number) =>
  connections === all
    ? `each connection is closed`
    : `${connections || "none"} of ${all} connections is closed`;
