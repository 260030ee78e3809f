/** The connection of the fast path, which passes texts between a client and its WebSocket without the steps of engine.io. */
import type { EventEmitter } from "node:events";
import { setTimeout } from "node:timers";
import { isLogging, logs } from "../../diagnostics";
import type {
  EncodedChunk,
  EncodedWriteOptions,
  EnginePort,
  EngineRequest,
  EngineTransport,
  Receiver,
  RequestParts,
} from "../port";
import type { CloseDeadline } from "../remains";
import { type StockEngine, StockSocket, type StockTransport } from "../stock";
import { isUnseen } from "../unseen-requests";
import { isBytes } from "./bytes";
import { FramedWriteOptions } from "./framed";
import { MESSAGE, messageFrame } from "./frames";
import { Heartbeat, type Heartbeats, type Pinging } from "./heartbeats";
import { freeDictionary, mayHaveListeners } from "./lean-emitter";
import { RequestRecord } from "./request-record";
import { FastTransport, type ServedConnection } from "./transport";

/** The engine of the connection. */
interface WatchedEngine extends StockEngine {
  /** Whether the engine has listeners for events about outgoing packets. */
  readonly isWatched: boolean;
  readonly closeDeadline: CloseDeadline;
  readonly heartbeats: Heartbeats;
}

/**
 * Texts pass between the client and the WebSocket without the packets, buffers and events of the engine. They go through the
 * code of engine.io while these events have listeners. Outgoing packets also go through it while the operating system is
 * behind, and after ws has taken over the WebSocket.
 */
export class FastConnection extends StockSocket implements EnginePort, ServedConnection, Pinging {
  /** The transport, if it is a fast one; the constructor of engine.io sets it through `setTransport()`. */
  declare private fast: FastTransport | undefined;
  /** The request that opened the connection; the constructor of engine.io sets it. */
  declare private opening: EngineRequest | RequestRecord;
  private receiver: Receiver | undefined = undefined;
  /** Whether the application has removed the listeners of "data". */
  declare private ignoresData?: boolean;
  /** @internal */
  declare readonly server: WatchedEngine;

  constructor(...args: ConstructorParameters<typeof StockSocket>) {
    super(...args);
    freeDictionary(this);
    this.shareArrays();
    const [, , , req] = args;
    if (isUnseen(req)) {
      this.opening = RequestRecord.of(req) ?? req;
    }
  }

  override get request(): EngineRequest {
    if (this.opening instanceof RequestRecord) {
      this.opening = this.opening.make();
    }
    return this.opening;
  }

  override set request(request: EngineRequest) {
    this.opening = request;
  }

  get requestParts(): RequestParts {
    return this.opening;
  }

  peekRequest(): EngineRequest {
    return this.opening instanceof RequestRecord ? this.opening.make() : this.opening;
  }

  open(receiver: Receiver): void {
    this.receiver = receiver;
  }

  release(): void {
    this.receiver = undefined;
  }

  override setTransport(transport: StockTransport): void {
    if (transport instanceof FastTransport) {
      this.transport = transport;
      this.fast = transport;
      transport.connection = this;
      // engine.io has removed the listeners of the upgrade before this call
      freeDictionary(transport);
    } else {
      this.fast = undefined;
      if (this.cleanupFn === NONE) {
        this.cleanupFn = [];
      }
      super.setTransport(transport);
    }
  }

  override clearTransport(): void {
    if (this.fast) {
      this.fast.connection = undefined;
      this.fast = undefined;
    }
    super.clearTransport();
  }

  override onDrain(): void {
    super.onDrain();
    this.shareArrays();
  }

  override flush(): void {
    if (this.writeBuffer.length > 0) {
      this.fast?.endTickInThisContext();
      if (this.sentCallbackFn === NONE) {
        this.sentCallbackFn = [];
      }
      super.flush();
    }
  }

  override sendPacket(type: string, data?: unknown, options?: unknown, callback?: unknown): void {
    if (this.packetsFn === NONE && (typeof options === "function" || typeof callback === "function")) {
      this.packetsFn = [];
    }
    super.sendPacket(type, data, options, callback);
  }

  /**
   * Replaces empty arrays of engine.io by {@link NONE}. Not with other transports: they may emit "drain" within `send()`, before
   * engine.io adds to the arrays.
   */
  private shareArrays(): void {
    if (!this.fast) {
      return;
    }
    if (this.packetsFn.length === 0) {
      this.packetsFn = NONE;
    }
    if (this.sentCallbackFn.length === 0) {
      this.sentCallbackFn = NONE;
    }
    if (this.cleanupFn.length === 0) {
      this.cleanupFn = NONE;
    }
  }

  /** Emits "drain" at the end of a tick with several packets, as engine.io does. */
  onBatchSent(): void {
    if (this.writeBuffer.length > 0 || this.readyState === "closed") {
      return;
    }
    if (mayHaveListeners(this)) {
      this.emit("drain");
    }
    if (this.server.isWatched) {
      this.server.emit("drain", this);
    }
  }

  override schedulePing(): void {
    const { heartbeats, opts } = this.server;
    const heartbeat = isUnseen(this.request) ? heartbeats.start(this, opts.pingInterval) : undefined;
    // a timer of its own, if the application may have set an asynchronous context
    this.pingIntervalTimer = heartbeat ?? setTimeout(ping, opts.pingInterval, this);
  }

  /** @internal Sends a ping, which the client has to answer in time. */
  ping(): void {
    this.hasRefreshedPingTimeout = false;
    this.sendPacket("ping");
    this.resetPingTimeout();
  }

  override onClose(reason: string, description?: unknown): void {
    if (this.pingIntervalTimer instanceof Heartbeat) {
      this.pingIntervalTimer.stop();
      this.pingIntervalTimer = null;
    }
    super.onClose(reason, description);
  }

  /** Calls the receiver, then the listeners. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { receiver } = this;
    switch (event) {
      case "data":
        if (!this.ignoresData) {
          receiver?.ondata(args[0]);
        }
        break;
      case "close":
        this.leaveEngine();
        receiver?.onClose(args[0], args[1]);
        break;
      case "error":
        receiver?.onError(args[0] as Error);
        return this.listenerCount("error") > 0 && super.emit(event, ...args);
    }
    return super.emit(event, ...args);
  }

  /**
   * An application that takes a connection over removes the listeners of "data". The receiver then receives no further data
   * either, as if it were one of these listeners.
   */
  override removeAllListeners(...args: [event?: string | symbol]): this {
    if (args.length === 0 || args[0] === "data") {
      this.ignoresData = true;
    }
    return super.removeAllListeners(...args);
  }

  /** Removes the connection from the list of its engine. */
  private leaveEngine(): void {
    const { server, id } = this;
    if (this.readyState !== "closed") {
      // the application has called emit("close")
      return;
    }
    server.clientsCount--;
    // another connection may have the same id by now
    if (server.clients[id] === this) {
      delete server.clients[id];
    }
    server.closeDeadline.apply(this.transport as unknown as EngineTransport);
  }

  writeChunks(chunks: readonly EncodedChunk[], options: EncodedWriteOptions): void {
    if (options.volatile && !this.transport.writable) {
      return;
    }
    const { fast } = this;
    if (fast && !this.needsEngine(fast)) {
      const frame = FramedWriteOptions.frameOf(options);
      if (frame) {
        fast.beforeFrame();
        fast.socket.sendSharedFrame(frame);
        return;
      }
      if (chunks.every(isTextOrBytes)) {
        for (const chunk of chunks) {
          fast.beforeFrame();
          if (typeof chunk === "string") {
            fast.socket.sendFrame(messageFrame(chunk));
          } else {
            fast.socket.sendBinary(chunk);
          }
        }
        return;
      }
    }
    for (const chunk of chunks) {
      this.write(chunk, options);
    }
  }

  /** Whether packets have to go through the engine, for example if it has buffered packets, or its events have listeners. */
  private needsEngine(fast: FastTransport): boolean {
    return (
      !fast.acceptsFrames ||
      this.writeBuffer.length > 0 ||
      this.readyState !== "open" ||
      isLogged() ||
      (mayHaveListeners(this) && hasListeners(this, OUTGOING_EVENTS)) ||
      (mayHaveListeners(fast) && hasListeners(fast, TRANSPORT_EVENTS)) ||
      this.server.isWatched
    );
  }

  takeText(text: string): boolean {
    const { fast } = this;
    if (
      text.charCodeAt(0) !== MESSAGE ||
      // engine.io emits `undefined` for an empty text
      text.length === 1 ||
      !this.receiver ||
      !fast ||
      // while a ping is unanswered, engine.io restarts its timeout for any packet
      this.pingTimeoutTimer !== null ||
      this.readyState !== "open" ||
      this.ignoresData ||
      isLogged() ||
      (mayHaveListeners(this) && hasListeners(this, INCOMING_EVENTS)) ||
      (mayHaveListeners(fast) && hasListeners(fast, TRANSPORT_EVENTS))
    ) {
      return false;
    }
    this.receiver.ondata(text.slice(1));
    return true;
  }
}

/** Events about outgoing packets. */
export const OUTGOING_EVENTS = ["packetCreate", "flush", "drain"];

/** Events about incoming packets. */
const INCOMING_EVENTS = ["packet", "data", "message"];

/** Events of a transport about packets in either direction. */
const TRANSPORT_EVENTS = ["packet", "drain", "ready"];

/** Whether an emitter has listeners for any of these events. */
export function hasListeners(emitter: EventEmitter, events: readonly string[]): boolean {
  return events.some((event) => emitter.listenerCount(event) > 0);
}

/** In place of empty arrays of engine.io, which each connection would have otherwise. */
const NONE: readonly unknown[] = Object.freeze([]);

/** Whether engine.io logs the packets of connections. */
function isLogged(): boolean {
  return isLogging() && (logs.engineSocket.enabled || logs.engineWs.enabled);
}

function isTextOrBytes(chunk: unknown): boolean {
  return typeof chunk === "string" || isBytes(chunk);
}

function ping(connection: FastConnection): void {
  connection.ping();
}
