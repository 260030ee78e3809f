/** Forwards the event emitter methods of a server to its main namespace: `io.on()` calls `io.of("/").on()`. */
import type { EventEmitter } from "node:events";

const emitterMethods = [
  "addListener",
  "on",
  "prependListener",
  "once",
  "prependOnceListener",
  "removeListener",
  "off",
  "removeAllListeners",
  "setMaxListeners",
  "getMaxListeners",
  "emit",
  "listenerCount",
  "listeners",
  "rawListeners",
  "eventNames",
] as const satisfies readonly (keyof EventEmitter)[];

/**
 * Defines each method of the list on `prototype`. It calls the same method of the emitter that `main` returns, and returns
 * the result of that call, so `io.on(…)` returns the main namespace.
 */
export function delegateEmitter<Self extends object>(
  prototype: Self,
  main: (self: Self) => EventEmitter,
): void {
  for (const method of emitterMethods) {
    Object.defineProperty(prototype, method, {
      configurable: true,
      writable: true,
      value(this: Self, ...args: unknown[]): unknown {
        const emitter = main(this);
        return (emitter[method] as (...args: unknown[]) => unknown).apply(emitter, args);
      },
    });
  }
}
