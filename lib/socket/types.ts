/** The words of a connection: its handshake, why it ended, and the event names that are taken. */
import type { IncomingHttpHeaders } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { Listener, Untyped } from "../typed-events";

/**
 * Why a socket was disconnected.
 *
 * - `"transport error"`, `"transport close"`: the connection broke, or the client closed it
 * - `"ping timeout"`: the client did not answer a ping within `pingTimeout`
 * - `"parse error"`: the client sent something that is no packet of the engine's, or a packet that is nested too deeply,
 *   has too many arguments, or is none that a parser should let through; the description tells
 * - `"forced close"`, `"forced server close"`: the connection was closed by the server, for instance because of a
 *   packet that could not be decoded
 * - `"server shutting down"`: `io.close()` was called
 * - `"client namespace disconnect"`: the client called `socket.disconnect()`
 * - `"server namespace disconnect"`: the server called `socket.disconnect()`
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

/** The events that a socket emits by itself. */
export interface SocketReservedEventsMap {
  /** The socket has left its rooms and is disconnected. */
  disconnect: (reason: DisconnectReason, description?: Untyped) => void;
  /** The socket is about to be disconnected; its rooms are still there. */
  disconnecting: (reason: DisconnectReason, description?: Untyped) => void;
  /** A packet middleware refused an event, or the connection failed. */
  error: (err: Error) => void;
}

/** The events of every Node.js event emitter. */
export interface EventEmitterReservedEventsMap {
  newListener: (eventName: string | symbol, listener: Listener) => void;
  removeListener: (eventName: string | symbol, listener: Listener) => void;
}

/** Names that cannot be emitted to a client, because they mean something on one of the two sides. */
export const RESERVED_EVENTS: ReadonlySet<string | symbol> = new Set<
  keyof SocketReservedEventsMap | keyof EventEmitterReservedEventsMap | "connect" | "connect_error"
>(["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]);

/** The first request of a connection, and what the client sent to be let in. */
export interface Handshake {
  /** The headers of the request that opened the connection. */
  headers: IncomingHttpHeaders;
  /** The date of creation, as a string. */
  time: string;
  /** The IP address of the peer, as the operating system tells it. */
  address: string;
  /** Whether the request carries an `Origin` header. */
  xdomain: boolean;
  /** Whether the connection is encrypted. */
  secure: boolean;
  /** The date of creation, in milliseconds since the epoch. */
  issued: number;
  /** The URL of the request. */
  url: string;
  /** The query parameters of the request. */
  query: ParsedUrlQuery;
  /** What the client gave as `auth`; with a protocol 3 client, the query of the namespace. */
  auth: { [key: string]: Untyped };
}
