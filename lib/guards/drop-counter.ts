/** Counts the dropped events of one connection, and limits how often they are reported. */

/** The minimum time between two reports, in milliseconds. */
const TELL_EVERY = 1_000;

/** The counter of one connection. */
export class DropCounter {
  private count = 0;
  private toldAt = Number.NEGATIVE_INFINITY;

  /** Counts dropped events. If a report is due, returns their number since the last report; otherwise `undefined`. */
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
