/** Reads the command line. */
import { execFileSync } from "node:child_process";
import { peers, subjects } from "./subjects.mjs";

/**
 * @typedef {object} Options
 * @property {string[]} [only] rows; undefined is all of them
 * @property {string[]} subjects by name, the reference first
 * @property {string[]} peers the subjects that --peers requested
 * @property {number} rounds
 * @property {number} discard
 * @property {number} seconds
 * @property {number} clients of W1 to W3m, a multiple of 20
 * @property {number} sends a second, offered in W3
 * @property {number} connections of W6
 * @property {number} receivers of FAIR
 * @property {number} sockets of W7
 * @property {number[]} rates of LAT
 * @property {string} [json] a file
 * @property {string} [against] a file of an earlier run
 * @property {boolean} quick
 * @property {boolean} write
 * @property {boolean} check
 * @property {boolean} help
 */

const usual = ["reference", "ours", "naive", "floor"];

const sizes = { clients: 1000, sends: 40_000, sockets: 100_000 };
const thorough = { rounds: 8, discard: 2, seconds: 1, connections: 10_000, receivers: 8000, ...sizes };
const hasty = { rounds: 3, discard: 1, seconds: 0.25, connections: 2000, receivers: 2000, ...sizes };

/** Options that are numbers, with their minimum. */
const numbers = {
  rounds: 1,
  discard: 0,
  seconds: 0.05,
  clients: 20,
  sends: 1,
  connections: 100,
  receivers: 20,
  sockets: 100,
};
const switches = ["quick", "write", "check", "help"];

export const usage = `Usage: node benchmark/run.mjs [options]

  --only W1,W3        these rows only
  --rounds N          rounds to measure (8; 3 with --quick)
  --discard N         slices of each server to discard first (2; 1 with --quick)
  --seconds N         length of a slice (1; 0.25 with --quick)
  --clients N         clients of W1 to W3m, in rooms of 20 in W3 (1000)
  --sends N           messages a second, offered in W3 (40000)
  --connections N     connections of W6 (10000; 2000 with --quick)
  --receivers N       clients of FAIR (8000; 2000 with --quick), at most what "ulimit -n" allows
  --sockets N         sockets of W7 (100000)
  --rates N,N         echoes a second of LAT (1000,4000,10000; 4000 with --quick)
  --peers [names]     also ${peers.map(({ name }) => name).join(", ")}; installs them into benchmark/
  --control           also the reference a second time, to show the noise
  --subjects names    only these in addition to the reference, of ${subjects.map(({ name }) => name).join(", ")}
  --json file         all measured values
  --against file      fails if a row has become worse than in this file by more than its noise
  --write             benchmark/results.md, results.json and results.svg, and the figures in README.md and docs/
  --check             fails if a goal ("at least") is missed
  --quick             under two minutes: short slices, without TLS and compression
  --help`;

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function parseArguments(args) {
  const given = collect(args);
  const defaults = given.has("quick") ? hasty : thorough;
  const number = (name) => (given.has(name) ? atLeast(name, given.get(name), numbers[name]) : defaults[name]);
  const wantedPeers = peersOf(given);
  const wanted = given.has("subjects") ? list("subjects", given.get("subjects")) : usual;
  const names = ["reference", ...wanted, ...(given.has("control") ? ["control"] : []), ...wantedPeers];
  known("subject", names, subjects);
  return {
    only: given.has("only") ? list("only", given.get("only")) : undefined,
    // in the order of the table
    subjects: subjects.map(({ name }) => name).filter((name) => names.includes(name)),
    peers: wantedPeers,
    rounds: Math.round(number("rounds")),
    discard: Math.round(number("discard")),
    seconds: number("seconds"),
    clients: Math.ceil(number("clients") / 20) * 20,
    sends: number("sends"),
    connections: Math.round(number("connections")),
    receivers: Math.min(Math.round(number("receivers")), descriptors() - spareDescriptors),
    sockets: Math.round(number("sockets")),
    rates: ratesOf(given),
    json: given.get("json"),
    against: given.get("against"),
    quick: given.has("quick"),
    write: given.has("write"),
    check: given.has("check"),
    help: given.has("help"),
  };
}

/** Descriptors that a process needs beside those of its connections. */
const spareDescriptors = 200;

/** The number of descriptors that a process of Node.js may have. */
function descriptors() {
  if (process.platform === "win32") {
    return Number.POSITIVE_INFINITY;
  }
  const limit = execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}

/** The given values, by name; an empty text for an option without a value. */
function collect(args) {
  const valued = ["only", "json", "against", "subjects", "rates", ...Object.keys(numbers)];
  /** @type {Map<string, string>} */
  const given = new Map();
  for (let i = 0; i < args.length; i++) {
    const [, name, inline] = /^--([a-z]+)(?:=(.*))?$/.exec(args[i]) ?? [];
    const next = args[i + 1];
    const hasNext = next !== undefined && !next.startsWith("--");
    if (valued.includes(name)) {
      if (inline === undefined && !hasNext) {
        throw new Error(`--${name} needs a value`);
      }
      given.set(name, inline ?? args[++i]);
    } else if (name === "peers") {
      given.set(name, inline ?? (hasNext ? args[++i] : "all"));
    } else if ([...switches, "control"].includes(name) && inline === undefined) {
      given.set(name, "");
    } else {
      throw new Error(`${args[i]} is not an option`);
    }
  }
  return given;
}

function peersOf(given) {
  const value = given.get("peers");
  if (value === undefined) {
    return [];
  }
  const names = value === "all" ? peers.map(({ name }) => name) : list("peers", value);
  known("peer", names, peers);
  return names;
}

function ratesOf(given) {
  if (given.has("rates")) {
    return list("rates", given.get("rates")).map((rate) => atLeast("rates", rate, 1));
  }
  return given.has("quick") ? [4000] : [1000, 4000, 10_000];
}

function list(name, value) {
  const items = value.split(",").filter((item) => item !== "");
  if (items.length === 0) {
    throw new Error(`--${name} needs a value`);
  }
  return items;
}

function atLeast(name, text, least) {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value) || value < least) {
    throw new Error(`--${name} must be a number of at least ${least}, got "${text}"`);
  }
  return value;
}

function known(kind, names, all) {
  const unknown = names.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `No ${kind} is called ${unknown.join(", ")}: there are ${all.map(({ name }) => name).join(", ")}`,
    );
  }
}

/**
 * The requested rows; by default all rows, or those of a quick run.
 *
 * @template {{ id: string, extra?: boolean }} R
 * @param {R[]} rows
 * @param {Pick<Options, "only" | "quick">} options
 */
export function chooseRows(rows, { only, quick }) {
  if (!only) {
    return rows.filter(({ extra }) => !(quick && extra));
  }
  const ids = [...new Set(rows.map(({ id }) => id))];
  const unknown = only.filter((id) => !ids.includes(id));
  if (unknown.length > 0) {
    throw new Error(`There is no row ${unknown.join(", ")}: there are ${ids.join(", ")}`);
  }
  return rows.filter(({ id }) => only.includes(id));
}
