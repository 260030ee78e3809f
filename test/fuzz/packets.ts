/** Packets of Socket.IO and Engine.IO, valid and nearly valid. */
import { RESERVED_EVENTS } from "../support/public-names";
import type { Random } from "../support/random";

export const SEPARATOR = "\x1e";

const namespaces = ["/", "/chat", "/slow", "/deny", "/dyn-1", "/dyn-2", "/fn-a", "/nowhere"] as const;

/** The names that the application knows; see application.ts. */
const commands = [
  "echo",
  "all",
  "others",
  "join",
  "leave",
  "say",
  "ask",
  "hurry",
  "ask-all",
  "volatile",
  "later",
  "twice",
  "rooms",
  "bad",
  "bye",
  "bye-all",
  "drop",
  "kick",
  "message",
] as const;

const oddNames = [
  ...RESERVED_EVENTS,
  "connection",
  "error",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "",
  "é😀",
  0,
  17,
  -1,
  1.5,
  null,
  true,
  {},
  [],
] as const;

const oddTexts = [
  "",
  "\u0000",
  "\u001e",
  "\u2028",
  "é",
  "😀",
  "\ud800",
  '"',
  "\\",
  "/chat,",
  "]",
  "__proto__",
];

/** Lengths at which a WebSocket frame changes its form, and one that the server refuses. */
const edges = [124, 125, 126, 127, 65_534, 65_535, 65_536];

export function namespace(random: Random): string {
  return random.chance(0.45) ? "/" : random.pick(namespaces);
}

/** Any JSON value. */
function value(random: Random, depth = 3): unknown {
  return random.weighted<unknown>([
    [3, () => random.below(100)],
    [3, () => random.pick(["a", "b", "room", "text"])],
    [1, () => random.pick(oddTexts)],
    [1, () => random.pick([null, true, false, -0, 1e21, 5e-324, 2 ** 53])],
    [0.3, () => random.pick(["x", "é", "😀"]).repeat(random.pick(edges.slice(0, 4)))],
    [depth > 0 ? 2 : 0, () => random.several(0, 3, () => value(random, depth - 1))],
    [depth > 0 ? 2 : 0, () => object(random, depth - 1)],
    [0.3, () => ({ _placeholder: true, num: random.pick([0, 1, -1, 1.5, "0", "length", 1e9]) })],
  ]);
}

function object(random: Random, depth: number): object {
  const pairs = random.several(0, 3, () => [
    random.pick(["a", "b", "0", "__proto__", "constructor", "toJSON", "then", "_placeholder"]),
    value(random, depth),
  ]);
  return Object.fromEntries(pairs);
}

function address(nsp: string): string {
  return nsp === "/" ? "" : `${nsp},`;
}

/** The auth payload of a client. */
function auth(random: Random): string {
  return random.weighted<string>([
    [6, () => ""],
    [2, () => JSON.stringify({ token: random.pick(["yes", "no"]), hold: random.chance(0.3) })],
    [1, () => JSON.stringify(object(random, 2))],
    [1, () => '{"sid":"$io0","pid":"$pid0","offset":"$offset0"}'],
    [0.5, () => '{"pid":"$pid0","offset":"$offset0"}'],
    [0.3, () => '{"pid":"$pid0","offset":""}'],
    [0.5, () => JSON.stringify(value(random))],
  ]);
}

export function connectPacket(random: Random, nsp = namespace(random)): string {
  return `0${address(nsp)}${auth(random)}`;
}

export function eventPacket(random: Random, nsp = namespace(random)): string {
  const name = random.chance(0.9) ? random.pick(commands) : random.pick(oddNames);
  const id = random.chance(0.3)
    ? String(random.pick([0, 1, 2, 9, 1234567, 1e15, "00012345678901234567890"]))
    : "";
  return `2${address(nsp)}${id}${JSON.stringify([name, ...random.several(0, 3, () => value(random))])}`;
}

export function ackPacket(random: Random, nsp = namespace(random)): string {
  const id = random.pick(["$ack0", "$ack0", "$ack1", "0", "7"]);
  return `3${address(nsp)}${id}${JSON.stringify(random.several(0, 3, () => value(random)))}`;
}

/** An event or an acknowledgement with attachments, usually with the announced number of them: latin1 texts. */
export function binaryPacket(
  random: Random,
  nsp = namespace(random),
): { text: string; attachments: string[] } {
  const count = random.weighted([
    [4, () => 1],
    [3, () => 2],
    [1, () => random.pick([0, 3, 10, 11])],
  ]);
  const placeholders = Array.from({ length: count }, (_, num) => ({ _placeholder: true, num }));
  const isAck = random.chance(0.2);
  const id = isAck || random.chance(0.3) ? random.below(4) : "";
  const args = isAck ? placeholders : [random.pick(commands), ...placeholders, value(random)];
  const text = `${isAck ? 6 : 5}${count}-${address(nsp)}${id}${JSON.stringify(args)}`;
  const sent = random.chance(0.85) ? count : random.below(4);
  return { text, attachments: Array.from({ length: sent }, () => bytes(random)) };
}

/** Bytes as latin1 text. */
export function bytes(random: Random): string {
  const length = random.chance(0.9) ? random.below(6) : random.pick(edges.slice(0, 4));
  return String.fromCharCode(...Array.from({ length }, () => random.below(256)));
}

/** A Socket.IO packet without attachments. */
export function packet(random: Random, nsp = namespace(random)): string {
  return random.weighted([
    [6, () => eventPacket(random, nsp)],
    [2, () => connectPacket(random, nsp)],
    [2, () => ackPacket(random, nsp)],
    [1, () => `1${address(nsp)}`],
    [0.3, () => `4${address(nsp)}{"message":"no"}`],
    [0.3, () => binaryPacket(random, nsp).text],
    [0.1, () => long(random)],
  ]);
}

/** An unusually large number of something. */
function long(random: Random): string {
  return random.pick([
    () => `2["echo",${"[".repeat(200)}${"]".repeat(200)}]`,
    () => `2["echo",${"[".repeat(998)}{}${"]".repeat(random.pick([998, 998, 999]))}]`,
    () => `2["echo",${"[".repeat(1_000)}${"]".repeat(1_000)}]`,
    () => `2["echo"${",0".repeat(random.pick([9_998, 9_999, 10_000]))}]`,
    () => `2["echo","${"é".repeat(random.pick([62, 63, 32_767, 32_768]))}"]`,
    () => `2["echo","${"x".repeat(random.pick(edges))}"]`,
    () => `2[${'"echo",'.repeat(300)}0]`,
    () => `2/${"n".repeat(random.pick(edges.slice(0, 4)))},["echo"]`,
  ])();
}

/** A packet of the engine, as sent over a WebSocket. */
export function enginePacket(random: Random, nsp?: string): string {
  return random.weighted([
    [20, () => `4${packet(random, nsp)}`],
    [1, () => "3"],
    [0.3, () => "4"],
    [0.3, () => random.pick(["2", "2probe", "3probe", "5", "6", "1", "0", "", "7", "b", "bAQI=", "4", "é"])],
  ]);
}

const insertions = [
  "",
  ",",
  "-",
  "/",
  "[",
  "]",
  "{",
  "}",
  '"',
  "0",
  "1",
  "5",
  "9",
  "\x1e",
  "\0",
  "é",
  "\u2028",
  "😀",
  "b",
  "\\",
];

/** A text with a small change. */
export function mutate(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  return random.weighted([
    [3, () => text.slice(0, at) + random.pick(insertions) + text.slice(at)],
    [3, () => text.slice(0, at) + random.pick(insertions) + text.slice(at + 1)],
    [2, () => text.slice(0, at) + text.slice(at + 1 + random.below(4))],
    [1, () => text.slice(0, at)],
    [1, () => text.slice(0, at) + text.slice(random.below(text.length + 1))],
    [0.5, () => String.fromCharCode(text.charCodeAt(0) + random.pick([-1, 1, 5])) + text.slice(1)],
  ]);
}

/** Returns the text, or with this probability a mutation of it. */
export function perhapsMutated(random: Random, text: string, probability = 0.25): string {
  return random.chance(probability) ? mutate(random, text) : text;
}
