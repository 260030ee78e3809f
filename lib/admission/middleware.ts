/** Runs middleware functions one after another. */
import { types } from "node:util";

/** Continues with the next middleware, or ends the run with an error. */
export type Next<Failure> = (err?: Failure) => void;

export type Middleware<Subject, Failure> = (subject: Subject, next: Next<Failure>) => void;

/** Handles the errors that middlewares throw or reject with. */
export interface MiddlewareGuard {
  /** Calls a middleware, and calls `fail` with the error that it throws or rejects with. */
  attempt(call: () => unknown, fail: (error: unknown) => void): void;
  /** Called when the run has ended with such an error. Not called if the middleware has called `next()` before. */
  failed(error: unknown): void;
}

/**
 * Calls the middlewares one after another, each when the previous one has called `next()`, and then `done`. The first
 * `next(err)` ends the run. Only the first call of each `next` has an effect. Middlewares that are registered during
 * the run are not called.
 */
export function runMiddlewares<Subject, Failure>(
  middlewares: readonly Middleware<Subject, Failure>[],
  subject: Subject,
  done: (err: Failure | null) => void,
  guard?: MiddlewareGuard,
): void {
  if (middlewares.length === 0) {
    done(null);
    return;
  }
  const queue = middlewares.slice();
  const step = (index: number): void => {
    let called = false;
    const next: Next<Failure> = (err) => {
      if (called) {
        return;
      }
      called = true;
      if (err) {
        done(err);
      } else if (index + 1 < queue.length) {
        step(index + 1);
      } else {
        done(null);
      }
    };
    if (!guard) {
      queue[index](subject, next);
      return;
    }
    guard.attempt(
      () => queue[index](subject, next),
      (error) => {
        if (!called) {
          called = true;
          guard.failed(error);
        }
      },
    );
  };
  step(0);
}

/** Calls a middleware. If it throws or rejects, calls `fail` and throws the error again, so that Node.js reports it. */
export function attemptAndThrow(call: () => unknown, fail: (error: unknown) => void): void {
  const failed = (error: unknown): never => {
    fail(error);
    throw error;
  };
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    failed(error);
  }
  // native promises only: the then() of a query builder would start a query
  if (types.isPromise(result)) {
    result.then(undefined, failed);
  }
}
