/** Waits for events and conditions, never for milliseconds. */
import { setTimeout as pause } from "node:timers/promises";
import { onTestEnd } from "./cleanup";

interface Listenable {
  on(event: any, listener: (...args: any[]) => void): unknown;
  off?(event?: any, listener?: any): unknown;
  removeListener?(event: any, listener: (...args: any[]) => void): unknown;
}

/** Resolves with the arguments of the next `event`. */
export function nextEvent<Args extends unknown[] = any[]>(source: Listenable, event: string): Promise<Args> {
  return new Promise((resolve) => {
    const listener = (...args: unknown[]) => {
      (source.off ?? source.removeListener)?.call(source, event, listener);
      resolve(args as Args);
    };
    source.on(event, listener);
  });
}

/** Resolves with the first argument of the next `event`. */
export async function nextValue<Value = any>(source: Listenable, event: string): Promise<Value> {
  const [value] = await nextEvent<[Value]>(source, event);
  return value;
}

/** Resolves with the arguments of the next `count` emissions of `event`. */
export function nextEvents(source: Listenable, event: string, count: number): Promise<any[][]> {
  return new Promise((resolve) => {
    const seen: unknown[][] = [];
    const listener = (...args: unknown[]) => {
      seen.push(args);
      if (seen.length === count) {
        (source.off ?? source.removeListener)?.call(source, event, listener);
        resolve(seen);
      }
    };
    source.on(event, listener);
  });
}

/** The number of turns in which `eventually()` checks a condition before it pauses between the checks. */
const EAGER_TURNS = 100;

/**
 * Resolves once `condition` returns, or resolves with, a true value. Checks it until the test ends: in each turn at first,
 * then every millisecond, so that the processes that the test waits for get the processor.
 */
export async function eventually(condition: () => unknown): Promise<void> {
  let testIsOver = false;
  onTestEnd(() => {
    testIsOver = true;
  });
  for (let checks = 0; !(await condition()); checks++) {
    if (testIsOver) {
      throw new Error("the condition did not hold before the test ended");
    }
    await (checks < EAGER_TURNS ? turn() : pause(1));
  }
}

/** Emits an event with an acknowledgement, and resolves when it is answered: all earlier packets have arrived by then. */
export async function roundTrip(
  client: {
    emit(event: string, ack: () => void): unknown;
  },
  event = "round trip",
): Promise<void> {
  await new Promise<void>((resolve) => client.emit(event, () => resolve()));
}

/** Resolves in the next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
