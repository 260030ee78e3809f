/** An engine that asks before it takes a request, and loses neither the request nor what follows it meanwhile. */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { EngineRequest } from "./contract";
import {
  type CloseConnection,
  StockEngine,
  type StockTransport,
  type Verified,
  type WebSocketRequest,
  type WebTransportSession,
} from "./engine-contract";
import type { Gate, Refusal } from "./gate";

/** "Bad request" and "Forbidden" (Engine.IO, error codes). */
const BAD_REQUEST = 3;
const FORBIDDEN = 4;

/** The gate is asked before the option `allowRequest`, which stays with the application, and after the middlewares. */
export class GatedEngine extends StockEngine {
  /** Requests that a middleware has refused, with what it gave to `next()`. */
  private readonly refused = new WeakMap<EngineRequest, { readonly error: unknown }>();

  constructor(
    options: object,
    private readonly gate?: Gate,
  ) {
    super(options);
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
    super._applyMiddlewares(req, res, (error) => {
      if (error) {
        this.refused.set(req, { error });
      }
      // verify() refuses it, with the error
      callback();
    });
  }

  override verify(req: EngineRequest, isUpgrade: boolean, done: Verified): void {
    const answer: Verified = isUpgrade
      ? (code, context) => {
          // ws and engine.io have listeners of their own from here on
          req.socket?.off("error", ignore);
          done(code, context);
        }
      : done;
    const refused = this.refused.get(req);
    if (refused) {
      answer(BAD_REQUEST, { name: "MIDDLEWARE_FAILURE", error: refused.error });
      return;
    }
    passGate(this.gate, req, isUpgrade, answer, () => this.askApplication(req, isUpgrade, answer));
  }

  /** Calls `allowRequest`, if there is one; its first answer counts, and a failure before that is a refusal. */
  private askApplication(req: EngineRequest, isUpgrade: boolean, done: Verified): void {
    let hasAnswered = false;
    const answer: Verified = (code, context) => {
      if (!hasAnswered) {
        hasAnswered = true;
        done(code, context);
      }
    };
    const fail = (error: unknown) => {
      if (hasAnswered) {
        // thrown by what followed the answer
        throw error;
      }
      answer(FORBIDDEN, { name: "ALLOW_REQUEST_FAILURE", error });
    };
    try {
      const pending: unknown = super.verify(req, isUpgrade, answer);
      if (pending instanceof Promise) {
        pending.catch(fail);
      }
    } catch (error) {
      fail(error);
    }
  }

  override async handshake(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined> {
    const proceed = holdMessages(req);
    try {
      return await this.openConnection(name, req, closeConnection);
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
