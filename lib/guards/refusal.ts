/** How a client is told that it may not join a namespace. */
import { type Packet, PacketType } from "socket.io-parser";
import type { CodedError } from "../errors";

/** The CONNECT_ERROR for an error of the library. */
export function connectError(nsp: string, { code, message }: CodedError, protocol?: number): Packet {
  // protocol 3 clients (Socket.IO v2) take a bare value
  const data = protocol === 3 ? message : { message, data: { code } };
  return { type: PacketType.CONNECT_ERROR, nsp, data };
}
