/** Creates the packet that refuses a client's request to join a namespace. */
import { type Packet, PacketType } from "socket.io-parser";
import type { CodedError } from "../errors";

/** Returns the CONNECT_ERROR packet for an error of the library. */
export function connectError(nsp: string, { code, message }: CodedError, protocol?: number): Packet {
  // protocol 3 clients (Socket.IO v2) expect the message without an object around it
  const data = protocol === 3 ? message : { message, data: { code } };
  return { type: PacketType.CONNECT_ERROR, nsp, data };
}
