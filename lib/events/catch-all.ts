/** The listeners of a socket that are called for every event, added with onAny() and onAnyOutgoing(). */
import type { Listener } from "../typed-events";

/** A list of catch-all listeners. The array is created when the first listener is added. */
export class CatchAll {
  private list?: Listener[];

  /** Adds a listener at the end. */
  append(listener: Listener): void {
    this.list ??= [];
    this.list.push(listener);
  }

  /** Adds a listener at the beginning. */
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

  /** Returns the array itself, not a copy: changes to it change which listeners are called. */
  listeners(): Listener[] {
    this.list ??= [];
    return this.list;
  }

  /**
   * Calls all listeners, through `attempt` if it is given. A listener that is added or removed during the call takes effect
   * with the next event.
   */
  notify(self: object, args: readonly unknown[], attempt?: (call: () => unknown) => void): void {
    // another server may have sent other data than an array
    if (!this.list || this.list.length === 0 || !Array.isArray(args)) {
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
