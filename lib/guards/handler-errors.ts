/** Calls the handlers of the application and passes their errors to onHandlerError. */
import { EventEmitter, errorMonitor } from "node:events";
import process from "node:process";
import { types } from "node:util";
import { reportGuard } from "../diagnostics";
import { channels } from "../diagnostics/channels";
import type { HandlerErrorContext, HandlerErrorListener } from "../options/limits";
import { escaped } from "../texts";
import type { Listener, Untyped } from "../typed-events";

/** Describes the handler that is called. */
export type Handling = Omit<HandlerErrorContext, "nsp">;

/** Calls the handlers of one namespace; used with the option `onHandlerError` only. */
export class HandlerGuard {
  constructor(
    private readonly nsp: object,
    private readonly onHandlerError: HandlerErrorListener,
  ) {}

  /** Calls a handler. Reports the error that it throws or rejects with, and then calls `fail` with it. */
  attempt(call: () => unknown, handling: Handling, fail?: (error: unknown) => void): void {
    const failed = (error: unknown) => {
      this.report(error, handling);
      fail?.(error);
    };
    try {
      const result = call();
      // native promises only: the then() of a query builder would start a query
      if (types.isPromise(result)) {
        result.then(undefined, failed);
      }
    } catch (error) {
      failed(error);
    }
  }

  /** Emits an event like `emitter.emit()`, but calls each listener even if an earlier one has thrown. */
  emit(emitter: EventEmitter, event: string | undefined, args: unknown[], handling: Handling): void {
    // the name is undefined if the client has sent an event without data: emit() uses the name "undefined" for it, and
    // rawListeners(undefined) throws in Node.js 20
    const listeners = emitter.rawListeners(String(event)) as Listener[];
    if (event === "error") {
      if (listeners.length === 0) {
        // emit() throws, since there is no listener for "error"
        this.attempt(() => EventEmitter.prototype.emit.call(emitter, event, ...args), handling);
        return;
      }
      listeners.unshift(...(emitter.rawListeners(errorMonitor) as Listener[]));
    }
    for (const listener of listeners) {
      this.attempt(() => listener.apply(emitter, args), handling);
    }
  }

  private report(error: unknown, handling: Handling): void {
    const { nsp } = this;
    const { phase, event, socket } = handling;
    const { address } = socket?.client ?? {};
    const conn = socket?.conn;
    const detail = { error, phase, event: typeof event === "string" ? escaped(event) : event };
    reportGuard({ code: "HANDLER_ERROR", address, conn, socket, nsp, detail });
    if (channels.handlerError.isActive) {
      channels.handlerError.publish({ ...handling, error, nsp: nsp as Untyped });
    }
    this.inform(error, handling);
  }

  /** Calls onHandlerError, without a report. */
  inform(error: unknown, handling: Handling): void {
    const { nsp, onHandlerError } = this;
    try {
      onHandlerError(error, { ...handling, nsp });
    } catch (uncaught) {
      // thrown later as an uncaught exception, so that the remaining handlers are still called
      process.nextTick(rethrow, uncaught);
    }
  }
}

/** Emits an event of the library to the listeners of a socket or a namespace, through the guard if there is one. */
export function emitGuarded(
  guard: HandlerGuard | undefined,
  emitter: EventEmitter & { emitReserved(event: never, ...args: never[]): boolean },
  event: string,
  args: unknown[],
  handling: Handling,
): void {
  if (guard) {
    guard.emit(emitter, event, args, handling);
  } else {
    emitter.emitReserved(event as never, ...(args as never[]));
  }
}

function rethrow(error: unknown): never {
  throw error;
}
