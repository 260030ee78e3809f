/** How many events of one connection were dropped, to be told from time to time. */

/** How often they are told of, in milliseconds. */
const TELL_EVERY = 1_000;

/** Counts. */
export class Dropped {
  private count = 0;
  private toldAt = Number.NEGATIVE_INFINITY;

  /** Some more were dropped; gives how many since that was told last, if it is to be told now. */
  add(count: number): number | undefined {
    this.count += count;
    const now = Date.now();
    if (Math.abs(now - this.toldAt) < TELL_EVERY) {
      return undefined;
    }
    this.toldAt = now;
    const dropped = this.count;
    this.count = 0;
    return dropped;
  }
}
