/** Decodes packets without attachments, which are the most frequent ones, faster than socket.io-parser. */
import { type Packet, PacketType } from "socket.io-parser";
import { RESERVED_EVENTS } from "../socket/types";

const ZERO = "0".charCodeAt(0);
const NINE = "9".charCodeAt(0);
const SLASH = "/".charCodeAt(0);
const OPENING_BRACKET = "[".charCodeAt(0);
const OPENING_BRACE = "{".charCodeAt(0);
const CONNECT = "0".charCodeAt(0);
const DISCONNECT = "1".charCodeAt(0);
const EVENT = "2".charCodeAt(0);
const ACK = "3".charCodeAt(0);

/** The maximum number of digits of a packet id that is computed digit by digit; more digits might not be exact. */
const SAFE_DIGITS = 15;

/**
 * Decodes a packet (Socket.IO protocol 5, "Packet encoding"). Returns `undefined` if the packet is of another type or
 * malformed; the decoder of socket.io-parser then decodes it or reports the error.
 */
export function decodeSimple(text: unknown): Packet | undefined {
  if (typeof text !== "string") {
    return undefined;
  }
  const kind = text.charCodeAt(0);
  // `kind` is NaN for an empty text
  if (!(kind >= CONNECT && kind <= ACK)) {
    return undefined;
  }
  let index = 1;
  let nsp = "/";
  if (text.charCodeAt(index) === SLASH) {
    const comma = text.indexOf(",", index);
    if (comma === -1) {
      return undefined;
    }
    nsp = text.slice(index, comma);
    index = comma + 1;
  }
  switch (kind) {
    case CONNECT:
      return index === text.length ? { type: PacketType.CONNECT, nsp } : connectPacket(nsp, text, index);
    case DISCONNECT:
      return index === text.length ? { type: PacketType.DISCONNECT, nsp } : undefined;
  }
  const idStart = index;
  let id = 0;
  for (let code = text.charCodeAt(index); code >= ZERO && code <= NINE; code = text.charCodeAt(++index)) {
    id = id * 10 + (code - ZERO);
  }
  if (text.charCodeAt(index) !== OPENING_BRACKET) {
    return undefined;
  }
  const data = parse(text.slice(index)) as unknown[] | undefined;
  const name = data?.[0];
  const isEvent = typeof name === "string" ? !RESERVED_EVENTS.has(name) : typeof name === "number";
  if (!data || (kind === EVENT && !isEvent)) {
    return undefined;
  }
  const type = kind === EVENT ? PacketType.EVENT : PacketType.ACK;
  if (index === idStart) {
    return { type, nsp, data };
  }
  return { type, nsp, data, id: index - idStart > SAFE_DIGITS ? Number(text.slice(idStart, index)) : id };
}

function connectPacket(nsp: string, text: string, index: number): Packet | undefined {
  const data = text.charCodeAt(index) === OPENING_BRACE ? parse(text.slice(index)) : undefined;
  return data && { type: PacketType.CONNECT, nsp, data };
}

function parse(json: string): object | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
