/** The engine with the guards that hold whether or not there is a fast path. */
import type { Duplex } from "node:stream";
import { completeLimits } from "../limits";
import { warnOnce } from "../warnings";
import type { EngineRequest } from "./contract";
import {
  type CloseConnection,
  StockEngine,
  type StockTransport,
  type Verified,
  type WebTransportSession,
} from "./engine-contract";
import type { Gate, Refusal } from "./gate";
import { pollingClassFor } from "./polling-classes";

/** "Forbidden" and "Unsupported protocol version" (Engine.IO, error codes). */
const FORBIDDEN = 4;
const UNSUPPORTED_PROTOCOL = 5;

/** The gate is asked before the option `allowRequest`, which stays with the application, and after the middlewares. */
export class GatedEngine extends StockEngine {
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

  override verify(req: EngineRequest, isUpgrade: boolean, done: Verified): void {
    passGate(
      this.gate,
      req,
      isUpgrade,
      done,
      () => super.verify(req, isUpgrade, done),
      () => (isUpgrade ? ignoreErrors(req.socket) : ignore),
    );
  }

  override handshake(
    name: string,
    req: EngineRequest,
    closeConnection: CloseConnection,
  ): Promise<StockTransport | undefined> {
    return super.handshake(name, req, namingAllowEIO3(req, closeConnection));
  }

  override async onWebTransportSession(session: WebTransportSession): Promise<unknown> {
    return this.gate?.refusesSession(session) ? session.close() : super.onWebTransportSession(session);
  }
}

/** Calls `pass` if the gate lets the request through, and `done` if it is refused; `wait` and what it gives, if that takes time. */
export function passGate(
  gate: Gate | undefined,
  req: EngineRequest,
  isUpgrade: boolean,
  done: Verified,
  pass: () => void,
  wait: () => () => void = () => ignore,
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
  const stopWaiting = wait();
  refusal.then((decided) => {
    stopWaiting();
    proceed(decided);
  });
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
    // a WebSocket is open by now: nobody can read a text there
    closeConnection(code, req._query.transport === "polling" ? { message } : context);
  };
}

/** Nobody else listens to a stream that waits to be upgraded: a connection that breaks meanwhile would be uncaught. */
function ignoreErrors(stream: Duplex): () => void {
  stream.on("error", ignore);
  return () => stream.off("error", ignore);
}

function ignore(): void {}
