/** The requests that a middleware of the engine has refused. */
import type { EngineRequest } from "./port";
import type { Verified } from "./stock";

/** "Bad request" (Engine.IO, error codes). */
const BAD_REQUEST = 3;

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
