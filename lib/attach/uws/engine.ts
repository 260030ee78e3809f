/** The Engine.IO server over an app of µWebSockets.js. */
import type { Publisher } from "../../adapter/contract";
import { callAllowRequest } from "../../connection/allow-request";
import type { Gate } from "../../connection/gated-engine";
import { mentionAllowEIO3, passGate, SHUTTING_DOWN } from "../../connection/gated-engine";
import { BAD_REQUEST, type EngineRequest, FORBIDDEN } from "../../connection/port";
import { RefusedRequests } from "../../connection/refused-requests";
import {
  type CloseConnection,
  type StockTransport,
  StockUwsEngine,
  type VerifyCallback,
} from "../../connection/stock";
import { completeLimits } from "../../options/limits";
import type { UwsApp, UwsOptions, UwsRequest, UwsResponse, UwsWebSocket } from "./app";
import { RequestCopy, SafeResponse } from "./exchange";
import { uwsPolling } from "./polling";
import { isCompressed, UwsTransport } from "./transport";

/** The largest number of bytes that µWebSockets.js accepts as an option. */
const MAX_BYTES = 2 ** 32 - 1;

/** The Engine.IO packet type of a text message. */
const MESSAGE = "4";

type OpenWebSocket = UwsWebSocket<{ transport: UwsTransport }>;

/** Handles the requests below one path of an app, and publishes broadcasts through the app. */
export class UwsEngine extends StockUwsEngine implements Publisher {
  private isClosed = false;
  private readonly refused = new RefusedRequests();

  constructor(
    private readonly app: UwsApp,
    options: object,
    private readonly gate?: Gate,
  ) {
    super(options);
  }

  /** Adds the routes to the app. */
  open(path: string, { compression, idleTimeout, maxBackpressure = 0 }: UwsOptions): void {
    this.app.any(path, (res: UwsResponse, req: UwsRequest) => {
      const response = new SafeResponse(res);
      if (req.getMethod() === "post") {
        // the body may arrive while an asynchronous middleware is running
        response.bufferBody(this.opts);
      }
      this.handleRequest(response, new RequestCopy(req));
    });
    this.app.ws(path, {
      ...(compression === undefined ? {} : { compression }),
      ...(idleTimeout === undefined ? {} : { idleTimeout }),
      maxBackpressure: Math.min(maxBackpressure, MAX_BYTES),
      // otherwise µWebSockets.js drops messages, and the client would miss them
      closeOnBackpressureLimit: true,
      maxPayloadLength: Math.min(this.opts.maxHttpBufferSize, MAX_BYTES),
      upgrade: (res: UwsResponse, req: UwsRequest, context: unknown) => {
        this.handleUpgrade(new SafeResponse(res), new RequestCopy(req), context);
      },
      drain: (socket: OpenWebSocket) => socket.getUserData().transport.drained(),
      open: (socket: OpenWebSocket) => socket.getUserData().transport.opened(socket),
      message: (socket: OpenWebSocket, message: ArrayBuffer, isBinary: boolean) => {
        const { transport } = socket.getUserData();
        // copied: µWebSockets.js reuses the memory when this function returns
        transport.onData(isBinary ? Buffer.from(message.slice(0)) : Buffer.from(message).toString());
      },
      close: (socket: OpenWebSocket) => socket.getUserData().transport.closed(),
    });
  }

  override verify(req: EngineRequest, isUpgrade: boolean, done: VerifyCallback): void {
    if (this.isClosed) {
      done(FORBIDDEN, SHUTTING_DOWN);
      return;
    }
    if (isUpgrade && req instanceof RequestCopy && req.isLast) {
      // µWebSockets.js would close the connection without a response
      done(BAD_REQUEST, { name: "BAD_CONNECTION_HEADER" });
      return;
    }
    // the transport has to match the kind of request
    const matches = req._query?.transport === (isUpgrade ? "websocket" : "polling");
    const verified: VerifyCallback = (code, context) => {
      if (code === undefined && !matches) {
        done(BAD_REQUEST, { name: "TRANSPORT_MISMATCH" });
      } else if (code === undefined && this.isClosed) {
        done(FORBIDDEN, SHUTTING_DOWN);
      } else {
        done(code, context);
      }
    };
    if (!this.refused.refuse(req, done)) {
      passGate(this.gate, req, isUpgrade, done, () =>
        callAllowRequest((callback) => super.verify(req, isUpgrade, callback), isUpgrade, verified),
      );
    }
  }

  override _applyMiddlewares(req: EngineRequest, res: unknown, callback: (error?: unknown) => void): void {
    super._applyMiddlewares(req, res, this.refused.remember(req, callback));
  }

  override handshake(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined> {
    return super.handshake(name, req, mentionAllowEIO3(req, closeConnection));
  }

  /** Closes all connections, and refuses new ones, since the app continues to listen. */
  override close(): unknown {
    this.isClosed = true;
    return super.close();
  }

  override createTransport(name: string, req: EngineRequest): StockTransport {
    if (name !== "websocket") {
      const Polling = uwsPolling();
      return new Polling(req, this.opts, completeLimits(this.opts.limits).packetsPerPayload);
    }
    return new UwsTransport(req, this.opts);
  }

  publish(topic: string, text: string, compress: boolean | undefined): void {
    const message = MESSAGE + text;
    this.app.publish(topic, message, false, isCompressed(message, compress, this.opts));
  }
}
