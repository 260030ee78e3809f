/** Destroys what a closed connection leaves open: its TCP stream, or a response that the client does not read. */
import type { EngineTransport, Remains } from "./port";
import { StockWebSocket } from "./stock";

/** The time in which a client can still read what was sent to it before the end, in milliseconds; ws has the same. */
const CLOSE_TIMEOUT = 30_000;

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
    destroyWithin(response, CLOSE_TIMEOUT);
  }
}

/** Destroys a stream or a response after a number of milliseconds, unless it is closed by then. */
export function destroyWithin(remains: Remains, milliseconds: number): void {
  const timer = setTimeout(() => remains.destroy(), milliseconds).unref();
  remains.once("close", () => clearTimeout(timer));
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
