/** Re-exports the types of a socket under the path that types of other packages import. */
export type {
  DisconnectReason,
  EventEmitterReservedEventsMap,
  Handshake,
  SocketReservedEventsMap,
} from "./socket/types";
export { RESERVED_EVENTS } from "./socket/types";
