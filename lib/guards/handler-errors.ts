/** Calls the handlers of the application so that what fails in them is told, and harms nothing else. */
import { EventEmitter, errorMonitor } from "node:events";
import process from "node:process";
import { tellGuard } from "../diagnostics";
import { codedError, describeValue } from "../errors";
import type { HandlerErrorContext, HandlerErrorListener } from "../options/limits";
import type { Listener } from "../typed-events";

/** Which handler is called. */
export type Handling = Omit<HandlerErrorContext, "nsp">;

/** The handlers of one namespace, where there is an `onHandlerError`. */
export class HandlerGuard {
  constructor(
    private readonly nsp: object,
    private readonly onHandlerError: HandlerErrorListener,
  ) {}

  /** Calls a handler; what it throws, or what its promise rejects with, is told, and goes to `fail` too. */
  attempt(call: () => unknown, handling: Handling, fail?: (error: unknown) => void): void {
    const failed = (error: unknown) => {
      this.tell(error, handling);
      fail?.(error);
    };
    try {
      const result = call() as { then?: unknown } | null | undefined;
      const then = result?.then;
      if (typeof then === "function") {
        then.call(result, undefined, failed);
      }
    } catch (error) {
      failed(error);
    }
  }

  /** Does what `emitter.emit()` does, but calls each listener whatever the ones before it did. */
  emit(emitter: EventEmitter, event: string | undefined, args: unknown[], handling: Handling): void {
    // an event of which the client has sent nothing has no name, for which emit() looks in this way, and Node.js 20 throws
    const listeners = emitter.rawListeners(String(event)) as Listener[];
    if (event === "error") {
      if (listeners.length === 0) {
        // throws: an error that nobody listens to
        this.attempt(() => EventEmitter.prototype.emit.call(emitter, event, ...args), handling);
        return;
      }
      listeners.unshift(...(emitter.rawListeners(errorMonitor) as Listener[]));
    }
    for (const listener of listeners) {
      this.attempt(() => listener.apply(emitter, args), handling);
    }
  }

  private tell(error: unknown, handling: Handling): void {
    const { nsp, onHandlerError } = this;
    const { phase, event, socket } = handling;
    const { address } = socket?.client ?? {};
    const conn = socket?.conn;
    tellGuard({ code: "HANDLER_ERROR", address, conn, socket, nsp, detail: { error, phase, event } });
    try {
      onHandlerError(error, { ...handling, nsp });
    } catch (uncaught) {
      // as of any listener; those that are still to be called are
      process.nextTick(rethrow, uncaught);
    }
  }
}

/** Emits an event of a socket or a namespace, through the guard if there is one. */
export function emitGuarded(
  guard: HandlerGuard | undefined,
  emitter: EventEmitter & { emitUntyped(event: string, ...args: unknown[]): boolean },
  event: string,
  args: unknown[],
  handling: Handling,
): void {
  if (guard) {
    guard.emit(emitter, event, args, handling);
  } else {
    emitter.emitUntyped(event, ...args);
  }
}

function rethrow(error: unknown): never {
  throw error;
}

/** What a middleware has thrown, as something that can be told to the client. */
export function asRefusal(thrown: unknown): Error & { data?: unknown } {
  const { message } = (thrown ?? {}) as Partial<Error>;
  return typeof message === "string" ? (thrown as Error) : codedError("HANDLER_ERROR", describeValue(thrown));
}
