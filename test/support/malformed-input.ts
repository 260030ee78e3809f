/** Input that no honest client sends: payloads, names and packets that a server must survive. */
import type { Frame } from "./wire";

/** JSON of nested arrays. */
export const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** An event with nested arguments; the array of arguments is the first level. */
export const nestedEvent = (name: string, levels: number) => `42["${name}",${nested(levels - 1)}]`;

/** Names with a special meaning in JavaScript. */
export const NAMES = [
  "error",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "prototype",
];

/** Transports that do not exist. */
export const TRANSPORTS = ["constructor", "__proto__", "toString", "websocket2", "", "webtransport"];

/** Upgrade requests that are refused. */
export const REFUSED_UPGRADES = [
  "/socket.io/?EIO=4&transport=nope",
  "/socket.io/?EIO=4&transport=websocket&sid=unknown",
  "/socket.io/?EIO=3&transport=websocket",
];

/** The text packet of an event with this number of attachments, which are to follow. */
export function announcement(count: number): string {
  const places = Array.from({ length: count }, (_, num) => `{"_placeholder":true,"num":${num}}`);
  return `45${count}-["files",${places.join(",")}]`;
}

const PLACE = (num: unknown) => `{"_placeholder":true,"num":${JSON.stringify(num)}}`;
const BYTES = Buffer.from([1]);

/** Packets that cannot be decoded, each with the message of the error. */
export const malformed: [what: string, message: string, ...frames: Frame[]][] = [
  ["a placeholder beyond the attachments", "illegal attachments", `451-["x",${PLACE(10)}]`, BYTES],
  ["a placeholder before the attachments", "illegal attachments", `451-["x",${PLACE(-1)}]`, BYTES],
  ["a placeholder named like a method", "illegal attachments", `451-["x",${PLACE("splice")}]`, BYTES],
  ["an event whose name is an object", "invalid payload", '42[{"toString":"x"}]'],
  ["an event with attachments whose name is an object", "invalid payload", '451-[{"toString":"x"}]'],
  ["an event whose name is an attachment", "invalid payload", `451-[${PLACE(0)}]`],
  ["more attachments than allowed", "too many attachments", '4511-["x"]'],
  ["very many attachments", "too many attachments", '451000000000-["x"]'],
  ["no attachments, announced as some", "Illegal attachments", '450-["x"]'],
  ["an answer with no attachments, announced as some", "Illegal attachments", "460-1[]"],
  ["an attachment that was not announced", "got binary data when not reconstructing a packet", BYTES],
];
