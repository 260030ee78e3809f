/** A connection of the engine that a client writes to and is read from directly, as long as nobody would notice. */
import type { EventEmitter } from "node:events";
import { setTimeout } from "node:timers";
import { logs } from "../../diagnostics";
import { cutHalfClosed } from "../half-closed";
import type { EncodedChunk, EncodedWriteOptions, EnginePort, EngineTransport, Receiver } from "../port";
import { type StockEngine, StockSocket, type StockTransport } from "../stock";
import { isBytes } from "./bytes";
import { FramedWriteOptions } from "./framed";
import { MESSAGE, messageFrame } from "./frames";
import { mayHaveListeners, withoutListeners } from "./lean-emitter";
import { FastTransport, type TransportOwner } from "./transport";

/** An engine that knows whether anybody listens to what its connections send. */
interface WatchedEngine extends StockEngine {
  readonly isWatched: boolean;
}

/**
 * Texts pass between the client and the WebSocket without the packets, buffers and events of the engine. When somebody
 * listens to those events, when the WebSocket is no light one (any more), or when the kernel is behind, everything goes
 * through the code of engine.io.
 */
export class FastConnection extends StockSocket implements EnginePort, TransportOwner {
  /** The transport, if it is a light one; set while the stock constructor runs. */
  declare private light: FastTransport | undefined;
  private receiver: Receiver | undefined = undefined;
  private isDeaf = false;
  private readonly isLogged = logs.engineSocket.enabled;
  /** @internal */
  declare readonly server: WatchedEngine;

  constructor(...args: ConstructorParameters<typeof StockSocket>) {
    super(...args);
    withoutListeners(this);
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
      this.light = transport;
      transport.owner = this;
      // those of the upgrade are gone
      withoutListeners(transport);
    } else {
      this.light = undefined;
      super.setTransport(transport);
    }
  }

  override clearTransport(): void {
    if (this.light) {
      this.light.owner = undefined;
      this.light = undefined;
    }
    super.clearTransport();
  }

  override onDrain(): void {
    super.onDrain();
    if (this.sentCallbackFn.length === 0) {
      // an array that was used keeps its room
      this.sentCallbackFn = [];
    }
  }

  override flush(): void {
    if (this.writeBuffer.length > 0) {
      this.light?.endTickAlone();
    }
    super.flush();
  }

  /** Of several packets in one tick the engine sends all but the first at its end: whoever waits for that is told. */
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
    this.pingIntervalTimer = setTimeout(ping, this.server.opts.pingInterval, this);
  }

  /** What the client would listen to is told to it directly, before the listeners. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { receiver } = this;
    switch (event) {
      case "data":
        if (!this.isDeaf) {
          receiver?.ondata(args[0]);
        }
        break;
      case "close":
        this.leave();
        receiver?.onClose(args[0], args[1]);
        break;
      case "error":
        receiver?.onError(args[0] as Error);
        return this.listenerCount("error") > 0 && super.emit(event, ...args);
    }
    return super.emit(event, ...args);
  }

  /** Applications that take a connection over remove the listeners for its data: the client's is none, but goes too. */
  override removeAllListeners(...args: [event?: string | symbol]): this {
    if (args.length === 0 || args[0] === "data") {
      this.isDeaf = true;
    }
    return super.removeAllListeners(...args);
  }

  private leave(): void {
    const { server, id } = this;
    if (this.readyState !== "closed") {
      // the event was emitted by the application
      return;
    }
    server.clientsCount--;
    // another connection may have been given the same id
    if (server.clients[id] === this) {
      delete server.clients[id];
    }
    cutHalfClosed(this.transport as unknown as EngineTransport);
  }

  writeChunks(chunks: readonly EncodedChunk[], options: EncodedWriteOptions): void {
    if (options.volatile && !this.transport.writable) {
      return;
    }
    const { light } = this;
    if (!light || this.isWatched(light) || !chunks.every(isTextOrBytes)) {
      for (const chunk of chunks) {
        this.write(chunk, options);
      }
      return;
    }
    const frame = FramedWriteOptions.frameOf(options);
    if (frame) {
      light.sendFrame(frame);
    } else {
      for (const chunk of chunks) {
        if (typeof chunk === "string") {
          light.sendFrame(messageFrame(chunk));
        } else {
          light.sendBinary(chunk);
        }
      }
    }
  }

  /** Whether frames may not be sent past the engine: something waits in its buffer, or somebody watches it. */
  private isWatched(light: FastTransport): boolean {
    return (
      !light.takesFrames ||
      this.writeBuffer.length > 0 ||
      this.readyState !== "open" ||
      this.isLogged ||
      (mayHaveListeners(this) && hearsAnyOf(this, OUTGOING)) ||
      (mayHaveListeners(light) && hearsAnyOf(light, OF_TRANSPORT)) ||
      this.server.isWatched
    );
  }

  takeText(text: string): boolean {
    if (
      text.charCodeAt(0) !== MESSAGE ||
      // the engine gives no text for a message without one
      text.length === 1 ||
      !this.receiver ||
      !this.light ||
      // any packet refreshes the time that the client has to answer a ping
      this.pingTimeoutTimer !== null ||
      this.readyState !== "open" ||
      this.isDeaf ||
      this.isLogged ||
      (mayHaveListeners(this) && hearsAnyOf(this, INCOMING)) ||
      (mayHaveListeners(this.light) && hearsAnyOf(this.light, OF_TRANSPORT))
    ) {
      return false;
    }
    this.receiver.ondata(text.slice(1));
    return true;
  }
}

/** Events that tell what is sent. */
export const OUTGOING = ["packetCreate", "flush", "drain"];

/** Events that tell what has come in. */
const INCOMING = ["packet", "data", "message"];

/** Events of a transport that tell either. */
const OF_TRANSPORT = ["packet", "drain", "ready"];

/** Whether anybody listens to any of these events. */
export function hearsAnyOf(emitter: EventEmitter, events: readonly string[]): boolean {
  return events.some((event) => emitter.listenerCount(event) > 0);
}

function isTextOrBytes(chunk: unknown): boolean {
  return typeof chunk === "string" || isBytes(chunk);
}

function ping(socket: FastConnection): void {
  socket.hasRefreshedPingTimeout = false;
  socket.sendPacket("ping");
  socket.resetPingTimeout();
}
