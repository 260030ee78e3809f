/** The listeners of a socket that are called for every event, added with onAny() and onAnyOutgoing(). */
import type { Listener } from "../typed-events";

/** The methods of a socket for listeners that are called for every event. */
export interface CatchAllVerbs {
  /**
   * Adds a listener that is called with the name and the arguments of every event from the client.
   *
   * It is called before the middlewares of `socket.use()`, so also for events that these refuse. An asynchronous
   * context (`AsyncLocalStorage`) that a middleware sets applies to the listeners of the event, but not to this
   * listener.
   *
   * @example
   * socket.onAny((event, ...args) => console.log(`got ${event}`));
   */
  onAny(listener: Listener): this;
  /** Adds a listener like {@link onAny}, at the beginning of the listeners array. */
  prependAny(listener: Listener): this;
  /** Removes a listener that was added with {@link onAny}, or all of them if called without an argument. */
  offAny(listener?: Listener): this;
  /** Returns the array of the listeners that were added with {@link onAny}. */
  listenersAny(): Listener[];
  /**
   * Adds a listener that is called with the name and the arguments of every event that is sent to the client, including
   * broadcasts.
   *
   * @example
   * socket.onAnyOutgoing((event, ...args) => console.log(`sent ${event}`));
   */
  onAnyOutgoing(listener: Listener): this;
  /** Adds a listener like {@link onAnyOutgoing}, at the beginning of the listeners array. */
  prependAnyOutgoing(listener: Listener): this;
  /** Removes a listener that was added with {@link onAnyOutgoing}, or all of them if called without an argument. */
  offAnyOutgoing(listener?: Listener): this;
  /** Returns the array of the listeners that were added with {@link onAnyOutgoing}. */
  listenersAnyOutgoing(): Listener[];
}

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
   * Calls all listeners, through `attempt` if it is given. Listeners that they add or remove take effect with the next
   * event.
   */
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
