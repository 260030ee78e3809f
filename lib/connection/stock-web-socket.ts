/** The members of ws that the fast path uses beyond its documentation. */
import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";

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
