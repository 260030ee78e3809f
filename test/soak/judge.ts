/** What a server holds more of than before, in sentences. */
import type { Measure } from "./server";

/** So many objects of a kind may be more than at first: one may be in use while they are counted. */
const FEW = 3;

/** So much may the heap grow, in bytes and in proportion: code is compiled and shapes are made for some time. */
const HEAP = { bytes: 1_500_000, share: 0.05 };

/** What has grown from the first of the measures to the last ones; nothing, if the server has kept nothing. */
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

/** The least of the last third is held against the least of the first third. */
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
