/** The WebSocket transport over µWebSockets.js. */
import type { EngineRequest } from "../../connection/port";
import { type RawPacket, StockTransport, type TransportOptions } from "../../connection/stock";
import type { UwsWebSocket } from "./app";

/** Whether a message is compressed: one above the threshold of the engine, unless its sender has excluded it. */
export function isCompressed(
  data: string | Uint8Array,
  compress: boolean | undefined,
  { perMessageDeflate }: Pick<TransportOptions, "perMessageDeflate">,
): boolean {
  return (
    Boolean(perMessageDeflate) &&
    compress !== false &&
    Buffer.byteLength(data) > (perMessageDeflate as { threshold: number }).threshold
  );
}

/** Writes at once: nothing of it waits while topics are published. */
export class UwsTransport extends StockTransport {
  /** Undefined until it is open, and when it is closed. */
  socket?: UwsWebSocket;

  constructor(
    req: EngineRequest,
    private readonly options: TransportOptions,
  ) {
    super(req, options);
  }

  override get name(): string {
    return "websocket";
  }

  get handlesUpgrades(): boolean {
    return true;
  }

  /** The connection is there. */
  opened(socket: UwsWebSocket): void {
    this.socket = socket;
    if (this.readyState !== "open") {
      socket.end();
      return;
    }
    this.writable = true;
    this.emit("ready");
  }

  get bufferedAmount(): number {
    return this.socket?.getBufferedAmount() ?? 0;
  }

  /** Less waits than before. */
  drained(): void {
    if (this.writable) {
      this.emit("ready");
    }
  }

  /** Ends the connection at once: the peer may never take what waits for it. */
  terminate(): void {
    this.socket?.close();
  }

  /** The connection is gone: it may not be touched any more. */
  closed(): void {
    this.socket = undefined;
    this.writable = false;
    this.onClose();
  }

  override send(packets: RawPacket[]): void {
    this.writable = false;
    for (const packet of packets) {
      this.parser.encodePacket(packet, this.supportsBinary, (data) => {
        this.socket?.send(
          data,
          typeof data !== "string",
          isCompressed(data, packet.options?.compress, this.options),
        );
      });
    }
    // who writes when it has drained comes behind this, and before what is published then
    this.writable = this.socket !== undefined;
    this.emit("drain");
    if (this.writable) {
      this.emit("ready");
    }
  }

  doClose(done?: () => void): void {
    const { socket } = this;
    // handlers of "disconnect" may publish: whoever has left is sent nothing more, so that nothing is missing in between
    for (const topic of socket?.getTopics() ?? []) {
      socket?.unsubscribe(topic);
    }
    done?.();
    if (socket && this.socket) {
      socket.end();
    } else {
      this.onClose();
    }
  }
}
