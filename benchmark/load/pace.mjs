/** Calls a function at a constant rate for some time, as evenly as a timer of one millisecond allows. */

/** Beyond this delay in seconds, missed calls are skipped: a slow machine must not accumulate a debt. */
const longestDebt = 0.02;

/** The number of calls that are due; times are milliseconds from the start. */
export class Schedule {
  #rate;
  #mostAtOnce;
  #taken = 0;

  /** @param {number} rate how many a second */
  constructor(rate) {
    this.#rate = rate;
    this.#mostAtOnce = Math.ceil(rate * longestDebt);
  }

  /**
   * The number of calls that have become due since the last time; the first one is due after one interval.
   *
   * @param {number} now
   */
  take(now) {
    const due = Math.floor((now * this.#rate) / 1000);
    const count = Math.min(this.#mostAtOnce, due - this.#taken);
    this.#taken = due;
    return count;
  }
}

/**
 * @param {{ rate: number, seconds: number }} plan
 * @param {(count: number) => void} step takes how many have become due
 * @returns {Promise<number>} how many seconds it took
 */
export function pace({ rate, seconds }, step) {
  const schedule = new Schedule(rate);
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const turn = () => {
      const elapsed = performance.now() - start;
      if (elapsed >= seconds * 1000) {
        resolve(elapsed / 1000);
        return;
      }
      try {
        step(schedule.take(elapsed));
      } catch (error) {
        reject(error);
        return;
      }
      setTimeout(turn, 1);
    };
    turn();
  });
}
