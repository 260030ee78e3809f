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
export async function uncaught(cause: () => unknown): Promise<unknown> {
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  try {
    return await new Promise((resolve) => {
      process.once("uncaughtException", resolve);
      cause();
    });
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) {
      process.on("uncaughtException", listener);
    }
  }
}
