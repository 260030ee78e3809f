/** Destroys what a closed connection leaves open: its TCP stream, or a response that the client does not read. */
import type { EngineTransport } from "./port";
import { StockWebSocket } from "./stock";

/** The time in which a client can still read what was sent to it before the end, in milliseconds; ws has the same. */
const CLOSE_TIMEOUT = 30_000;

/** The stream or the response that a closed connection still occupies. */
export interface Remains {
  readonly destroyed: boolean;
  /** The bytes that the client has not read, as far as the operating system has not accepted them. */
  readonly writableLength: number;
  once(event: "close", listener: () => void): unknown;
  destroy(error?: Error): unknown;
}

/** Returns what the connection of a transport still occupies; undefined if nothing. */
export function remainsOf({ socket, pendingResponse }: EngineTransport): Remains | undefined {
  const remains = socket instanceof StockWebSocket ? socket._socket : pendingResponse;
  return remains && !remains.destroyed ? remains : undefined;
}

/**
 * To be called when the Engine.IO session is closed: destroys a response that the client has not read in time, and at once
 * the stream of a WebSocket whose peer has ended its side. ws has a timeout of its own for the other streams.
 */
export function destroyInTime(transport: EngineTransport): void {
  const { socket } = transport;
  if (socket instanceof StockWebSocket) {
    if (socket._socket?.readableEnded) {
      socket.terminate();
    }
    return;
  }
  const response = remainsOf(transport);
  if (response) {
    const timer = setTimeout(() => response.destroy(), CLOSE_TIMEOUT).unref();
    response.once("close", () => clearTimeout(timer));
  }
}

/**
 * Destroys the stream of a WebSocket at once. Without the error, Node.js would create one for each write that is still
 * buffered; there may be hundreds of thousands.
 */
export function destroyStream({ socket }: EngineTransport): void {
  if (socket instanceof StockWebSocket) {
    socket._socket?.destroy(new Error("The connection was closed before all data was sent"));
  }
}
