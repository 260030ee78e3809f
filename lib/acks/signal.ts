/** Ends a wait for answers when the application aborts a signal. */
import process from "node:process";
import { abortError, codedError, describeValue } from "../errors";
import type { Listener } from "../typed-events";

/** The key of the signal among the flags of an event: a symbol, so that adapters do not send it to other servers. */
export const SIGNAL = Symbol("signal");

/** The flag that `withSignal()` sets. */
export interface SignalFlag {
  [SIGNAL]?: AbortSignal;
}

/** Returns the flag for a signal. */
export function signalFlag(signal: AbortSignal): SignalFlag {
  if (typeof signal?.aborted !== "boolean" || typeof signal.addEventListener !== "function") {
    throw codedError("INVALID_OPTION", "signal", "an AbortSignal", describeValue(signal));
  }
  return { [SIGNAL]: signal };
}

/**
 * The functions to call when a signal is aborted. The library adds one listener to each signal, which calls them all: Node.js
 * warns of a leak if a signal has more than ten listeners.
 */
const waits = new WeakMap<AbortSignal, Waits>();

interface Waits {
  readonly ends: Set<(error: Error) => void>;
  readonly listener: () => void;
}

/** Calls `end` with an error when the signal is aborted. Returns a function that stops listening to the signal. */
export function onAbort(signal: AbortSignal, end: (error: Error) => void): () => void {
  if (signal.aborted) {
    process.nextTick(() => end(abortError(signal.reason)));
    return () => {};
  }
  const { ends } = waits.get(signal) ?? startListening(signal);
  ends.add(end);
  return () => {
    if (ends.delete(end) && ends.size === 0) {
      stopListening(signal);
    }
  };
}

function startListening(signal: AbortSignal): Waits {
  // polyfills of AbortSignal may call the listener with another `this`
  const created = { ends: new Set<(error: Error) => void>(), listener: () => endAll(signal) };
  waits.set(signal, created);
  signal.addEventListener("abort", created.listener);
  return created;
}

function stopListening(signal: AbortSignal): Waits["ends"] | undefined {
  const { ends, listener } = waits.get(signal) ?? {};
  waits.delete(signal);
  listener && signal.removeEventListener("abort", listener);
  return ends;
}

function endAll(signal: AbortSignal): void {
  for (const end of stopListening(signal) ?? []) {
    try {
      end(abortError(signal.reason));
    } catch (error) {
      // an error of a callback does not affect the others; Node.js also reports those of listeners this way
      process.nextTick(rethrow, error);
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}

/**
 * Returns a function that calls `ack` with its arguments. If the signal is aborted first, `ack` is called with an error. In
 * any case, it is called once.
 */
export function abortable(signal: AbortSignal, ack: Listener): Listener {
  let isSettled = false;
  const settle: Listener = (...answer) => {
    if (!isSettled) {
      isSettled = true;
      stop();
      ack(...answer);
    }
  };
  const stop = onAbort(signal, settle);
  return settle;
}

/** Calls `ask`, unless the signal is aborted. Settles as its promise does, or rejects when the signal is aborted. */
export function untilAborted<Value extends object>(
  signal: AbortSignal | undefined,
  ask: () => Promise<Value>,
): Promise<Value> {
  if (!signal) {
    return ask();
  }
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortError(signal.reason));
      return;
    }
    const asked = ask();
    const settle = abortable(signal, (error, value) => (value ? resolve(value) : reject(error)));
    asked.then((value) => settle(null, value), settle);
  });
}
