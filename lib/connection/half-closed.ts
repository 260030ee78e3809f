/** Ends connections that only the peer has ended, when their session is closed. */
import type { EngineTransport } from "./port";
import { StockWebSocket } from "./stock";

/**
 * Ends the connection of a WebSocket at once if its peer will send nothing more. Otherwise the connection would stay until
 * the peer has read everything, which may be never: ws has a timeout only for connections that the server closes first.
 */
export function cutHalfClosed({ socket }: EngineTransport): void {
  if (socket instanceof StockWebSocket && socket._socket?.readableEnded) {
    socket.terminate();
  }
}
