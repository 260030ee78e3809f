/** The WebSocket server of the fast path, whose WebSockets are fast. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ServerOptions, WebSocket } from "ws";
import { StockWebSocketServer } from "../stock";
import { Agreements } from "./deflate";
import { type DeflatingOptions, DeflatingWebSocket } from "./deflating-web-socket";
import { FastWebSocket } from "./web-socket";
import { zlibWorks } from "./zlib";

/** The value of the option `wsEngine`: engine.io creates an instance of this class, with options of ws. */
export class FastWebSocketServer extends StockWebSocketServer {
  constructor(options?: ServerOptions, callback?: () => void) {
    super({ ...options, ...webSocketFor(options) }, callback);
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

/** Returns the class of the WebSockets, and the options that it needs. */
function webSocketFor({ perMessageDeflate, maxPayload = 0 }: ServerOptions = {}): DeflatingOptions {
  const options = perMessageDeflate === true ? {} : perMessageDeflate;
  if (!options || !zlibWorks() || !Agreements.allow(options)) {
    return { WebSocket: FastWebSocket as unknown as typeof WebSocket };
  }
  return {
    WebSocket: DeflatingWebSocket as unknown as typeof WebSocket,
    agreements: new Agreements(options, maxPayload),
  };
}
