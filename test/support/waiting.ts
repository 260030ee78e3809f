/** Waits for events and conditions, never for milliseconds. */
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

/** Resolves once `condition` returns, or resolves with, a true value. Checks it in each turn until the test ends. */
export async function eventually(condition: () => unknown): Promise<void> {
  let testIsOver = false;
  onTestEnd(() => {
    testIsOver = true;
  });
  while (!(await condition())) {
    if (testIsOver) {
      throw new Error("the condition did not hold before the test ended");
    }
    await turn();
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
