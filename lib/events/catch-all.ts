/** Listeners for every event, called in order. */
import type { Listener } from "../typed-events";

/** One list of catch-all listeners; it takes no memory until the first one is added. */
export class CatchAll {
  private list?: Listener[];

  /** Adds a listener behind the others. */
  append(listener: Listener): void {
    this.list ??= [];
    this.list.push(listener);
  }

  /** Adds a listener in front of the others. */
  prepend(listener: Listener): void {
    this.list ??= [];
    this.list.unshift(listener);
  }

  /** Removes the first occurrence of a listener, or all listeners. */
  remove(listener?: Listener): void {
    if (!this.list) {
      return;
    }
    if (!listener) {
      this.list = [];
      return;
    }
    const index = this.list.indexOf(listener);
    if (index !== -1) {
      this.list.splice(index, 1);
    }
  }

  /** The listeners themselves: whoever changes this array changes who is called. */
  listeners(): Listener[] {
    this.list ??= [];
    return this.list;
  }

  /** Calls the listeners that are there now, through `attempt` if it is given; what they add or remove counts from the next event on. */
  notify(self: object, args: readonly unknown[], attempt?: (call: () => unknown) => void): void {
    if (!this.list || this.list.length === 0) {
      return;
    }
    for (const listener of this.list.slice()) {
      if (attempt) {
        attempt(() => listener.apply(self, args as unknown[]));
      } else {
        listener.apply(self, args as unknown[]);
      }
    }
  }
}
