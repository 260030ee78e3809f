/** The public types of a socket: its handshake, its reasons to disconnect, and its reserved events. */
import type { IncomingHttpHeaders } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { Listener, Untyped } from "../typed-events";

/**
 * The reason why a socket was disconnected:
 *
 * - `"transport error"`, `"transport close"`: the connection was lost, or the client closed it
 * - `"ping timeout"`: the client did not answer a ping within `pingTimeout`
 * - `"parse error"`: the client sent an invalid Engine.IO packet, or a packet that is nested too deeply, has too many
 *   arguments, or is invalid although the parser accepted it; the description is an error with the details
 * - `"forced close"`, `"forced server close"`: the server closed the connection, for example because it received a
 *   packet that could not be decoded
 * - `"server shutting down"`: `io.close()` was called
 * - `"client namespace disconnect"`: the client called `socket.disconnect()`
 * - `"server namespace disconnect"`: the server called `socket.disconnect()` or `disconnectSockets()`, or the socket has
 *   joined too many rooms
 */
export type DisconnectReason =
  | "transport error"
  | "transport close"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "server shutting down"
  | "forced server close"
  | "client namespace disconnect"
  | "server namespace disconnect";

/** The events that a socket emits. */
export interface SocketReservedEventsMap {
  /** Emitted when the socket is disconnected and has left its rooms. */
  disconnect: (reason: DisconnectReason, description?: Untyped) => void;
  /** Emitted before `disconnect`, while the socket is still in its rooms. */
  disconnecting: (reason: DisconnectReason, description?: Untyped) => void;
  /** Emitted when middleware of `socket.use()` refuses an event, or when the connection fails. */
  error: (err: Error) => void;
}

/** The events that every Node.js event emitter emits. */
export interface EventEmitterReservedEventsMap {
  newListener: (eventName: string | symbol, listener: Listener) => void;
  removeListener: (eventName: string | symbol, listener: Listener) => void;
}

/** The event names that `emit()` refuses, because the server or the client emits these events itself. */
export const RESERVED_EVENTS: ReadonlySet<string | symbol> = new Set<
  keyof SocketReservedEventsMap | keyof EventEmitterReservedEventsMap | "connect" | "connect_error"
>(["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]);

/** The details of the request that opened the connection, and the `auth` of the client. */
export interface Handshake {
  /** The headers of the request that opened the connection. */
  headers: IncomingHttpHeaders;
  /** The date of the handshake, as a string. */
  time: string;
  /** The IP address of the peer, which may be a proxy. */
  address: string;
  /** Whether the request has an `Origin` header. */
  xdomain: boolean;
  /** Whether the connection is encrypted. */
  secure: boolean;
  /** The date of the handshake, in milliseconds since the epoch. */
  issued: number;
  /** The URL of the request. */
  url: string;
  /** The query parameters of the request. */
  query: ParsedUrlQuery;
  /** The option `auth` of the client. For a protocol 3 client, the query parameters of the namespace. */
  auth: { [key: string]: Untyped };
}
