/** Publishes the stages of one operation on the five channels of a tracing channel. */
import type { Tracing } from "./channels";
import type { TracedOperation } from "./messages";

/**
 * Calls a function between `start` and `end`, in the asynchronous context that is bound to `start`. Publishes what it throws
 * on `error`.
 */
export function traceSync<Message extends TracedOperation, Result>(
  tracing: Tracing<Message>,
  message: Message,
  run: () => Result,
): Result {
  return tracing.start.runStores(message, () => {
    try {
      return run();
    } catch (error) {
      fail(tracing, message, error);
      throw error;
    } finally {
      message.isAsync ??= false;
      tracing.end.publish(message);
    }
  });
}

/** Like {@link traceSync}; publishes `asyncStart` and `asyncEnd` when the promise that the function returns is settled. */
export function tracePromise<Message extends TracedOperation, Result>(
  tracing: Tracing<Message>,
  message: Message,
  run: () => Promise<Result>,
  onResult: (result: Result) => void,
): Promise<Result> {
  return traceSync(tracing, message, () => {
    const promise = run();
    message.isAsync = true;
    return promise.then(
      (result) => {
        onResult(result);
        settle(tracing, message);
        return result;
      },
      (error: unknown) => {
        fail(tracing, message, error);
        settle(tracing, message);
        throw error;
      },
    );
  });
}

/** Publishes `start` and `end` of an operation that has begun, and whose end is a callback. */
export function begin<Message extends TracedOperation>(tracing: Tracing<Message>, message: Message): void {
  message.isAsync = true;
  tracing.start.runStores(message, () => tracing.end.publish(message));
}

/** Publishes the error of an operation. */
export function fail<Message extends TracedOperation>(
  tracing: Tracing<Message>,
  message: Message,
  error: unknown,
): void {
  message.error = error;
  tracing.error.publish(message);
}

/**
 * Calls the callback of an asynchronous operation between `asyncStart` and `asyncEnd`, in the asynchronous context that is
 * bound to `asyncStart`.
 */
export function settle<Message extends TracedOperation, Result>(
  tracing: Tracing<Message>,
  message: Message,
  callback?: () => Result,
): Result | undefined {
  return tracing.asyncStart.runStores(message, () => {
    try {
      return callback?.();
    } finally {
      tracing.asyncEnd.publish(message);
    }
  });
}
