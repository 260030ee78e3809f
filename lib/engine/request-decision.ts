/** Decides about a request by what the application has registered, whose failures refuse the request. */
import type { EngineRequest } from "./contract";
import type { Verified } from "./engine-contract";

/** "Bad request" and "Forbidden" (Engine.IO, error codes). */
const BAD_REQUEST = 3;
const FORBIDDEN = 4;

/** The requests of one engine that a middleware has refused, with what it has thrown or given to `next()`. */
export class RefusedRequests {
  private readonly errors = new WeakMap<EngineRequest, { readonly error: unknown }>();

  /** Returns what the middlewares call at the end; the engine goes on with the request in any case. */
  taking(req: EngineRequest, proceed: () => void): (error?: unknown) => void {
    return (error) => {
      if (error) {
        this.errors.set(req, { error });
      }
      proceed();
    };
  }

  /** Refuses the request with the error of its middleware; false if there is none. */
  refuse(req: EngineRequest, done: Verified): boolean {
    const refused = this.errors.get(req);
    if (refused) {
      done(BAD_REQUEST, { name: "MIDDLEWARE_FAILURE", error: refused.error });
    }
    return refused !== undefined;
  }
}

/**
 * Calls `verify`, by which the engine calls the option `allowRequest`. The first answer counts; if it throws, or returns a
 * promise that rejects, before it has answered, the request is refused.
 */
export function askApplication(verify: (answer: Verified) => unknown, done: Verified): void {
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
    const pending = verify(answer);
    if (pending instanceof Promise) {
      pending.catch(fail);
    }
  } catch (error) {
    fail(error);
  }
}
