/** Cuts connections whose peer has ended its side, when their session is over. */
import type { EngineTransport } from "./port";
import { StockWebSocket } from "./stock-web-socket";

/**
 * Ends the connection of a WebSocket at once if its peer will send nothing more. Otherwise it would stay until the peer has
 * read what was sent, which may be never: the close timer of ws starts when the server closes first.
 */
export function cutHalfClosed({ socket }: EngineTransport): void {
  if (socket instanceof StockWebSocket && socket._socket?.readableEnded) {
    socket.terminate();
  }
}
