/** Estimates how much memory a string needs in the heap of V8. */
import { Buffer } from "node:buffer";

/** The memory for a string in addition to its characters, in bytes; V8 rounds it up to a multiple of 8. */
const TEXT_WEIGHT = 24;

/** Returns the memory for a string: V8 uses two bytes for each character unless all are in Latin-1. */
export function textWeight(text: string): number {
  // an adapter may be called with rooms that are no strings; for the other characters of Latin-1, the result is too large
  if (typeof text !== "string") {
    return 0;
  }
  return TEXT_WEIGHT + (Buffer.byteLength(text) === text.length ? text.length : 2 * text.length);
}
