/** The engine over an app of µWebSockets.js. */
import type { Publisher } from "../../adapter/contract";
import type { EngineRequest } from "../../engine/contract";
import { type StockTransport, StockUwsEngine, type Verified } from "../../engine/engine-contract";
import type { Gate } from "../../engine/gate";
import { passGate } from "../../engine/gated-engine";
import { completeLimits } from "../../limits";
import type { UwsApp, UwsOptions, UwsRequest, UwsResponse, UwsWebSocket } from "./contract";
import { CarefulResponse, KeptRequest } from "./exchange";
import { UwsPolling } from "./polling";
import { UwsTransport } from "./transport";

/** "Bad request" (Engine.IO, error codes). */
const BAD_REQUEST = 3;

/** Engine.IO's mark of a text message. */
const MESSAGE = "4";

type OpenWebSocket = UwsWebSocket<{ transport: UwsTransport }>;

/** Answers below one path of an app, and publishes there. */
export class UwsEngine extends StockUwsEngine implements Publisher {
  private readonly compressAbove?: number;

  constructor(
    private readonly app: UwsApp,
    options: object,
    private readonly gate?: Gate,
  ) {
    super(options);
    this.compressAbove = this.opts.perMessageDeflate ? this.opts.perMessageDeflate.threshold : undefined;
  }

  /** Registers the routes. */
  open(path: string, { compression, idleTimeout, maxBackpressure = 0 }: UwsOptions): void {
    this.app.any(path, (res: UwsResponse, req: UwsRequest) => {
      this.handleRequest(new CarefulResponse(res), new KeptRequest(req));
    });
    this.app.ws(path, {
      ...(compression === undefined ? {} : { compression }),
      ...(idleTimeout === undefined ? {} : { idleTimeout }),
      maxBackpressure,
      // what is dropped would be missing between the others
      closeOnBackpressureLimit: true,
      maxPayloadLength: this.opts.maxHttpBufferSize,
      upgrade: (res: UwsResponse, req: UwsRequest, context: unknown) => {
        this.handleUpgrade(new CarefulResponse(res), new KeptRequest(req), context);
      },
      drain: (socket: OpenWebSocket) => socket.getUserData().transport.drained(),
      open: (socket: OpenWebSocket) => socket.getUserData().transport.opened(socket),
      message: (socket: OpenWebSocket, message: ArrayBuffer, isBinary: boolean) => {
        const { transport } = socket.getUserData();
        // the memory is taken back when this returns
        transport.onData(isBinary ? Buffer.from(message.slice(0)) : Buffer.from(message).toString());
      },
      close: (socket: OpenWebSocket) => socket.getUserData().transport.closed(),
    });
  }

  override verify(req: EngineRequest, isUpgrade: boolean, done: Verified): void {
    if (isUpgrade && req._query?.transport !== "websocket") {
      // any other transport would be handed a WebSocket that it knows nothing of
      done(BAD_REQUEST, { name: "TRANSPORT_MISMATCH" });
      return;
    }
    passGate(this.gate, req, isUpgrade, done, () => super.verify(req, isUpgrade, done));
  }

  override createTransport(name: string, req: EngineRequest): StockTransport {
    if (name !== "websocket") {
      return new UwsPolling(req, completeLimits(this.opts.limits).packetsPerPayload);
    }
    const transport = new UwsTransport(req);
    transport.compressAbove = this.compressAbove;
    return transport;
  }

  publish(topic: string, text: string, compress: boolean | undefined): void {
    const message = MESSAGE + text;
    const isLarge = this.compressAbove !== undefined && Buffer.byteLength(message) > this.compressAbove;
    this.app.publish(topic, message, false, isLarge && compress !== false);
  }
}
