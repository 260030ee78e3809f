/** The WebSocket server that is given to the engine: its connections are light. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ServerOptions, WebSocket } from "ws";
import { StockWebSocketServer } from "../stock-web-socket";
import { FastWebSocket } from "./web-socket";

/** Takes the options of `ws`; engine.io makes one, as its `wsEngine`. */
export class FastWebSocketServer extends StockWebSocketServer {
  constructor(options?: ServerOptions, callback?: () => void) {
    super({ ...options, WebSocket: FastWebSocket as unknown as typeof WebSocket }, callback);
  }

  /** The response leaves together with the first frames of a light WebSocket. */
  override handleUpgrade(
    req: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    callback: (webSocket: WebSocket, req: IncomingMessage) => void,
  ): void {
    let light: FastWebSocket | undefined;
    stream.cork();
    try {
      super.handleUpgrade(req, stream, head, (webSocket) => {
        light = webSocket as unknown as FastWebSocket;
        callback(webSocket, req);
      });
    } finally {
      if (!light?.isCorked) {
        stream.uncork();
      }
    }
  }
}
