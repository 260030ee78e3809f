/** An engine that asks before it takes a request. */
import type { Duplex } from "node:stream";
import type { EngineRequest } from "./contract";
import { StockEngine, type Verified, type WebTransportSession } from "./engine-contract";
import type { Gate, Refusal } from "./gate";

/** "Forbidden" (Engine.IO, error codes). */
const FORBIDDEN = 4;

/** The gate is asked before the option `allowRequest`, which stays with the application, and after the middlewares. */
export class GatedEngine extends StockEngine {
  constructor(
    options: object,
    private readonly gate?: Gate,
  ) {
    super(options);
  }

  override verify(req: EngineRequest, isUpgrade: boolean, done: Verified): void {
    const refusal = this.gate?.refusalOf(req, isUpgrade);
    if (!refusal || "code" in refusal) {
      this.proceed(refusal, req, isUpgrade, done);
      return;
    }
    const stopIgnoring = isUpgrade ? ignoreErrors(req.socket) : undefined;
    refusal.then((decided) => {
      stopIgnoring?.();
      this.proceed(decided, req, isUpgrade, done);
    });
  }

  private proceed(
    refusal: Refusal | undefined,
    req: EngineRequest,
    isUpgrade: boolean,
    done: Verified,
  ): void {
    if (refusal) {
      done(FORBIDDEN, { name: refusal.code, message: refusal.message });
    } else {
      super.verify(req, isUpgrade, done);
    }
  }

  override async onWebTransportSession(session: WebTransportSession): Promise<unknown> {
    return this.gate?.refusesSession(session) ? session.close() : super.onWebTransportSession(session);
  }
}

/** Nobody else listens to a stream that waits to be upgraded: a connection that breaks meanwhile would be uncaught. */
function ignoreErrors(stream: Duplex): () => void {
  stream.on("error", ignore);
  return () => stream.off("error", ignore);
}

function ignore(): void {}
