/** Statistics of the measured values: medians, paired ratios, the order of rounds, histograms of latencies. */

/** @param {number[]} values at least one */
export function median(values) {
  if (values.length === 0) {
    throw new Error("No median: nothing was measured");
  }
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number[]} values at least one @param {number} share 0.99 for p99 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** @typedef {{ median: number, min: number, max: number }} Summary */

/** @param {number[]} values @returns {Summary} */
export function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * How many times less than the base the other one took, round by round: above 1 is better.
 *
 * A disturbance of the machine during a round affects both, so the ratio of two values of one round is more reliable than
 * that of two medians.
 *
 * @param {number[]} base
 * @param {number[]} other
 */
export function pairedRatios(base, other) {
  return base.slice(0, other.length).map((value, round) => value / other[round]);
}

/** A B C in one round, C B A in the next, so that the first and the last position alternate. */
export function orderOfRound(subjects, round) {
  return round % 2 === 0 ? [...subjects] : [...subjects].reverse();
}

/** Counts whole microseconds in buckets that are at most 3 % wide. */
export class Histogram {
  #counts = new Uint32Array(27 * 32 + 32);
  #total = 0;

  /** @param {number} microseconds */
  add(microseconds) {
    const value = Math.max(0, Math.min(0x7fffffff, Math.round(microseconds)));
    const shift = Math.max(0, 26 - Math.clz32(value));
    this.#counts[shift * 32 + (value >> shift)] += 1;
    this.#total += 1;
  }

  get total() {
    return this.#total;
  }

  /** @param {number} share 0.5 for the median, 0.99 for p99 */
  quantile(share) {
    if (this.#total === 0) {
      throw new Error("No quantile: nothing was measured");
    }
    let left = Math.max(1, Math.ceil(share * this.#total));
    const bucket = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    const shift = Math.max(0, (bucket >> 5) - 1);
    return (bucket - shift * 32) * 2 ** shift + (2 ** shift - 1) / 2;
  }
}
