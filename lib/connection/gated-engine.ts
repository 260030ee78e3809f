/** The server of engine.io, with the guards that apply with and without the fast path. */
import { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { completeLimits } from "../options/limits";
import { warnOnce } from "../warnings";
import { callAllowRequest } from "./allow-request";
import { setCorsHeaders } from "./direct-cors";
import { pollingClassFor } from "./polling-classes";
import { type EngineRequest, FORBIDDEN, UNKNOWN_TRANSPORT, UNSUPPORTED_PROTOCOL } from "./port";
import { RefusedRequests } from "./refused-requests";
import { CloseDeadline } from "./remains";
import {
  type CloseConnection,
  StockEngine,
  type StockTransport,
  type VerifyCallback,
  type WebSocketRequest,
  type WebTransportSession,
} from "./stock";

/** The maximum time to decide a request after the engine was closed, in milliseconds. */
const DECISION_TIMEOUT = 5_000;

/** Describes why a request is refused after the engine was closed. */
export const SHUTTING_DOWN = { name: "SERVER_CLOSED", message: "Server shutting down" };

/** The reason for refusing a request: the code is for the application, the message for the client. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Decides which requests may open a connection or upgrade it. */
export interface Gate {
  /** Whether the gate passes the requests to functions of the application. */
  readonly showsRequests: boolean;
  /** Returns the reason for refusing this request, or a promise of it; undefined if the request is accepted. */
  refusalOf(req: EngineRequest, isUpgrade: boolean): Refusal | undefined | PromiseLike<Refusal | undefined>;
  /** Whether a WebTransport session is refused; such a session has no HTTP request. */
  refusesSession(session: object): boolean;
}

/** Calls the gate after the middlewares, and before the option `allowRequest` of the application. */
export class GatedEngine extends StockEngine {
  private readonly refused = new RefusedRequests();
  /** The option `cors`, and the middleware that the package cors has made of it. */
  protected readonly cors: { readonly options: unknown; readonly middleware: unknown };

  /** The response, or for an upgrade the stream, of the request that is being handled, until it is decided. */
  private undecided: Duplex | ServerResponse | undefined;
  /** The responses and streams of requests that are decided later, with their "close" listeners. */
  private readonly waiting = new Map<Duplex | ServerResponse, () => void>();
  /** The responses and streams of requests that were not decided when the engine was closed. */
  private readonly late = new WeakSet<Duplex | ServerResponse>();

  constructor(
    options: object,
    protected readonly gate?: Gate,
    readonly closeDeadline: CloseDeadline = new CloseDeadline(),
  ) {
    super(options);
    this.cors = { options: this.opts.cors, middleware: this.middlewares[0] };
  }

  override createTransport(name: string, req: EngineRequest): StockTransport {
    if (name !== "polling" && name !== "sse") {
      return super.createTransport(name, req);
    }
    const Transport = name === "sse" ? loadSse() : pollingClassFor(req._query);
    return new Transport(req, this.opts, completeLimits(this.opts.limits).packetsPerPayload);
  }

  override upgrades(transport: string): string[] {
    return super.upgrades(transport === "sse" ? "polling" : transport);
  }

  override handleUpgrade(req: EngineRequest, socket: Duplex, head: Buffer): void {
    // until the WebSocket is open, the socket has no other "error" listener, and a reset would crash the process
    socket.on("error", ignore);
    this.undecided = socket;
    super.handleUpgrade(req, socket, head);
    this.waitUnlessDecided(socket);
  }

  override handleRequest(req: EngineRequest, res: ServerResponse): void {
    this.undecided = res;
    if (this.closeDeadline.isClosing) {
      closeAfter(res);
    }
    super.handleRequest(req, res);
    this.waitUnlessDecided(res);
  }

  private waitUnlessDecided(open: Duplex | ServerResponse): void {
    if (this.undecided === open) {
      // a middleware or allowRequest is asynchronous
      const onClose = () => this.waiting.delete(open);
      this.waiting.set(open, onClose);
      open.once("close", onClose);
    }
    this.undecided = undefined;
  }

  private onDecided(open: Duplex | ServerResponse | null | undefined): void {
    this.undecided = undefined;
    const onClose = open && this.waiting.get(open);
    if (onClose) {
      this.waiting.delete(open);
      open.off("close", onClose);
    }
  }

  /**
   * Closes all connections. Middlewares and allowRequest have some time to decide the requests that are left, which open no
   * connections.
   */
  override close(): unknown {
    for (const open of this.waiting.keys()) {
      this.late.add(open);
      if (open instanceof ServerResponse) {
        closeAfter(open);
      }
      this.closeDeadline.destroyInTime(open, DECISION_TIMEOUT);
    }
    return super.close();
  }

  override _applyMiddlewares(
    req: EngineRequest,
    res: ServerResponse,
    callback: (error?: unknown) => void,
  ): void {
    const proceed = () => {
      // a middleware may have responded and called next() as well: a second response would throw
      if (!res.headersSent) {
        callback();
      }
    };
    const done = this.refused.remember(req, proceed);
    if (!this.isAnsweredDirectly(req, res, done)) {
      super._applyMiddlewares(req, res, done);
    }
  }

  /** Sets the headers of the option `cors` and calls `done`, if the middlewares would do no more; returns false otherwise. */
  private isAnsweredDirectly(
    req: EngineRequest,
    res: ServerResponse,
    done: (error?: unknown) => void,
  ): boolean {
    try {
      if (!this.setCorsHeadersOnly(req, res)) {
        return false;
      }
    } catch (error) {
      // for example, the headers were sent already
      done(error);
      return true;
    }
    done();
    return true;
  }

  /** Sets the headers of the option `cors`, if the middlewares would do no more; returns false otherwise. */
  protected setCorsHeadersOnly(req: EngineRequest, res: ServerResponse): boolean {
    const { middlewares, cors } = this;
    const isOnlyCors = middlewares.length === 1 && middlewares[0] === cors.middleware;
    return isOnlyCors && setCorsHeaders(cors.options, req, res);
  }

  override verify(req: EngineRequest, isUpgrade: boolean, done: VerifyCallback): void {
    const open = isUpgrade ? req.socket : req.res;
    const isLate = () => this.closeDeadline.isClosing || (open && this.late.has(open));
    const answer: VerifyCallback = (code, context) => {
      if (isUpgrade) {
        // ws and engine.io add their own listeners now
        req.socket?.off("error", ignore);
      }
      this.onDecided(open);
      if (code === undefined && !req._query?.sid && isLate()) {
        done(FORBIDDEN, SHUTTING_DOWN);
      } else if (code !== undefined || isUpgrade || !hasLeft(req)) {
        done(code, context);
      }
    };
    if (this.refused.refuse(req, answer) || refuseSse(req, isUpgrade, answer)) {
      return;
    }
    passGate(this.gate, req, isUpgrade, answer, () =>
      callAllowRequest((callback) => super.verify(req, isUpgrade, callback), isUpgrade, answer),
    );
  }

  override async handshake(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined> {
    const proceed = holdMessages(req);
    try {
      const transport = await this.openConnection(name, req, mentionAllowEIO3(req, closeConnection));
      if (transport && !(req as WebSocketRequest).websocket && hasLeft(req)) {
        // generateId() is asynchronous; the client does not know its session
        transport.onClose();
      }
      return transport;
    } finally {
      proceed();
    }
  }

  /** Creates the connection. The messages of its WebSocket are not read before it exists. */
  protected openConnection(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined> {
    return super.handshake(name, req, closeConnection);
  }

  override async onWebTransportSession(session: WebTransportSession): Promise<unknown> {
    return this.gate?.refusesSession(session) ? session.close() : super.onWebTransportSession(session);
  }
}

/** Loads the transport over server-sent events, which few servers use. */
function loadSse() {
  const { sseTransport } = require("./sse") as typeof import("./sse");
  return sseTransport();
}

/** Refuses a request for server-sent events that is an upgrade, or of another protocol; returns false for all others. */
function refuseSse({ _query }: EngineRequest, isUpgrade: boolean, done: VerifyCallback): boolean {
  const isRefused = _query?.transport === "sse" && (isUpgrade || _query.EIO !== "4");
  if (isRefused) {
    done(UNKNOWN_TRANSPORT, { transport: "sse" });
  }
  return isRefused;
}

/** Calls `pass` if the gate accepts the request, and `done` with the reason if it refuses the request. */
export function passGate(
  gate: Gate | undefined,
  req: EngineRequest,
  isUpgrade: boolean,
  done: VerifyCallback,
  pass: () => void,
): void {
  const proceed = (refusal: Refusal | undefined) => {
    if (refusal) {
      done(FORBIDDEN, { name: refusal.code, message: refusal.message });
    } else {
      pass();
    }
  };
  const refusal = gate?.refusalOf(req, isUpgrade);
  if (!refusal || "code" in refusal) {
    proceed(refusal);
    return;
  }
  refusal.then(proceed);
}

/** Wraps the callback of a refusal, to name the option "allowEIO3" to clients of Socket.IO 2. */
export function mentionAllowEIO3(req: EngineRequest, closeConnection: CloseConnection): CloseConnection {
  return (code, context) => {
    if (code !== UNSUPPORTED_PROTOCOL || req._query?.EIO !== "3") {
      closeConnection(code, context);
      return;
    }
    warnOnce("SOCKET_IO_V2_CLIENT_REFUSED");
    const message =
      'Unsupported protocol version: the server accepts clients of Socket.IO 2 only with its option "allowEIO3"';
    // only over long-polling: a WebSocket is already open, and its client would not read the message
    closeConnection(code, req._query.transport === "polling" ? { message } : context);
  };
}

/**
 * Stops reading from a WebSocket that has no listeners yet, until the returned function is called. Until then, the messages
 * of the client remain in the bounded buffers of the stream and of the operating system.
 */
function holdMessages({ websocket, socket }: WebSocketRequest): () => void {
  const { isPaused } = (websocket ?? {}) as { isPaused?: boolean };
  if (isPaused !== false) {
    return ignore;
  }
  socket.pause();
  return () => {
    if (!(websocket as { isPaused: boolean }).isPaused) {
      socket.resume();
    }
  };
}

/** Whether the client has ended the connection of its request. */
export function hasLeft(req: EngineRequest & { stream?: Duplex }): boolean {
  return req.stream?.destroyed ?? req.socket?.destroyed ?? false;
}

/** Ends the connection of a response after it. */
function closeAfter(res: ServerResponse): void {
  // HTTP/2 has no such header
  if (!res.headersSent && res.req?.httpVersionMajor < 2) {
    res.setHeader("Connection", "close");
  }
}

function ignore(): void {}
