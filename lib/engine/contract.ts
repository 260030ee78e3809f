/** The members of engine.io and ws that the library uses, in one place. */
import type { IncomingMessage } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { Socket as RawSocket } from "engine.io";
import type { Listener, Untyped } from "../typed-events";

/** The request that opened a connection; engine.io adds the parsed query. */
export interface EngineRequest extends IncomingMessage {
  _query?: ParsedUrlQuery;
}

/** How one packet is to be written. */
export interface EngineWriteOptions {
  /** Whether permessage-deflate or HTTP compression may be applied. */
  compress?: boolean;
  /** The complete WebSocket frame of a text message: header and payload. */
  wsPreEncodedFrame?: Buffer[];
}

/** One connection as the library uses it; engines that are given to `bind()` need to have no more than this. */
export interface EngineConnection {
  /** The session id. */
  readonly id: string;
  /** The revision of the Engine.IO protocol: 4, or 3 for Socket.IO v2 clients. */
  readonly protocol?: number;
  /** Undefined for WebTransport. */
  readonly request?: EngineRequest;
  readonly readyState: string;
  readonly remoteAddress?: string;
  readonly transport: { readonly writable: boolean; readonly name: string };
  write(data: string | Uint8Array, options?: EngineWriteOptions): unknown;
  close(): void;
  on(event: string, listener: Listener): unknown;
  removeListener(event: string, listener: Listener): unknown;
}

/** An engine, as far as the library may count on it. */
export interface EngineServer {
  on(event: "connection", listener: (conn: Untyped) => void): unknown;
  close(): unknown;
}

/** The same connection as the narrow port: its session id is private in engine.io's own types. */
export function engineConnection(conn: RawSocket): EngineConnection {
  return conn as unknown as EngineConnection;
}
