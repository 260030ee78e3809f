/** Runs middleware functions one after another. */
import { types } from "node:util";

/** Told to go on, or why not. */
export type Next<Failure> = (err?: Failure) => void;

export type Middleware<Subject, Failure> = (subject: Subject, next: Next<Failure>) => void;

/** Keeps what middlewares throw, or reject with. */
export interface MiddlewareGuard {
  /** Calls a middleware; `fail` takes what it throws, or rejects with. */
  attempt(call: () => unknown, fail: (error: unknown) => void): void;
  /** The run has ended so, unless the middleware had called `next()` before. */
  failed(error: unknown): void;
}

/**
 * Calls each function with `subject` when the one before has called `next()`; then `done`. The first `next(err)` ends
 * the run. A second call of the same `next` changes nothing. Functions that are added meanwhile do not take part.
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

/** Calls a middleware; what it throws, or rejects with, goes to `fail`, and stays as unhandled as it was. */
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
  // anything else with a then() may be a query that begins when then() is called
  if (types.isPromise(result)) {
    result.then(undefined, failed);
  }
}
