/** Keeps the order of the events that other servers send to a namespace, while asynchronous schemas check some of them. */
import process from "node:process";

/** The turns of the events of one namespace. */
export class Turns {
  /** Resolves when the newest event is checked, and all earlier ones; `undefined` if no check is running. */
  private newest: Promise<void> | undefined;
  /** The number of events that were not delivered or dropped yet. */
  private waiting = 0;

  /** Whether `max` events are waiting. */
  isFull(max: number): boolean {
    return this.newest !== undefined && this.waiting >= max;
  }

  /** Calls `done` with the outcome of a check: at once, if neither this check nor an earlier one is running. */
  take<Outcome>(pending: Outcome | Promise<Outcome>, done: (outcome: Outcome) => void): void {
    if (!this.newest && !(pending instanceof Promise)) {
      done(pending);
      return;
    }
    this.waiting++;
    const turn: Promise<void> = Promise.all([pending, this.newest]).then(([outcome]) => {
      // in a tick of its own, so that an error of a handler is an uncaught exception, as for other events
      process.nextTick(() => {
        this.waiting--;
        if (this.newest === turn) {
          this.newest = undefined;
        }
        done(outcome);
      });
    });
    this.newest = turn;
  }
}
