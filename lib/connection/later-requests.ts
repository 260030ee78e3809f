/** Finds the connection of a request without the steps of engine.io that only the first request of a connection needs. */
import { isLogging } from "../diagnostics";
import type { EngineRequest } from "./port";
import { StockEngine, type StockSocket, type StockTransport } from "./stock";

/** The methods of engine.io that handle a request; an application or a tool may replace them. */
const STEPS = ["handleRequest", "_applyMiddlewares", "verify"] as const;

const originals = STEPS.map((name) => StockEngine.prototype[name]);
const { verify } = StockEngine.prototype;

/**
 * Returns the transport of the open connection to which a valid request belongs. Returns undefined if engine.io has to handle
 * the request: a first request, one that it refuses, an engine with replaced methods, or logging.
 */
export function transportOfRequest(engine: StockEngine, req: EngineRequest): StockTransport | undefined {
  const { sid } = req._query ?? {};
  const isLater = typeof sid === "string" && Object.hasOwn(engine.clients, sid);
  if (!isLater || isLogging() || !STEPS.every((step, at) => isOriginal(engine, step, at))) {
    return undefined;
  }
  return isValid(engine, req) ? (engine.clients[sid] as StockSocket).transport : undefined;
}

function isOriginal(engine: StockEngine, step: (typeof STEPS)[number], at: number): boolean {
  return StockEngine.prototype[step] === originals[at] && !Object.hasOwn(engine, step);
}

/** Whether engine.io accepts the request. It decides at once unless the request opens a connection. */
function isValid(engine: StockEngine, req: EngineRequest): boolean {
  const { headers } = req;
  const { origin } = headers;
  let isAccepted = false;
  verify.call(engine, req, false, (code?: number) => {
    isAccepted = code === undefined;
  });
  if (!isAccepted && headers.origin !== origin) {
    // engine.io removes an invalid origin, and would accept the request then
    headers.origin = origin;
  }
  return isAccepted;
}
