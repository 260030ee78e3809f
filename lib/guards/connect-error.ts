/** Creates the packets that refuse a client's request to join a namespace. */
import { type Packet, PacketType } from "socket.io-parser";
import type { CodedError } from "../errors";

/** Returns the CONNECT_ERROR packet for the error of a middleware. */
export function refusalPacket(
  nsp: string,
  { message, data }: { readonly message: string; readonly data?: unknown },
  protocol?: number,
): Packet {
  // protocol 3 clients (Socket.IO v2) expect the data or the message, without an object around them
  const content = protocol === 3 ? data || message : { message, data };
  return { type: PacketType.CONNECT_ERROR, nsp, data: content };
}

/** Returns the CONNECT_ERROR packet for an error of the library. */
export function connectError(nsp: string, { code, message }: CodedError, protocol?: number): Packet {
  return refusalPacket(nsp, protocol === 3 ? { message } : { message, data: { code } }, protocol);
}
