/** The WebSocket server of the fast path, whose WebSockets are fast. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ServerOptions, WebSocket } from "ws";
import { StockWebSocketServer } from "../stock";
import type { DeflatingOptions } from "./deflating-web-socket";
import { FastWebSocket } from "./web-socket";

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

/** Loads permessage-deflate, which only servers with the option `perMessageDeflate` use. */
const deflate = () => ({
  ...(require("./deflate") as typeof import("./deflate")),
  ...(require("./deflating-web-socket") as typeof import("./deflating-web-socket")),
  ...(require("./zlib") as typeof import("./zlib")),
});

/** Returns the class of the WebSockets, and the options that it needs. */
function webSocketFor({ perMessageDeflate, maxPayload = 0 }: ServerOptions = {}): DeflatingOptions {
  const uncompressed = { WebSocket: FastWebSocket as unknown as typeof WebSocket };
  const options = perMessageDeflate === true ? {} : perMessageDeflate;
  if (!options) {
    return uncompressed;
  }
  const { Agreements, DeflatingWebSocket, zlibWorks } = deflate();
  if (!zlibWorks() || !Agreements.allow(options)) {
    return uncompressed;
  }
  return {
    WebSocket: DeflatingWebSocket as unknown as typeof WebSocket,
    agreements: new Agreements(options, maxPayload),
  };
}
