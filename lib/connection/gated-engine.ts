/** The engine with the guards that hold whether or not there is a fast path. */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { completeLimits } from "../options/limits";
import { warnOnce } from "../warnings";
import { askApplication } from "./allow-request";
import { pollingClassFor } from "./polling-classes";
import type { EngineRequest } from "./port";
import { RefusedRequests } from "./refused-requests";
import {
  type CloseConnection,
  StockEngine,
  type StockTransport,
  type Verified,
  type WebSocketRequest,
  type WebTransportSession,
} from "./stock";

/** "Forbidden" and "Unsupported protocol version" (Engine.IO, error codes). */
const FORBIDDEN = 4;
const UNSUPPORTED_PROTOCOL = 5;

/** The reason for refusing a request: the code is for the application, the message for the client. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Decides which requests may open a connection or upgrade it. */
export interface Gate {
  /** Returns the reason for refusing this request, or a promise of it; undefined if the request is accepted. */
  refusalOf(req: EngineRequest, isUpgrade: boolean): Refusal | undefined | PromiseLike<Refusal | undefined>;
  /** Whether a WebTransport session is refused; such a session has no HTTP request. */
  refusesSession(session: object): boolean;
}

/** The gate is asked before the option `allowRequest`, which stays with the application, and after the middlewares. */
export class GatedEngine extends StockEngine {
  private readonly refused = new RefusedRequests();

  constructor(
    options: object,
    private readonly gate?: Gate,
  ) {
    super(options);
  }

  override createTransport(name: string, req: EngineRequest): StockTransport {
    if (name !== "polling") {
      return super.createTransport(name, req);
    }
    const Polling = pollingClassFor(req._query);
    return new Polling(req, this.opts, completeLimits(this.opts.limits).packetsPerPayload);
  }

  override handleUpgrade(req: EngineRequest, socket: Duplex, head: Buffer): void {
    // there is no other listener until the WebSocket is opened: a reset would end the process
    socket.on("error", ignore);
    super.handleUpgrade(req, socket, head);
  }

  override _applyMiddlewares(
    req: EngineRequest,
    res: ServerResponse,
    callback: (error?: unknown) => void,
  ): void {
    const proceed = () => {
      // a middleware may have answered, and called next() nevertheless: a second answer would throw
      if (!res.headersSent) {
        callback();
      }
    };
    super._applyMiddlewares(req, res, this.refused.taking(req, proceed));
  }

  override verify(req: EngineRequest, isUpgrade: boolean, done: Verified): void {
    const answer: Verified = isUpgrade
      ? (code, context) => {
          // ws and engine.io have listeners of their own from here on
          req.socket?.off("error", ignore);
          done(code, context);
        }
      : done;
    if (this.refused.refuse(req, answer)) {
      return;
    }
    passGate(this.gate, req, isUpgrade, answer, () =>
      askApplication((asked) => super.verify(req, isUpgrade, asked), isUpgrade, answer),
    );
  }

  override async handshake(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined> {
    const proceed = holdMessages(req);
    try {
      return await this.openConnection(name, req, namingAllowEIO3(req, closeConnection));
    } finally {
      proceed();
    }
  }

  /** Makes the connection, over a WebSocket whose messages are not read until then. */
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

/** Calls `pass` if the gate lets the request through, and `done` if it is refused. */
export function passGate(
  gate: Gate | undefined,
  req: EngineRequest,
  isUpgrade: boolean,
  done: Verified,
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

/** The refusal of a client of Socket.IO 2 names the option that would let it in. */
export function namingAllowEIO3(req: EngineRequest, closeConnection: CloseConnection): CloseConnection {
  return (code, context) => {
    if (code !== UNSUPPORTED_PROTOCOL || req._query?.EIO !== "3") {
      closeConnection(code, context);
      return;
    }
    warnOnce("SOCKET_IO_V2_CLIENT_REFUSED");
    const message =
      'Unsupported protocol version: the option "allowEIO3" of the server lets clients of Socket.IO 2 in';
    // a WebSocket is open by now, and its client reads no text
    closeConnection(code, req._query.transport === "polling" ? { message } : context);
  };
}

/**
 * Stops reading from a WebSocket that nothing listens to yet, until the returned function is called. What the client has
 * sent waits in the buffers of the stream and of the operating system, which are bounded.
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

function ignore(): void {}
