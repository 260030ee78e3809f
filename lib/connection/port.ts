/** What the library asks of an engine and of its connections; engines that are given to `bind()` need to have no more. */
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
  compress?: boolean | undefined;
  /** The complete WebSocket frame of a single text message: header, payload. */
  wsPreEncodedFrame?: Buffer[];
}

/** A part of an encoded packet: its text, or one of its binary attachments. */
export type EncodedChunk = string | Uint8Array;

/** How encoded packets are written to one connection. */
export interface EncodedWriteOptions extends EngineWriteOptions {
  preEncoded?: boolean;
  volatile?: boolean | undefined;
}

/** A packet of the Engine.IO protocol. */
export interface RawPacket {
  readonly type: string;
  readonly data?: unknown;
  readonly options?: EngineWriteOptions;
}

/** What carries the packets of a connection; an engine that is given to `bind()` may have less. */
export interface EngineTransport {
  readonly writable: boolean;
  readonly name: string;
  /** The bytes that wait in it, where its WebSocket does not say. */
  readonly bufferedAmount?: number;
  /** Ends the connection at once, where its WebSocket cannot. */
  terminate?(): void;
  /** The WebSocket, if it is one. */
  readonly socket?: {
    readonly readyState?: number;
    readonly bufferedAmount?: number;
    flush?(): void;
    terminate?(): void;
    close?(code?: number, reason?: string): void;
    end?(code?: number, reason?: string): void;
  };
  send?(packets: RawPacket[]): void;
  on?(event: string, listener: Listener): unknown;
  removeListener?(event: string, listener: Listener): unknown;
}

/** One connection as the library uses it. */
export interface EngineConnection {
  /** The session id. */
  readonly id: string;
  /** The revision of the Engine.IO protocol: 4, or 3 for Socket.IO v2 clients. */
  readonly protocol?: number;
  /** Undefined for WebTransport. */
  readonly request?: EngineRequest;
  readonly readyState: string;
  readonly remoteAddress?: string;
  readonly transport: EngineTransport;
  /** What waits for the transport. */
  readonly writeBuffer?: RawPacket[];
  write(data: string | Uint8Array, options?: EngineWriteOptions): unknown;
  /** What waits to be sent is waited for, unless it is discarded. */
  close(discard?: boolean): void;
  on(event: string, listener: Listener): unknown;
  removeListener(event: string, listener: Listener): unknown;
}

/** An engine, as far as the library may count on it. */
export interface EngineServer {
  on(event: "connection", listener: (conn: Untyped) => void): unknown;
  emit?(event: string, ...args: unknown[]): unknown;
  close(): unknown;
  /** What may be changed while it runs. */
  readonly opts?: {
    allowRequest?: Untyped;
    /** The heartbeat, in milliseconds. */
    readonly pingInterval?: number;
    readonly pingTimeout?: number;
    [option: string]: Untyped;
  };
}

/** The same connection as the narrow port: its session id is private in engine.io's own types. */
export function engineConnection(conn: RawSocket): EngineConnection {
  return conn as unknown as EngineConnection;
}

/** Takes what comes in over a connection. */
export interface Receiver {
  /** A message: an encoded packet, or a part of one. */
  ondata(data: unknown): void;
  onError(error: Error): void;
  onClose(reason: Untyped, description?: unknown): void;
}

/** What a client writes to and is read from. */
export interface EnginePort {
  /** Begins to take what comes in. */
  open(receiver: Receiver): void;
  /** Writes the parts of an encoded packet; a volatile one is dropped if the connection is busy. */
  writeChunks(chunks: readonly EncodedChunk[], options: EncodedWriteOptions): void;
  /** Takes nothing more. */
  release(): void;
}
