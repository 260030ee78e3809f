/** Encodes the packets that nearly all are: those without attachments. */

import { Encoder, type Packet, PacketType } from "socket.io-parser";
import type { Untyped } from "../typed-events";
import { hasBytes } from "./bytes";

/** Deeper data are looked through without recursion, in levels of arrays and objects. */
const DEEPEST = 16;

/** Gives what the encoder of socket.io-parser gives, sooner where it is clear that there are no attachments. */
export class TextFirstEncoder extends Encoder {
  override encode(packet: Packet): Untyped[] {
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
    return super.encode(packet);
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
