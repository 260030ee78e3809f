/** Finds the transport for a later request of a connection, so that the request need not pass through engine.io. */
import { isLogging } from "../../diagnostics";
import type { EngineRequest } from "../port";
import { StockEngine, type StockSocket, type StockTransport } from "../stock";

/** The methods that engines call for a request before its transport receives it. */
export const REQUEST_METHODS = ["handleRequest", "prepare", "_applyMiddlewares", "verify"] as const;

const { verify } = StockEngine.prototype;

/**
 * Returns the transport of the open connection to which a request belongs. Returns undefined if engine.io has to handle the
 * request: if it is the first one, if engine.io refuses it, or if `DEBUG` is set. The methods of the engine must be intact.
 */
export function transportOfRequest(engine: StockEngine, req: EngineRequest): StockTransport | undefined {
  const { sid } = req._query ?? {};
  const isLater = typeof sid === "string" && Object.hasOwn(engine.clients, sid) && !isLogging();
  return isLater && isValid(engine, req) ? (engine.clients[sid] as StockSocket).transport : undefined;
}

/** Whether engine.io accepts a request with a session id, which it decides synchronously. */
function isValid(engine: StockEngine, req: EngineRequest): boolean {
  const { headers } = req;
  const { origin } = headers;
  let isAccepted = false;
  try {
    verify.call(engine, req, false, (code?: number) => {
      isAccepted = code === undefined;
    });
  } catch {
    // engine.io handles the request then, and the error is thrown again
  }
  if (!isAccepted && headers.origin !== origin) {
    // engine.io sets an invalid origin to null when it refuses the request; its second check would accept the request
    headers.origin = origin;
  }
  return isAccepted;
}
