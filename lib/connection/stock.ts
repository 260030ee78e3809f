/** The members of engine.io and ws that the library uses beyond their documentation. */
import { EventEmitter } from "node:events";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Server, Socket, Transport, transports, uServer } from "engine.io";
import { WebSocket, WebSocketServer } from "ws";
import type { LimitOptions } from "../options/limits";
import type { Untyped } from "../typed-events";
import type { EngineRequest, EngineWriteOptions, RawPacket } from "./port";

export type { RawPacket } from "./port";

/** Encodes and decodes the packets of one revision of the protocol. */
interface RawParser {
  encodePacket(packet: RawPacket, supportsBinary: boolean, done: (data: string | Uint8Array) => void): void;
  decodePacket(data: string): RawPacket;
  /** Calls `take` for each packet of a request; in protocol 3, until it returns `false`. */
  decodePayload(data: string | Buffer, take: (packet: RawPacket) => boolean): unknown;
}

/** The options that an engine passes to its transports; a transport reads each option when it uses it. */
export interface TransportOptions {
  /** The maximum size of a message or of the body of a request, in bytes. */
  maxHttpBufferSize: number;
  /** The maximum number of chunks of a message or body. */
  maxBufferedChunks: number;
  /** The maximum time for the body of a request, in milliseconds. */
  httpRequestBodyTimeout: number;
  httpCompression?: false | { threshold: number };
  perMessageDeflate?: false | { threshold: number };
}

/** The members of a transport that the library uses or overrides. */
export interface StockTransport extends EventEmitter {
  writable: boolean;
  readyState: string;
  readonly parser: RawParser;
  /** Whether the client accepts binary data. */
  readonly supportsBinary: boolean;
  readonly name: string;
  onData(data: unknown): void;
  onError(message: string, description?: unknown): void;
  onClose(): void;
  onRequest(req: EngineRequest): void;
  send(packets: RawPacket[]): void;
}

/** A request of a long-polling connection. */
export interface PollingRequest extends EngineRequest {
  /** The transport sets it to null when it takes the request. */
  res: ServerResponse | null;
}

/** The members of a long-polling transport that {@link guardedPolling} uses or overrides. */
export interface StockPolling extends StockTransport {
  readonly protocol: number;
  /** The GET request that waits for packets. */
  readonly req?: EngineRequest | null;
  /** The POST request that engine.io is reading. */
  readonly dataReq?: EngineRequest | null;
  onPacket(packet: RawPacket): void;
  doClose(done: () => void): void;
  /** Returns the headers of a response; listeners of "headers" may add to them. */
  headers(req: EngineRequest, headers: OutgoingHttpHeaders): OutgoingHttpHeaders;
}

export type StockPollingConstructor = new (req: EngineRequest, options: TransportOptions) => StockPolling;

/** The members of a connection that the fast path uses or overrides. */
export interface StockSocket extends EventEmitter {
  readonly id: string;
  readonly protocol: number;
  request: EngineRequest;
  readonly remoteAddress: string;
  readonly readyState: string;
  readonly server: StockEngine;
  transport: StockTransport;
  readonly writeBuffer: RawPacket[];
  /** The callbacks of the packets in `writeBuffer`, and of those that were passed to the transport. */
  packetsFn: readonly unknown[];
  sentCallbackFn: readonly unknown[];
  /** Functions that remove the listeners of the transport. */
  cleanupFn: readonly unknown[];
  pingIntervalTimer: { refresh(): unknown } | null;
  pingTimeoutTimer: NodeJS.Timeout | null;
  hasRefreshedPingTimeout: boolean;
  write(data: unknown, options?: EngineWriteOptions): unknown;
  close(discard?: boolean): void;
  sendPacket(type: string, data?: unknown, options?: unknown, callback?: unknown): void;
  onPacket(packet: RawPacket): void;
  onError(error: Error): void;
  onClose(reason: string, description?: unknown): void;
  onDrain(): void;
  flush(): void;
  setTransport(transport: StockTransport): void;
  clearTransport(): void;
  schedulePing(): void;
  resetPingTimeout(): void;
}

/** The options of an engine, with the defaults filled in. */
export interface StockEngineOptions extends TransportOptions {
  pingInterval: number;
  limits?: LimitOptions;
  [option: string]: Untyped;
}

/** The members of an engine that the library uses or overrides. */
export interface StockEngine extends EventEmitter {
  opts: StockEngineOptions;
  clients: { [id: string]: unknown };
  clientsCount: number;
  /** The functions that were passed to `engine.use()`. */
  readonly middlewares: readonly unknown[];
  generateId(req: EngineRequest): string | PromiseLike<string>;
  /** Returns the transports to which a client of this transport may upgrade. */
  upgrades(transport: string): string[];
  attach(server: unknown, options: object): void;
  createTransport(name: string, req: EngineRequest): StockTransport;
  handshake(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined>;
  handleRequest(req: EngineRequest, res: ServerResponse): void;
  handleUpgrade(req: EngineRequest, socket: Duplex, head: Buffer): void;
  _applyMiddlewares(req: EngineRequest, res: ServerResponse, callback: (error?: unknown) => void): void;
  /** Called for each request, after the middlewares. */
  verify(req: EngineRequest, isUpgrade: boolean, done: VerifyCallback): void;
  /** The WebSocket server; undefined if the engine has no WebSocket transport. */
  readonly ws?: unknown;
  /** Called when a WebSocket is open. */
  onWebSocket(req: EngineRequest, socket: Duplex, webSocket: unknown): void;
  onWebTransportSession(session: WebTransportSession): Promise<unknown>;
  close(): unknown;
}

/** Continues with a request or, if it is called with a code, refuses it. */
export type VerifyCallback = (code?: number, context?: object) => void;

/** A session of an HTTP/3 server. */
export interface WebTransportSession {
  close(): void;
}

/** Refuses a request to open a connection. */
export type CloseConnection = (code: number, context?: object) => void;

/** A request over which a WebSocket was opened. */
export type WebSocketRequest = EngineRequest & { websocket?: unknown };

export const StockTransport = Transport as unknown as new (
  req: EngineRequest,
  options: TransportOptions,
) => StockTransport;

export const StockSocket = Socket as unknown as new (
  id: string,
  engine: StockEngine,
  transport: StockTransport,
  req: EngineRequest,
  protocol: number,
) => StockSocket;

export const StockEngine = Server as unknown as new (options: object) => StockEngine;

/** Returns the class that engine.io uses for a request with this query; engine.io does not export it. */
function classFor(query: object): StockPollingConstructor {
  const { polling } = transports as unknown as { polling: StockPollingConstructor };
  const transport = new polling({ _query: query } as EngineRequest, {} as TransportOptions);
  return transport.constructor as StockPollingConstructor;
}

export const StockPolling = classFor({ EIO: "4" });

/** Long-polling by script elements (JSONP), for old browsers. */
export const StockJsonPolling = classFor({ EIO: "4", j: "0" });

/** The engine for µWebSockets.js, with the requests and responses of its apps. */
export interface StockUwsEngine extends EventEmitter {
  opts: StockEngineOptions;
  createTransport(name: string, req: EngineRequest): StockTransport;
  handshake(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined>;
  _applyMiddlewares(req: EngineRequest, res: unknown, callback: (error?: unknown) => void): void;
  verify(req: EngineRequest, isUpgrade: boolean, done: VerifyCallback): void;
  handleRequest(res: unknown, req: unknown): void;
  handleUpgrade(res: unknown, req: unknown, context: unknown): void;
  close(): unknown;
}

export const StockUwsEngine = uServer as unknown as new (options: object) => StockUwsEngine;

/** Returns the class of the long-polling transports over µWebSockets.js; engine.io does not export it. */
export function stockUwsPolling(): StockPollingConstructor {
  const request = { _query: { EIO: "4" } } as unknown as EngineRequest;
  return new StockUwsEngine({}).createTransport("polling", request).constructor as StockPollingConstructor;
}

/** The parameters of permessage-deflate on which a client and the server have agreed (RFC 7692, section 7.1). */
export interface DeflateParameters {
  readonly server_no_context_takeover?: true;
  readonly client_no_context_takeover?: true;
  readonly server_max_window_bits?: number;
  readonly client_max_window_bits?: number;
}

/** The extension permessage-deflate of a WebSocket. Its constructor accepts the options of the extension. */
export interface StockDeflate {
  params: DeflateParameters;
}

/** The settings that a WebSocket server passes to its WebSockets. */
export interface WebSocketSettings {
  readonly allowSynchronousEvents: boolean;
  readonly maxPayload: number;
  readonly maxBufferedChunks?: number;
  readonly skipUTF8Validation: boolean;
}

/** A WebSocket as the fast path builds on it. */
export interface StockWebSocket extends EventEmitter {
  readonly readyState: number;
  readonly bufferedAmount: number;
  _socket: Duplex | null;
  _readyState: number;
  _extensions: object;
  _closeCode: number;
  _closeMessage: Buffer;
  /** The number of automatic pongs that are not sent yet; ws closes a WebSocket with too many of them. */
  _pendingAutoPongs: number;
  setSocket(stream: Duplex, head: Buffer, settings: WebSocketSettings): void;
  send(data: unknown, options?: unknown, callback?: (error?: Error) => void): void;
  close(code?: number, reason?: string | Buffer): void;
  ping(...args: unknown[]): void;
  pong(...args: unknown[]): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

type StockWebSocketConstructor = new (address: null, protocols: undefined, options: object) => StockWebSocket;

// this module has to load beside a version of ws without these names too; such a version is not used
export const StockWebSocket = (WebSocket ?? EventEmitter) as unknown as StockWebSocketConstructor;

export const StockWebSocketServer = WebSocketServer ?? EventEmitter;

/** The end of the error message of ws for a message that is larger than `maxPayload`. */
export const TOO_LARGE = "Max payload size exceeded";

/** The end of the error message of ws for a message in more chunks than `maxBufferedChunks`. */
export const TOO_MANY_CHUNKS = "Too many buffered chunks";

let lastSettings: WebSocketSettings | undefined;

/** Returns one object for equal settings: ws makes an object for each connection. */
export function sharedSettings(settings: WebSocketSettings): WebSocketSettings {
  const names = Object.keys(settings) as (keyof WebSocketSettings)[];
  const known = lastSettings;
  if (!known || names.some((name) => known[name] !== settings[name])) {
    lastSettings = settings;
    return settings;
  }
  return known;
}
