/** Servers with an `onHandlerError` that keeps what it is told. */
import type { HandlerErrorContext, ServerOptions } from "../../lib";
import { type Running, startServer } from "./server";
import { eventually } from "./waiting";

export interface Told extends HandlerErrorContext {
  error: any;
}

export interface Guarded extends Running {
  told: Told[];
  /** Waits until so many errors were told; gives them. */
  errors(count: number): Promise<Told[]>;
}

export async function startGuarded(options: Partial<ServerOptions> = {}): Promise<Guarded> {
  const told: Told[] = [];
  const running = await startServer({
    onHandlerError: (error, context) => told.push({ error, ...context }),
    ...options,
  });
  return {
    ...running,
    told,
    async errors(count) {
      await eventually(() => told.length >= count);
      return told;
    },
  };
}

/** Two ways for a handler to fail, each with the message that is given. */
export const failures: Record<string, (message: string) => unknown> = {
  throws(message) {
    throw new Error(message);
  },
  async rejects(message) {
    throw new Error(message);
  },
};

/** An error that something in this process throws where nobody catches it; mocha does not see it. */
export function uncaught(cause: () => unknown): Promise<unknown> {
  return lastResort("uncaughtException", cause);
}

/** What a promise of this process rejects with where nobody handles it; mocha does not see it. */
export function unhandled(cause: () => unknown): Promise<unknown> {
  return lastResort("unhandledRejection", cause);
}

async function lastResort(
  event: "uncaughtException" | "unhandledRejection",
  cause: () => unknown,
): Promise<unknown> {
  // the types know the listeners of one event at a time
  const emitter: NodeJS.EventEmitter = process;
  const listeners = emitter.listeners(event) as ((...args: unknown[]) => void)[];
  emitter.removeAllListeners(event);
  try {
    return await new Promise((resolve) => {
      emitter.once(event, resolve);
      cause();
    });
  } finally {
    emitter.removeAllListeners(event);
    for (const listener of listeners) {
      emitter.on(event, listener);
    }
  }
}
