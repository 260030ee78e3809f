/** Waits for events, never for milliseconds. */
import { onTestEnd } from "./cleanup";

interface Listenable {
  on(event: any, listener: (...args: any[]) => void): unknown;
  off?(event?: any, listener?: any): unknown;
  removeListener?(event: any, listener: (...args: any[]) => void): unknown;
}

/** The arguments of the next `event`. */
export function nextEvent<Args extends unknown[] = any[]>(source: Listenable, event: string): Promise<Args> {
  return new Promise((resolve) => {
    const listener = (...args: unknown[]) => {
      (source.off ?? source.removeListener)?.call(source, event, listener);
      resolve(args as Args);
    };
    source.on(event, listener);
  });
}

/** The first argument of the next `event`. */
export async function nextValue<Value = any>(source: Listenable, event: string): Promise<Value> {
  const [value] = await nextEvent<[Value]>(source, event);
  return value;
}

/** The arguments of the next `count` times that `event` is emitted. */
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

/** Resolves once `condition` holds, looking again each time the event loop has turned; gives up with the test. */
export async function eventually(condition: () => unknown): Promise<void> {
  let testIsOver = false;
  onTestEnd(() => {
    testIsOver = true;
  });
  while (!condition()) {
    if (testIsOver) {
      throw new Error("what was waited for did not happen before the test ended");
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Resolves when what the peers have sent so far has made `turns` rounds over loopback: for showing that nothing came. */
export async function roundTrip(
  client: {
    emit(event: string, ack: () => void): unknown;
  },
  event = "round trip",
): Promise<void> {
  await new Promise<void>((resolve) => client.emit(event, () => resolve()));
}
