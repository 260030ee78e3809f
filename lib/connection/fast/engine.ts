/** The engine of the fast path: the server of engine.io with fast connections. */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Listener } from "../../typed-events";
import { type Gate, GatedEngine, hasLeft } from "../gated-engine";
import { BAD_REQUEST, type EngineRequest } from "../port";
import type { CloseDeadline } from "../remains";
import type { CloseConnection, StockTransport, WebSocketRequest } from "../stock";
import { isUnseen, markSeen } from "../unseen-requests";
import { FastConnection, hasListeners, OUTGOING_EVENTS } from "./connection";
import { shareHeaders } from "./headers";
import { Heartbeats } from "./heartbeats";
import { REQUEST_METHODS, transportOfRequest } from "./later-requests";
import { Originals } from "./originals";
import { parseSimpleQuery } from "./query";
import { FastTransport } from "./transport";
import { FastWebSocket } from "./web-socket";
import { FastWebSocketServer } from "./web-socket-server";

/** Creates fast connections for clients of protocol 4, and leaves everything else to engine.io. */
export class FastEngine extends GatedEngine {
  constructor(options: object, gate?: Gate, closeDeadline?: CloseDeadline) {
    super({ wsEngine: FastWebSocketServer, ...options }, gate, closeDeadline);
  }

  readonly heartbeats = new Heartbeats();

  /** The upgrade request that engine.io is beginning to handle. */
  private upgrade: Upgrade | undefined;

  /** Whether the engine has listeners for the events about outgoing packets. */
  isWatched = false;

  override on(event: string | symbol, listener: Listener): this {
    return this.watch(super.on(event, listener));
  }

  override addListener(event: string | symbol, listener: Listener): this {
    return this.watch(super.addListener(event, listener));
  }

  override prependListener(event: string | symbol, listener: Listener): this {
    return this.watch(super.prependListener(event, listener));
  }

  override removeListener(event: string | symbol, listener: Listener): this {
    return this.watch(super.removeListener(event, listener));
  }

  override off(event: string | symbol, listener: Listener): this {
    return this.watch(super.off(event, listener));
  }

  override removeAllListeners(...event: [event?: string | symbol]): this {
    return this.watch(super.removeAllListeners(...event));
  }

  private watch(self: this): this {
    this.isWatched = hasListeners(this, OUTGOING_EVENTS);
    return self;
  }

  override handleRequest(req: EngineRequest, res: ServerResponse): void {
    readQuery(req);
    if (!req._query?.sid) {
      // connections keep their first request only; for the others, sharing would cost more than it saves
      shareHeaders(req);
    } else if (this.passesToTransport(req, res)) {
      return;
    }
    super.handleRequest(req, res);
  }

  /** Passes a later request to the transport of its connection; returns false if engine.io has to handle the request. */
  private passesToTransport(req: EngineRequest, res: ServerResponse): boolean {
    if (this.closeDeadline.isClosing || res.headersSent || hasLeft(req) || !requestMethods.areIntact(this)) {
      return false;
    }
    const transport = transportOfRequest(this, req);
    if (!transport || !this.replacesMiddlewares(req, res)) {
      return false;
    }
    req.res = res;
    transport.onRequest(req);
    return true;
  }

  /** Does what the middlewares would do; returns false, without an effect, if they have to be called. */
  private replacesMiddlewares(req: EngineRequest, res: ServerResponse): boolean {
    try {
      return this.middlewares.length === 0 || this.setCorsHeadersOnly(req, res);
    } catch {
      // a value is invalid
      return false;
    }
  }

  override handleUpgrade(req: EngineRequest, socket: Duplex, head: Buffer): void {
    if (isUnseen(req) && this.showsRequests) {
      markSeen(req);
    }
    readQuery(req);
    shareHeaders(req);
    this.upgrade = { socket, closeListeners: socket.listenerCount("close") };
    super.handleUpgrade(req, socket, head);
    this.upgrade = undefined;
  }

  override _applyMiddlewares(
    req: EngineRequest,
    res: ServerResponse,
    callback: (error?: unknown) => void,
  ): void {
    if (this.upgrade && this.hasNoMiddlewares) {
      removeListenerOfResponse(this.upgrade);
    }
    super._applyMiddlewares(req, res, callback);
  }

  /** Whether the application has added no middlewares. The one for the option `cors` does not keep request and response. */
  private get hasNoMiddlewares(): boolean {
    const { middlewares, cors } = this;
    return (
      middlewares.length === 0 ||
      (middlewares.length === 1 && middlewares[0] === cors.middleware && typeof cors.options !== "function")
    );
  }

  /** Whether upgrade requests are passed to functions of the application. */
  private get showsRequests(): boolean {
    return (
      !this.hasNoMiddlewares ||
      this.opts.allowRequest ||
      this.gate?.showsRequests === true ||
      this.isWatched ||
      hasListeners(this, REQUEST_EVENTS) ||
      !originals.areIntact(this) ||
      this.hasOwnWebSocketServer
    );
  }

  /** Whether the WebSocket server is of another class (the option `wsEngine`), or calls functions of the application. */
  private get hasOwnWebSocketServer(): boolean {
    const { ws } = this;
    return (
      !(ws instanceof FastWebSocketServer) ||
      ws.listenerCount("headers") !== 1 ||
      Boolean(ws.options.verifyClient || ws.options.handleProtocols) ||
      !originalsOfWebSocketServer.areIntact(ws)
    );
  }

  override createTransport(name: string, req: EngineRequest): StockTransport {
    const { websocket } = req as WebSocketRequest;
    // with "b64", the client does not accept binary frames
    const isSimple = name === "websocket" && isProtocol4(req) && !req._query?.b64;
    return isSimple && websocket instanceof FastWebSocket && websocket.isFast
      ? new FastTransport(req, this.opts)
      : super.createTransport(name, req);
  }

  protected override async openConnection(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined> {
    if (!isProtocol4(req) || (this.opts.cookie && name !== "websocket")) {
      flush(req);
      return super.openConnection(name, req, closeConnection);
    }
    let id: string;
    let transport: StockTransport;
    let context = "ID_GENERATION_ERROR";
    try {
      id = await this.generateId(req);
      context = "TRANSPORT_HANDSHAKE_ERROR";
      transport = this.createTransport(name, req);
    } catch (error) {
      flush(req);
      this.emit("connection_error", {
        req,
        code: BAD_REQUEST,
        message: "Bad request",
        context: { name: context, error },
      });
      closeConnection(BAD_REQUEST);
      return undefined;
    }
    if (isUnseen(req) && this.showsRequests) {
      markSeen(req);
    }
    const socket = new FastConnection(id, this, transport, req, 4);
    if (name !== "websocket") {
      transport.on("headers", (headers: object, request: EngineRequest) => {
        if (!request._query?.sid) {
          this.emit("initial_headers", headers, request);
        }
        this.emit("headers", headers, request);
      });
    }
    // counted first: if a listener closes the connection at once, the count is decreased then
    this.clients[id] = socket;
    this.clientsCount++;
    transport.onRequest(req);
    this.emit("connection", socket);
    return transport;
  }
}

/** Events that pass a request to their listeners, also if it is accepted. */
const REQUEST_EVENTS = ["headers", "initial_headers"];

const originals = new Originals(FastEngine.prototype);
const requestMethods = new Originals(FastEngine.prototype, REQUEST_METHODS);
const originalsOfWebSocketServer = new Originals(FastWebSocketServer.prototype);

interface Upgrade {
  readonly socket: Duplex;
  /** The number of listeners for "close" before engine.io added its own. */
  readonly closeListeners: number;
}

/**
 * Removes a "close" listener that engine.io has added to the socket. It emits "close" on the response object that engine.io
 * creates for middlewares. Without middlewares nothing uses this object, but the listener would keep it in memory.
 */
function removeListenerOfResponse({ socket, closeListeners }: Upgrade): void {
  const listeners = socket.listeners("close") as Listener[];
  const [added] = listeners.slice(closeListeners);
  if (added && listeners.length === closeListeners + 1) {
    socket.removeListener("close", added);
  }
}

function readQuery(req: EngineRequest): void {
  req._query ??= parseSimpleQuery(req.url as string);
}

/** Writes the buffered frames of the WebSocket, before the application or engine.io can end the connection. */
function flush({ websocket }: WebSocketRequest): void {
  if (websocket instanceof FastWebSocket) {
    websocket.flush();
  }
}

function isProtocol4(req: EngineRequest): boolean {
  return req._query?.EIO === "4";
}
