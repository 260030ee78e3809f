/** The WebSocket server of the fast path, whose WebSockets are fast. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ServerOptions, WebSocket } from "ws";
import { StockWebSocketServer } from "../stock";
import { FastWebSocket } from "./web-socket";

/** The value of the option `wsEngine`: engine.io creates an instance of this class, with options of ws. */
export class FastWebSocketServer extends StockWebSocketServer {
  constructor(options?: ServerOptions, callback?: () => void) {
    super({ ...options, WebSocket: FastWebSocket as unknown as typeof WebSocket }, callback);
  }

  /** Corks the stream, so that the response to the upgrade and the first frames are written together. */
  override handleUpgrade(
    req: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    callback: (webSocket: WebSocket, req: IncomingMessage) => void,
  ): void {
    let opened: FastWebSocket | undefined;
    stream.cork();
    try {
      super.handleUpgrade(req, stream, head, (webSocket) => {
        opened = webSocket as unknown as FastWebSocket;
        callback(webSocket, req);
      });
    } finally {
      if (!opened?.isCorked) {
        stream.uncork();
      }
    }
  }
}
