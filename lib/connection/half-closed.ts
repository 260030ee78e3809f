/** Terminates a WebSocket whose peer has already ended its side, when the Engine.IO session is closed. */
import type { EngineTransport } from "./port";
import { StockWebSocket } from "./stock";

/**
 * Terminates the WebSocket if its peer has ended its side of the connection. Otherwise the connection would stay open until
 * the peer has read everything, which may be never: ws has a timeout only for connections that the server closes first.
 */
export function cutHalfClosed({ socket }: EngineTransport): void {
  if (socket instanceof StockWebSocket && socket._socket?.readableEnded) {
    socket.terminate();
  }
}
