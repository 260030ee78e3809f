/** The members of engine.io that the fast path uses beyond its documentation, checked once. */
import type { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Server, Socket, Transport } from "engine.io";
import type { Untyped } from "../typed-events";
import type { EngineRequest, EngineWriteOptions } from "./contract";

/** A packet of the Engine.IO protocol. */
export interface RawPacket {
  readonly type: string;
  readonly data?: unknown;
  readonly options?: EngineWriteOptions;
}

/** What encodes and decodes the packets of one revision of the protocol. */
interface RawParser {
  encodePacket(packet: RawPacket, supportsBinary: boolean, done: (data: string | Uint8Array) => void): void;
}

/** A transport as the fast path builds on it. */
export interface StockTransport extends EventEmitter {
  writable: boolean;
  readyState: string;
  readonly parser: RawParser;
  readonly name: string;
  onData(data: unknown): void;
  onError(message: string, description?: unknown): void;
  onClose(): void;
  onRequest(req: EngineRequest): void;
}

/** A connection as the fast path builds on it. */
export interface StockSocket extends EventEmitter {
  readonly id: string;
  readonly protocol: number;
  readonly request: EngineRequest;
  readonly remoteAddress: string;
  readonly readyState: string;
  readonly server: StockEngine;
  transport: StockTransport;
  readonly writeBuffer: readonly unknown[];
  sentCallbackFn: unknown[];
  pingIntervalTimer: NodeJS.Timeout | null;
  pingTimeoutTimer: NodeJS.Timeout | null;
  hasRefreshedPingTimeout: boolean;
  write(data: unknown, options?: EngineWriteOptions): unknown;
  close(discard?: boolean): void;
  sendPacket(type: string, data?: unknown, options?: EngineWriteOptions): void;
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

/** An engine as the fast path builds on it. */
export interface StockEngine extends EventEmitter {
  opts: { pingInterval: number; maxHttpBufferSize: number } & { [option: string]: Untyped };
  clients: { [id: string]: unknown };
  clientsCount: number;
  generateId(req: EngineRequest): string | PromiseLike<string>;
  attach(server: unknown, options: object): void;
  createTransport(name: string, req: EngineRequest): StockTransport;
  handshake(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined>;
  handleRequest(req: EngineRequest, res: ServerResponse): void;
  handleUpgrade(req: EngineRequest, socket: Duplex, head: Buffer): void;
}

/** Refuses a connection that was not set up. */
export type CloseConnection = (code: number, context?: object) => void;

/** A request over which a WebSocket was opened. */
export type WebSocketRequest = EngineRequest & { websocket?: unknown };

export const StockTransport = Transport as unknown as new (req: EngineRequest) => StockTransport;

export const StockSocket = Socket as unknown as new (
  id: string,
  engine: StockEngine,
  transport: StockTransport,
  req: EngineRequest,
  protocol: number,
) => StockSocket;

export const StockEngine = Server as unknown as new (options: object) => StockEngine;

const expected = [
  [Transport, ["onData", "onPacket", "onError", "onClose", "close", "discard"]],
  [
    Socket,
    ["onPacket", "onError", "onClose", "onDrain", "flush", "setTransport", "clearTransport", "schedulePing"],
  ],
  [Socket, ["sendPacket", "resetPingTimeout", "write", "close"]],
  [Server, ["createTransport", "handshake", "handleRequest", "handleUpgrade", "generateId", "attach"]],
] as const;

/** Names a member that this version of engine.io has not, or undefined if the fast path can build on it. */
export function missingInEngine(): string | undefined {
  for (const [{ name, prototype }, members] of expected) {
    const missing = members.find((member) => typeof (prototype as Untyped)[member] !== "function");
    if (missing) {
      return `${name}.${missing}`;
    }
  }
  return undefined;
}
