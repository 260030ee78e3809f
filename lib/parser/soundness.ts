/** Looks at what the parser of an application has made of a message: the parser may have trusted it. */
import { type Packet, PacketType } from "socket.io-parser";
import { RESERVED_EVENTS } from "../socket/types";

/** Whether the packet can be passed on; one without data can. */
export function isSound({ type, nsp, data }: Packet): boolean {
  if (typeof nsp !== "string") {
    return false;
  }
  switch (type) {
    case PacketType.EVENT:
    case PacketType.BINARY_EVENT:
      return isMissing(data) || (Array.isArray(data) && isEventName(data[0]));
    case PacketType.ACK:
    case PacketType.BINARY_ACK:
      return isMissing(data) || Array.isArray(data);
    default:
      return true;
  }
}

function isMissing(data: unknown): boolean {
  return data === undefined || data === null;
}

/** An object is no name: it would be asked for one, and may have been made not to give any. */
function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !RESERVED_EVENTS.has(name) : typeof name === "number";
}
