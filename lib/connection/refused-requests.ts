/** Remembers which requests a middleware of the engine has refused. */
import { BAD_REQUEST, type EngineRequest } from "./port";
import type { VerifyCallback } from "./stock";

/** The refused requests of one engine, each with the error that the middleware has thrown or passed to `next()`. */
export class RefusedRequests {
  private readonly errors = new WeakMap<EngineRequest, { readonly error: unknown }>();

  /** Returns the last callback of the middlewares: it remembers their error, and always calls `proceed`. */
  remember(req: EngineRequest, proceed: () => void): (error?: unknown) => void {
    return (error) => {
      if (error) {
        this.errors.set(req, { error });
      }
      proceed();
    };
  }

  /** Refuses the request with the error of its middleware; returns false if there is no error. */
  refuse(req: EngineRequest, done: VerifyCallback): boolean {
    const refused = this.errors.get(req);
    if (refused) {
      done(BAD_REQUEST, { name: "MIDDLEWARE_FAILURE", error: refused.error });
    }
    return refused !== undefined;
  }
}
