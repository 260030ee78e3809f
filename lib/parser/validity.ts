/** Validates packets that a custom parser has decoded, since the parser may not validate them itself. */
import { type Packet, PacketType } from "socket.io-parser";
import { RESERVED_EVENTS } from "../socket/types";

/** Whether the packet is valid. A packet without data is valid. */
export function isValidPacket({ type, nsp, data }: Packet): boolean {
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

/** An object is not a valid name: its conversion to a string could throw. */
function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !RESERVED_EVENTS.has(name) : typeof name === "number";
}
