/** The WebSocket transport over µWebSockets.js. */
import type { EngineRequest } from "../../connection/port";
import { type RawPacket, StockTransport, type TransportOptions } from "../../connection/stock";
import type { UwsWebSocket } from "./app";

/** Whether a message is compressed: it is larger than the threshold of the engine, and `compress` is not `false`. */
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

/** Writes packets immediately, so that they keep their order relative to published broadcasts. */
export class UwsTransport extends StockTransport {
  /** The WebSocket; `undefined` before it is open and after it is closed. */
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

  /** Called when the WebSocket is open. */
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

  /** Called when µWebSockets.js has sent some of the buffered bytes. */
  drained(): void {
    if (this.writable) {
      this.emit("ready");
    }
  }

  /** Closes the connection immediately, and discards the buffered bytes. */
  terminate(): void {
    this.socket?.close();
  }

  /** Called when the WebSocket is closed; it must not be used from now on. */
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
    // writable before "drain" is emitted, so that packets from its listeners are sent before later broadcasts
    this.writable = this.socket !== undefined;
    this.emit("drain");
    if (this.writable) {
      this.emit("ready");
    }
  }

  doClose(done?: () => void): void {
    const { socket } = this;
    // "disconnect" handlers may send broadcasts, of which the closing connection would receive the published ones only
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
