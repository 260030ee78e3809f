/** A row of the comparison: an application, an attack, and a description of the result. */
import type { ServerOptions } from "../../../lib";
import type { ServerType } from "../../support/subject";

/** The counts of the server and of the attacker. */
export type Facts = Record<string, number>;

/** Counts an event in the server. */
export type Count = (what: string, times?: number) => void;

/** The address of the server for the attacker. */
export interface Target {
  url: string;
  port: number;
}

export interface Row {
  id: string;
  /** The class of the attack, without its details. */
  what: string;
  /** Options for all servers. */
  options?: Partial<ServerOptions>;
  /** Options that the server with the preset has besides, since the preset does not protect against this attack. */
  extra?: {
    text: string;
    options: Omit<Partial<ServerOptions>, "limits"> & { limits?: Exclude<ServerOptions["limits"], string> };
    /** Whether they apply to all clients together, so that honest clients are refused afterwards. */
    refusesNewcomers?: boolean;
  };
  /** The maximum heap of the server, in MB. Default: 512. */
  heap?: number;
  /** The time for the server to release what remains, in milliseconds. */
  aftermath?: number;
  /** The application, in the process of the server; may return a function that counts what remains at the end. */
  serve?(io: ServerType, count: Count): (() => Facts | Promise<Facts>) | undefined;
  /** The attack, in a separate process; resolves with the observations of the attacker. */
  attack(target: Target): Promise<Facts | undefined>;
  /** Describes the result, if the server survived. */
  outcome(facts: Facts): string;
  /** The harm that is not seen in memory and time: the less, the better. */
  harm?(facts: Facts): number;
}

/** Formats 12345 as "12,345". */
export const number = (value = 0) => value.toLocaleString("en-US");

/** Formats "1 session", "2,000 sessions". */
export const counted = (value: number | undefined, what: string) =>
  `${number(value)} ${what}${value === 1 ? "" : "s"}`;

/** The number of connections that the server has closed. */
export const closed = (connections: number, all: number) =>
  connections === all
    ? `each connection is closed`
    : `${connections || "none"} of ${all} connections is closed`;
