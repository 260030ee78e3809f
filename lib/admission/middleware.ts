/** Runs middleware functions one after another. */

/** Told to go on, or why not. */
export type Next<Failure> = (err?: Failure) => void;

export type Middleware<Subject, Failure> = (subject: Subject, next: Next<Failure>) => void;

/**
 * Calls each function with `subject` when the one before has called `next()`; then `done`. The first `next(err)` ends
 * the run. A second call of the same `next` changes nothing. Functions that are added meanwhile do not take part.
 */
export function runMiddlewares<Subject, Failure>(
  middlewares: readonly Middleware<Subject, Failure>[],
  subject: Subject,
  done: (err: Failure | null) => void,
): void {
  if (middlewares.length === 0) {
    done(null);
    return;
  }
  const queue = middlewares.slice();
  const step = (index: number): void => {
    let called = false;
    queue[index](subject, (err) => {
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
    });
  };
  step(0);
}
