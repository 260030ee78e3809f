/** What is taken from Node.js when the package is loaded, and not when the first server or connection is created. */
import { AsyncResource } from "node:async_hooks";
import process from "node:process";
import timers from "node:timers";

/** Runs functions in the asynchronous context in which it was created. */
export class KeptContext extends AsyncResource {
  /** Tools that list what keeps the process alive ask for it, such as `jest --detectOpenHandles`. */
  hasRef(): boolean {
    return false;
  }
}

/**
 * Runs what belongs to no request. A server may be created, and connections may be opened, in the context of a request of
 * the application (`AsyncLocalStorage`).
 */
export const rootContext = new KeptContext("SOCKET_IO");

/**
 * Calls a function in the next turn of the event loop. A test of an application may replace the timers, and restore them
 * without running what it has been given: with this function, frames are written nevertheless.
 */
export const inNextTurn: typeof setImmediate = timers.setImmediate;

/** The functions to call when the process exits. */
type ExitHandlers = Set<() => void>;

// registered, since a process may load the package several times, for example for each file of tests
const EXIT_HANDLERS = Symbol.for("socket.io.exitHandlers");

/** Calls a function when the process exits. All copies of the package share one listener. */
export function onExit(handle: () => void): void {
  const holder = process as { [EXIT_HANDLERS]?: ExitHandlers };
  let handlers = holder[EXIT_HANDLERS];
  if (!handlers) {
    const added: ExitHandlers = new Set();
    handlers = added;
    Object.defineProperty(holder, EXIT_HANDLERS, { value: added });
    process.on("exit", () => runAll([...added]));
  }
  handlers.add(handle);
}

/** Calls all functions, even if one throws. */
function runAll([first, ...others]: readonly (() => void)[]): void {
  try {
    first?.();
  } finally {
    others.length > 0 && runAll(others);
  }
}
