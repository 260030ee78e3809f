/** The engine with the guards that hold whether or not there is a fast path. */
import type { ParsedUrlQuery } from "node:querystring";
import type { Duplex } from "node:stream";
import { completeLimits } from "../limits";
import { warnOnce } from "../warnings";
import type { EngineRequest } from "./contract";
import {
  StockEngine,
  StockJsonPolling,
  StockPolling,
  type StockTransport,
  type Verified,
  type WebTransportSession,
} from "./engine-contract";
import type { Gate, Refusal } from "./gate";
import { countedPolling, type GuardedPollingConstructor, guardedPolling, unwrapped } from "./guarded-polling";
import { pollingProblem } from "./polling-check";

/** "Forbidden" (Engine.IO, error codes). */
const FORBIDDEN = 4;

/** What makes the long-polling transports. */
interface PollingClasses {
  readonly plain: GuardedPollingConstructor;
  readonly json: GuardedPollingConstructor;
}

let classes: PollingClasses | undefined;

/** The classes that work with the installed engine.io; found out when the first engine is made. */
function pollingClasses(): PollingClasses {
  classes ??= chooseClasses();
  return classes;
}

function chooseClasses(): PollingClasses {
  const guarded = {
    plain: guardedPolling(StockPolling, (body) => body),
    json: guardedPolling(StockJsonPolling, unwrapped),
  };
  const problem = pollingProblem((query) => classFor(guarded, query));
  if (!problem) {
    return guarded;
  }
  warnOnce("SOCKET_IO_FAST_PATH_OFF", problem);
  return {
    plain: countedPolling(StockPolling, (body) => body),
    json: countedPolling(StockJsonPolling, unwrapped),
  };
}

function classFor({ plain, json }: PollingClasses, { j }: ParsedUrlQuery): GuardedPollingConstructor {
  return typeof j === "string" ? json : plain;
}

/** The gate is asked before the option `allowRequest`, which stays with the application, and after the middlewares. */
export class GatedEngine extends StockEngine {
  constructor(
    options: object,
    private readonly gate?: Gate,
  ) {
    super(options);
    pollingClasses();
  }

  override createTransport(name: string, req: EngineRequest): StockTransport {
    if (name !== "polling") {
      return super.createTransport(name, req);
    }
    const Polling = classFor(pollingClasses(), req._query ?? {});
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

/** Nobody else listens to a stream that waits to be upgraded: a connection that breaks meanwhile would be uncaught. */
function ignoreErrors(stream: Duplex): () => void {
  stream.on("error", ignore);
  return () => stream.off("error", ignore);
}

function ignore(): void {}
