/** The transport of the fast path, which needs no functions and listeners for each connection, unlike that of engine.io. */
import process from "node:process";
import { isLogging, logs } from "../../diagnostics";
import { shownMessage } from "../../texts";
import type { EngineRequest } from "../port";
import { type RawPacket, StockTransport, type TransportOptions, type WebSocketRequest } from "../stock";
import { FramedWriteOptions } from "./framed";
import { freeDictionary, mayHaveListeners } from "./lean-emitter";
import type { FastWebSocket, WebSocketOwner } from "./web-socket";

/** The connection that a transport serves. */
export interface ServedConnection {
  /** Passes a text directly to the client. Returns `false` if the text has to go through the engine instead. */
  takeText(text: string): boolean;
  onPacket(packet: RawPacket): void;
  onDrain(): void;
  /** Called at the end of a tick in which several frames were sent directly to the WebSocket. */
  onBatchSent(): void;
  flush(): void;
  onError(error: Error): void;
  onClose(reason: string): void;
}

/** Carries the packets of one connection. */
export class FastTransport extends StockTransport implements WebSocketOwner {
  /** The connection that it serves; undefined during an upgrade, when the engine uses listeners instead. */
  connection: ServedConnection | undefined = undefined;
  readonly socket: FastWebSocket;
  /** Whether the packets of the last `send()` have not all been sent yet. */
  private isSending = false;
  /** The number of frames that the connection has sent directly to the WebSocket in this tick. */
  private sentInTick = 0;
  /** Whether this transport has its own callback at the end of this tick. */
  private hasOwnTickEnd = false;

  constructor(req: EngineRequest, options: TransportOptions) {
    super(req, options);
    this.socket = (req as WebSocketRequest).websocket as FastWebSocket;
    this.socket.setOwner(this);
    this.writable = true;
    freeDictionary(this);
  }

  override get name(): string {
    return "websocket";
  }

  get handlesUpgrades(): boolean {
    return true;
  }

  /** @internal Sends the packets in their order; the transport is writable again when the last one has been sent. */
  override send(packets: readonly RawPacket[]): void {
    this.isSending = true;
    this.writable = false;
    const last = packets[packets.length - 1];
    for (const packet of packets) {
      const { socket } = this;
      const done = (error?: Error) => this.onSent(packet === last, error);
      const frame = socket.takesFrames && packet.options && FramedWriteOptions.frameOf(packet.options);
      if (frame) {
        socket.sendSharedFrame(frame, done);
      } else {
        this.parser.encodePacket(packet, true, (data) => socket.send(data, done));
        if (!socket.isOpen) {
          // the error for this packet closes the connection; each further packet would create another one
          return;
        }
      }
    }
  }

  private onSent(isLast: boolean, error?: Error): void {
    if (error) {
      this.onError("write error", error.stack);
    } else if (isLast) {
      this.isSending = false;
      this.emit("drain");
      this.becomeWritable();
    }
  }

  /** Whether the connection may send frames directly to the WebSocket, without the engine. */
  get acceptsFrames(): boolean {
    return this.socket.isFast && this.socket.isOpen && !this.socket.isBlocked && !this.isSending;
  }

  /** Makes the transport unwritable until the end of the tick. Called before each frame that bypasses the engine. */
  beforeFrame(): void {
    this.sentInTick++;
    if (this.sentInTick > 1) {
      return;
    }
    this.writable = false;
    if (ticking.length === 0) {
      process.nextTick(endTick);
    }
    ticking.push(this);
  }

  /**
   * Gives this transport its own callback at the end of the tick. The engine has buffered a packet until then, and its
   * listeners have to run in the asynchronous context of the caller, not in that of another connection.
   */
  endTickInThisContext(): void {
    if (this.sentInTick > 0 && !this.hasOwnTickEnd) {
      this.hasOwnTickEnd = true;
      process.nextTick(endTickOf, this);
    }
  }

  /** @internal */
  onTickEnd(isOwn: boolean): void {
    if (this.hasOwnTickEnd !== isOwn) {
      return;
    }
    this.hasOwnTickEnd = false;
    const sent = this.sentInTick;
    this.sentInTick = 0;
    try {
      if (sent > 1) {
        this.connection?.onBatchSent();
      }
    } finally {
      // also if a listener has thrown
      this.becomeWritable();
    }
  }

  onBlocked(): void {
    this.writable = false;
  }

  onUnblocked(): void {
    this.becomeWritable();
  }

  beforeEnd(): void {
    // last chance to send buffered packets, even if the operating system has not accepted the earlier ones yet
    this.writable = true;
    this.connection?.flush();
  }

  /** Makes the transport writable, unless it is still sending. The engine then sends its buffered packets. */
  private becomeWritable(): void {
    if (!this.writable && !this.isSending && this.sentInTick === 0 && !this.socket.isBlocked) {
      this.writable = true;
      this.connection?.flush();
      if (mayHaveListeners(this)) {
        super.emit("ready");
      }
    }
  }

  /** @internal */
  doClose(done?: () => void): void {
    this.socket.close();
    done?.();
  }

  /** Passes a message to the engine. */
  onMessage(message: string | Buffer): void {
    isLogging() && logs.engineWs.enabled && logs.engineWs('received "%s"', shownMessage(message));
    this.onData(message);
  }

  override onError(message: string, description?: unknown): void {
    if (this.connection || this.listenerCount("error") > 0) {
      this.emit("error", Object.assign(new Error(message), { type: "TransportError", description }));
    }
  }

  /** Calls the connection, then the listeners. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { connection } = this;
    if (connection) {
      switch (event) {
        case "packet":
          connection.onPacket(args[0] as RawPacket);
          break;
        case "drain":
          connection.onDrain();
          break;
        case "close":
          connection.onClose("transport close");
          break;
        case "error":
          connection.onError(args[0] as Error);
          return this.listenerCount("error") > 0 && super.emit(event, ...args);
      }
    }
    return super.emit(event, ...args);
  }
}

/** The transports whose connections have sent frames directly to the WebSocket in this tick. */
let ticking: FastTransport[] = [];

function endTickOf(transport: FastTransport): void {
  transport.onTickEnd(true);
}

function endTick(): void {
  const transports = ticking;
  ticking = [];
  let done = 0;
  try {
    while (done < transports.length) {
      transports[done++].onTickEnd(false);
    }
  } finally {
    if (done < transports.length) {
      // a listener has thrown: continue with the other connections in the next tick
      ticking = transports.slice(done).concat(ticking);
      process.nextTick(endTick);
    }
  }
}
