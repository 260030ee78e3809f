/** Names that are part of the public interface: reserved events, and the members of a handshake. */

/** The event names that neither side may emit. */
export const RESERVED_EVENTS = [
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
];

/** The members of `socket.handshake`, sorted. */
export const HANDSHAKE_MEMBERS = [
  "address",
  "auth",
  "headers",
  "issued",
  "query",
  "secure",
  "time",
  "url",
  "xdomain",
];
