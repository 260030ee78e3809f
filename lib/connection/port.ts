/** The members of engines and connections that the library uses; an engine for `bind()` needs only these. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { Socket as RawSocket } from "engine.io";
import type { Listener, Untyped } from "../typed-events";

/** The request that opened a connection; engine.io adds the parsed query. */
export interface EngineRequest extends IncomingMessage {
  _query?: ParsedUrlQuery;
  /** The response to an HTTP request, until the transport has it. */
  res?: ServerResponse | null;
}

/** The codes with which requests are refused (Engine.IO, error codes). */
export const UNKNOWN_TRANSPORT = 0;
export const BAD_REQUEST = 3;
export const FORBIDDEN = 4;
export const UNSUPPORTED_PROTOCOL = 5;

/** The parts of a request that a handshake shows. */
export interface RequestParts {
  readonly url?: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly _query?: ParsedUrlQuery | undefined;
  readonly connection: object;
}

/** The options for writing one packet. */
export interface EngineWriteOptions {
  /** Whether permessage-deflate or HTTP compression may be applied. */
  compress?: boolean | undefined;
  /** The complete WebSocket frame of a single text message: header, payload. */
  wsPreEncodedFrame?: Buffer[];
}

/** A part of an encoded packet: its text, or one of its binary attachments. */
export type EncodedChunk = string | Uint8Array;

/** The options for writing an encoded packet to one connection. */
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

/** The stream or the response that a closed connection still occupies. */
export interface Remains {
  readonly destroyed: boolean;
  /** The bytes that the client has not read, as far as the operating system has not accepted them. */
  readonly writableLength: number;
  /** The stream of a response. */
  readonly socket?: { readonly destroyed: boolean } | null;
  once(event: "close", listener: () => void): unknown;
  destroy(error?: Error): unknown;
}

/** The transport of a connection; in an engine for `bind()`, it may lack the optional members. */
export interface EngineTransport {
  readonly writable: boolean;
  readonly name: string;
  /** The number of buffered bytes, if the WebSocket does not have this property. */
  readonly bufferedAmount?: number;
  /** Writes what is buffered until the end of the turn, if the WebSocket does not have this method. */
  flush?(): void;
  /** Ends the connection at once, if the WebSocket does not have this method. */
  terminate?(): void;
  /** The WebSocket, if the transport has one. */
  readonly socket?: {
    readonly readyState?: number;
    readonly bufferedAmount?: number;
    flush?(): void;
    terminate?(): void;
    close?(code?: number, reason?: string): void;
    end?(code?: number, reason?: string): void;
  };
  /** Sets the data of the close packet, if the transport sends one when it is closed. */
  setCloseCode?(code: string): void;
  /** Over long-polling and server-sent events, the latest response, as long as the client has not read all of it. */
  readonly pendingResponse?: Remains;
  send?(packets: RawPacket[]): void;
  on?(event: string, listener: Listener): unknown;
  removeListener?(event: string, listener: Listener): unknown;
}

/** The members of a connection that the library uses. */
export interface EngineConnection {
  /** The session id. */
  readonly id: string;
  /** The revision of the Engine.IO protocol: 4, or 3 for Socket.IO v2 clients. */
  readonly protocol?: number;
  /** Undefined for WebTransport. */
  readonly request?: EngineRequest;
  /** The parts of the request, if they are available before the request is. */
  readonly requestParts?: RequestParts;
  /** Returns the request, or an equal object that the connection does not keep. Callers may only read it. */
  peekRequest?(): EngineRequest;
  readonly readyState: string;
  readonly remoteAddress?: string;
  readonly transport: EngineTransport;
  /** The packets that were not passed to the transport yet. */
  readonly writeBuffer?: RawPacket[];
  write(data: string | Uint8Array, options?: EngineWriteOptions): unknown;
  /** Closes the connection after the buffered packets have been sent; with `discard`, at once. */
  close(discard?: boolean): void;
  on(event: string, listener: Listener): unknown;
  removeListener(event: string, listener: Listener): unknown;
}

/** The members of an engine that the library uses. */
export interface EngineServer {
  on(event: "connection", listener: (conn: Untyped) => void): unknown;
  emit?(event: string, ...args: unknown[]): unknown;
  close(): unknown;
  /** The options, some of which may be changed while the engine runs. */
  readonly opts?: {
    allowRequest?: Untyped;
    /** The heartbeat, in milliseconds. */
    readonly pingInterval?: number;
    readonly pingTimeout?: number;
    [option: string]: Untyped;
  };
}

/** Returns the same connection as an `EngineConnection`: in the types of engine.io, its session id is not public. */
export function engineConnection(conn: RawSocket): EngineConnection {
  return conn as unknown as EngineConnection;
}

/** Receives the messages, the errors and the end of a connection. */
export interface Receiver {
  /** Receives a message: an encoded packet, or a part of one. */
  ondata(data: unknown): void;
  onError(error: Error): void;
  onClose(reason: Untyped, description?: unknown): void;
}

/** The methods with which a client uses its connection. */
export interface EnginePort {
  /** Sets the receiver. */
  open(receiver: Receiver): void;
  /** Writes the parts of an encoded packet; a volatile packet is dropped if the transport is not writable. */
  writeChunks(chunks: readonly EncodedChunk[], options: EncodedWriteOptions): void;
  /** Removes the receiver. */
  release(): void;
}
