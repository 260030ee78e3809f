/** Reports in sentences what a server holds more of than before. */
import type { Measure } from "./server";

/** The number of additional objects of a class that is tolerated: an object may be in use while objects are counted. */
const FEW = 3;

/** The tolerated growth of the heap, in bytes and in proportion, since code is still being compiled at first. */
const HEAP = { bytes: 1_500_000, share: 0.05 };

/** Compares the first measurement with the last ones; returns an empty list if nothing has grown. */
export function growth(measures: readonly Measure[]): string[] {
  const [first] = measures;
  const last = measures[measures.length - 1];
  return [
    ...grown("objects of class", first.objects, last.objects, FEW),
    ...grown("entries of", first.listed, last.listed, 0),
    ...grown("handles of kind", first.handles, last.handles, FEW),
    ...grownHeap(measures.map(({ heapUsed }) => heapUsed)),
  ];
}

/** The part of the clients that come back in time which must be recovered; the others were too late at the server. */
const RECOVERED = 0.9;

/** The least number of such clients from which a part can be computed. */
const ENOUGH = 10;

/** Compares the clients that came back in time with their sessions, and those whose sessions were restored. */
export function lost(returned: number, recovered: number): string[] {
  return returned >= ENOUGH && recovered < RECOVERED * returned
    ? [`Of ${returned} clients that came back in time, only ${recovered} were recovered.`]
    : [];
}

function grown(
  what: string,
  first: Record<string, number>,
  last: Record<string, number>,
  allowed: number,
): string[] {
  return Object.entries(last)
    .filter(([kind, count]) => count > (first[kind] ?? 0) + allowed)
    .map(([kind, count]) => `The ${what} ${kind} have grown from ${first[kind] ?? 0} to ${count}.`);
}

/** Compares the minimum of the last third with the minimum of the first third. */
function grownHeap(bytes: number[]): string[] {
  const third = Math.ceil(bytes.length / 3);
  const before = Math.min(...bytes.slice(0, third));
  const after = Math.min(...bytes.slice(-third));
  return after - before > Math.max(HEAP.bytes, HEAP.share * before)
    ? [`The heap has grown from ${megabytes(before)} to ${megabytes(after)}.`]
    : [];
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
