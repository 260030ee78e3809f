/** Counts the dropped events of one connection, and limits how often they are reported. */

/** The minimum time between two reports, in milliseconds. */
const REPORT_INTERVAL = 1_000;

/** The counter of one connection. */
export class DropCounter {
  private count = 0;
  private reportedAt = Number.NEGATIVE_INFINITY;

  /** Counts dropped events. If a report is due, returns their number since the last report; otherwise `undefined`. */
  add(count: number): number | undefined {
    this.count += count;
    const now = Date.now();
    if (Math.abs(now - this.reportedAt) < REPORT_INTERVAL) {
      return undefined;
    }
    this.reportedAt = now;
    const dropped = this.count;
    this.count = 0;
    return dropped;
  }
}
