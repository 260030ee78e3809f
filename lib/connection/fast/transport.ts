/** The transport over a light WebSocket: like engine.io's own, without functions and listeners for each connection. */
import process from "node:process";
import { isLogging, logs } from "../../diagnostics";
import type { EngineRequest } from "../port";
import { type RawPacket, StockTransport, type TransportOptions, type WebSocketRequest } from "../stock";
import type { Bytes } from "./bytes";
import { FramedWriteOptions } from "./framed";
import { mayHaveListeners, withoutListeners } from "./lean-emitter";
import type { FastWebSocket, WebSocketOwner } from "./web-socket";

/** The connection that a transport serves. */
export interface TransportOwner {
  /** False if the text has to go through the engine. */
  takeText(text: string): boolean;
  onPacket(packet: RawPacket): void;
  onDrain(): void;
  /** More than one frame was sent past the engine in one tick. */
  onBatchSent(): void;
  flush(): void;
  onError(error: Error): void;
  onClose(reason: string): void;
}

/** Carries the packets of one connection. */
export class FastTransport extends StockTransport implements WebSocketOwner {
  /** The connection that it serves; before an upgrade is done, there are listeners instead. */
  owner: TransportOwner | undefined = undefined;
  readonly socket: FastWebSocket;
  private isSending = false;
  /** How many frames were sent past `send()` in this tick. */
  private sentInTick = 0;
  /** Whether the end of the tick comes in a context of its own. */
  private endsAlone = false;

  constructor(req: EngineRequest, options: TransportOptions) {
    super(req, options);
    this.socket = (req as WebSocketRequest).websocket as FastWebSocket;
    this.socket.serve(this);
    this.writable = true;
    withoutListeners(this);
  }

  override get name(): string {
    return "websocket";
  }

  get handlesUpgrades(): boolean {
    return true;
  }

  /** @internal Sends the packets in their order; the transport is writable again when the last one is on its way. */
  override send(packets: readonly RawPacket[]): void {
    this.isSending = true;
    this.writable = false;
    const last = packets[packets.length - 1];
    for (const packet of packets) {
      const { socket } = this;
      const done = (error?: Error) => this.onSent(packet === last, error);
      const frame =
        socket.isFast && socket.isOpen && packet.options && FramedWriteOptions.frameOf(packet.options);
      if (frame) {
        socket.sendFrame(frame, done);
      } else {
        this.parser.encodePacket(packet, true, (data) => socket.send(data, done));
      }
    }
  }

  private onSent(isLast: boolean, error?: Error): void {
    if (error) {
      this.onError("write error", error.stack);
    } else if (isLast) {
      this.isSending = false;
      this.emit("drain");
      this.checkWritable();
    }
  }

  /** Whether frames may be sent past `send()`. */
  get takesFrames(): boolean {
    return this.socket.isFast && this.socket.isOpen && !this.socket.isBlocked && !this.isSending;
  }

  /** Sends a whole frame; the transport is writable again in the next tick. */
  sendFrame(frame: Buffer): void {
    this.startTick();
    this.socket.sendFrame(frame);
  }

  /** Sends bytes as a message, in the same way. */
  sendBinary(bytes: Bytes): void {
    this.startTick();
    this.socket.sendBinary(bytes);
  }

  private startTick(): void {
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

  /** Something waits for the end of the tick: what is called then belongs to whoever is called now. */
  endTickAlone(): void {
    if (this.sentInTick > 0 && !this.endsAlone) {
      this.endsAlone = true;
      process.nextTick(endTickOf, this);
    }
  }

  /** @internal */
  onTickEnd(isAlone: boolean): void {
    if (this.endsAlone !== isAlone) {
      return;
    }
    this.endsAlone = false;
    const sent = this.sentInTick;
    this.sentInTick = 0;
    try {
      if (sent > 1) {
        this.owner?.onBatchSent();
      }
    } finally {
      // whatever a listener does, the connection goes on
      this.checkWritable();
    }
  }

  onBlocked(): void {
    this.writable = false;
  }

  onPeerEnd(): void {
    // what waits for the kernel can still follow what it has not taken yet
    this.writable = true;
    this.owner?.flush();
  }

  onUnblocked(): void {
    this.checkWritable();
  }

  private checkWritable(): void {
    if (!this.writable && !this.isSending && this.sentInTick === 0 && !this.socket.isBlocked) {
      this.writable = true;
      this.owner?.flush();
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

  onMessage(message: string | Buffer): void {
    isLogging() && logs.engineWs('received "%s"', message);
    if (typeof message !== "string" || !this.owner?.takeText(message)) {
      this.onData(message);
    }
  }

  onWebSocketError(error: Error): void {
    this.onError(String(error));
  }

  onWriteError({ stack }: Error): void {
    this.onError("write error", stack);
  }

  onWebSocketClose(): void {
    this.onClose();
  }

  override onError(message: string, description?: unknown): void {
    if (this.owner || this.listenerCount("error") > 0) {
      this.emit("error", Object.assign(new Error(message), { type: "TransportError", description }));
    }
  }

  /** What the connection would listen to is told to it directly, before the listeners. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { owner } = this;
    if (owner) {
      switch (event) {
        case "packet":
          owner.onPacket(args[0] as RawPacket);
          break;
        case "drain":
          owner.onDrain();
          break;
        case "close":
          owner.onClose("transport close");
          break;
        case "error":
          owner.onError(args[0] as Error);
          return this.listenerCount("error") > 0 && super.emit(event, ...args);
      }
    }
    return super.emit(event, ...args);
  }
}

/** The transports that were written to in this tick. */
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
      // a listener has thrown: that concerns its connection only
      ticking.push(...transports.slice(done));
      process.nextTick(endTick);
    }
  }
}
