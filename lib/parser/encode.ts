/** Encodes the packets that nearly all are: those without attachments. */

import { Encoder, type Packet, PacketType } from "socket.io-parser";
import { unserializable } from "../errors";
import type { Untyped } from "../typed-events";
import { warnOnce } from "../warnings";
import { hasBytes } from "./bytes";

/** Deeper data are looked through without recursion, in levels of arrays and objects. */
const DEEPEST = 16;

/** Gives what the encoder of socket.io-parser gives, sooner where it is clear that there are no attachments. */
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
      // the general encoder would look for bytes by recursion, and what came from a client may be deep
      (isText(data, 0) || !hasBytes(data))
    ) {
      const namespace = nsp && nsp !== "/" ? `${nsp},` : "";
      return [`${type}${namespace}${id ?? ""}${JSON.stringify(data)}`];
    }
    const chunks = super.encode(packet);
    if (chunks.length - 1 > MOST_ATTACHMENTS) {
      warnOnce("SOCKET_IO_TOO_MANY_ATTACHMENTS", subjectOf(packet), chunks.length - 1, MOST_ATTACHMENTS);
    }
    return chunks;
  }
}

/** How many attachments the decoder of socket.io-parser takes, in clients as they are made by default. */
const MOST_ATTACHMENTS = 10;

/** The error of JSON for data that refer to themselves: the general encoder looks for bytes in them without end. */
function circleIn(data: unknown): TypeError | undefined {
  try {
    JSON.stringify(data);
    return undefined;
  } catch (error) {
    return error instanceof TypeError ? error : undefined;
  }
}

/** What a packet is, for a sentence about it. */
function subjectOf({ type, data }: Packet): string {
  switch (type) {
    case PacketType.EVENT:
    case PacketType.BINARY_EVENT:
      return `The event "${String(data?.[0])}"`;
    case PacketType.ACK:
    case PacketType.BINARY_ACK:
      return "An acknowledgement";
    default:
      return "A packet";
  }
}

/** False if there may be bytes in it, or anything that decides by itself what it is in JSON. */
function isText(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) {
    return typeof value !== "function" && typeof value !== "bigint";
  }
  if (depth === DEEPEST) {
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
