/** Makes the emitter methods of one object act on another: `io.on` is `io.of("/").on`. */
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
 * Delegates each method of the list, for all instances of `prototype`, to the emitter that `main` names. What the
 * other emitter returns is returned, so `io.on(…)` returns the main namespace.
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
