/** Servers that record the calls of `onHandlerError`. */
import type { HandlerErrorContext, ServerOptions } from "../../lib";
import { type Running, startServer } from "./server";
import { eventually } from "./waiting";

export interface HandlerError extends HandlerErrorContext {
  error: any;
}

export interface Guarded extends Running {
  /** The errors that `onHandlerError` has received, each with its context. */
  reported: HandlerError[];
  /** Resolves with the errors once there are at least `count`. */
  errors(count: number): Promise<HandlerError[]>;
}

export async function startGuarded(options: Partial<ServerOptions> = {}): Promise<Guarded> {
  const reported: HandlerError[] = [];
  const running = await startServer({
    onHandlerError: (error, context) => reported.push({ error, ...context }),
    ...options,
  });
  return {
    ...running,
    reported,
    async errors(count) {
      await eventually(() => reported.length >= count);
      return reported;
    },
  };
}

/** The phase, the event and the message of each error. */
export const outline = (errors: HandlerError[]) =>
  errors.map(({ phase, event, error }) => [phase, event, error?.message ?? error]);

/** The two ways in which a handler fails. */
export const failures: Record<string, (message: string) => unknown> = {
  throws(message) {
    throw new Error(message);
  },
  async rejects(message) {
    throw new Error(message);
  },
};
