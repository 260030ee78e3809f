/** Encodes packets without attachments, which are the most frequent ones, faster than socket.io-parser. */

import { Encoder, type Packet, PacketType } from "socket.io-parser";
import { unserializable } from "../errors";
import { quoted } from "../texts";
import type { Untyped } from "../typed-events";
import { warnOnce } from "../warnings";
import { hasBytes } from "./bytes";

/** The maximum depth of data that are searched by recursion, which is fast; `hasBytes()` searches deeper data. */
const MAX_RECURSION = 16;

/** An encoder with the same output as that of socket.io-parser, but faster for packets without attachments. */
export class TextFirstEncoder extends Encoder {
  override encode(packet: Packet): Untyped[] {
    try {
      return this.encoded(packet);
    } catch (error) {
      const cause = error instanceof RangeError ? (circleIn(packet.data) ?? error) : error;
      throw cause instanceof TypeError ? unserializable(subjectOf(packet), cause) : cause;
    }
  }

  private encoded(packet: Packet): Untyped[] {
    const { type, nsp, id, data } = packet;
    if (
      (type === PacketType.EVENT || type === PacketType.ACK) &&
      Array.isArray(data) &&
      // not searched by the encoder of socket.io-parser, whose recursion overflows the stack if data from a client are deep
      (isText(data, 0) || !hasBytes(data))
    ) {
      const namespace = nsp && nsp !== "/" ? `${nsp},` : "";
      return [`${type}${namespace}${id ?? ""}${JSON.stringify(data)}`];
    }
    const chunks = super.encode(packet);
    if (chunks.length - 1 > MAX_ATTACHMENTS) {
      warnOnce("SOCKET_IO_TOO_MANY_ATTACHMENTS", subjectOf(packet), chunks.length - 1, MAX_ATTACHMENTS);
    }
    return chunks;
  }
}

/** The maximum number of attachments that the decoder of socket.io-parser accepts, by default. */
const MAX_ATTACHMENTS = 10;

/**
 * Returns the error of `JSON.stringify()` if data have circular references. For these, the encoder of socket.io-parser only
 * throws a `RangeError`, since it overflows the stack.
 */
function circleIn(data: unknown): TypeError | undefined {
  try {
    JSON.stringify(data);
    return undefined;
  } catch (error) {
    return error instanceof TypeError ? error : undefined;
  }
}

/** Describes a packet, as the subject of a message. */
function subjectOf({ type, data }: Packet): string {
  switch (type) {
    case PacketType.EVENT:
    case PacketType.BINARY_EVENT:
      return `The event ${quoted(data?.[0])}`;
    case PacketType.ACK:
    case PacketType.BINARY_ACK:
      return "An acknowledgement";
    default:
      return "A packet";
  }
}

/** Whether a value certainly contains neither binary values nor objects with their own `toJSON()`. */
function isText(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) {
    return typeof value !== "function" && typeof value !== "bigint";
  }
  if (depth === MAX_RECURSION) {
    return false;
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!isText(value[i], depth + 1)) {
        return false;
      }
    }
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return false;
  }
  for (const key in value) {
    if (!isText((value as Record<string, unknown>)[key], depth + 1)) {
      return false;
    }
  }
  return true;
}
