/** Observes uncaught errors and unhandled rejections of this process, so that mocha does not fail the test. */
import { onTestEnd } from "./cleanup";

type LastResort = "uncaughtException" | "unhandledRejection";

/** Calls a function, and resolves with the next uncaught error of this process. */
export function uncaught(cause: () => unknown): Promise<unknown> {
  return nextFailure("uncaughtException", cause);
}

/** Calls a function, and resolves with the reason of the next unhandled rejection in this process. */
export function unhandled(cause: () => unknown): Promise<unknown> {
  return nextFailure("unhandledRejection", cause);
}

/** Collects the messages of uncaught errors until the test ends. */
export function takeUncaught(): string[] {
  const messages: string[] = [];
  onTestEnd(replaceListeners("uncaughtException", (error: Error) => messages.push(error.message)));
  return messages;
}

async function nextFailure(event: LastResort, cause: () => unknown): Promise<unknown> {
  let restore = () => {};
  try {
    return await new Promise((resolve) => {
      restore = replaceListeners(event, resolve);
      cause();
    });
  } finally {
    restore();
  }
}

/** Replaces all listeners of an event of the process; the function that it returns restores them. */
function replaceListeners(event: LastResort, listener: (...args: any[]) => void): () => void {
  // the types know the listeners of one event at a time
  const emitter: NodeJS.EventEmitter = process;
  const listeners = emitter.listeners(event) as ((...args: unknown[]) => void)[];
  emitter.removeAllListeners(event);
  emitter.on(event, listener);
  return () => {
    emitter.removeAllListeners(event);
    for (const previous of listeners) {
      emitter.on(event, previous);
    }
  };
}
