/** The members of ws that the fast path uses beyond its documentation. */
import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";

/** What a WebSocket server tells its WebSockets. */
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
  setSocket(stream: Duplex, head: Buffer, settings: WebSocketSettings): void;
  send(data: unknown, options?: unknown, callback?: (error?: Error) => void): void;
  close(code?: number, reason?: string | Buffer): void;
  ping(...args: unknown[]): void;
  pong(...args: unknown[]): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

export type StockWebSocketConstructor = new (
  address: null,
  protocols: undefined,
  options: object,
) => StockWebSocket;

// a version of ws that lacks these names is not used, but the module has to load
export const StockWebSocket = (WebSocket ?? EventEmitter) as unknown as StockWebSocketConstructor;

export const StockWebSocketServer = WebSocketServer ?? EventEmitter;

/** The end of what a WebSocket says when a message has more bytes than it may. */
export const TOO_LARGE = "Max payload size exceeded";

/** The end of what it says when a message comes in more chunks than it may. */
export const TOO_MANY_CHUNKS = "Too many buffered chunks";

let lastSettings: WebSocketSettings | undefined;

/** The same settings as one object: `ws` makes one for each connection. */
export function sharedSettings(settings: WebSocketSettings): WebSocketSettings {
  const names = Object.keys(settings) as (keyof WebSocketSettings)[];
  const known = lastSettings;
  if (!known || names.some((name) => known[name] !== settings[name])) {
    lastSettings = settings;
    return settings;
  }
  return known;
}
