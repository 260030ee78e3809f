/** Listeners for every event, called in order. */
import type { Listener } from "../typed-events";

/** Listening to every event of one socket. */
export interface CatchAllVerbs {
  /**
   * Adds a listener for every event of the client. It is called before the packet middlewares (`socket.use()`), also for
   * events that these refuse, and outside an asynchronous context (`AsyncLocalStorage`) that they set; the listeners of the
   * event itself are called in that context.
   *
   * @example
   * socket.onAny((event, ...args) => console.log(`got ${event}`));
   */
  onAny(listener: Listener): this;
  /** Does the same as {@link onAny}, in front of the listeners that are there. */
  prependAny(listener: Listener): this;
  /** Removes a listener of {@link onAny}, or all of them. */
  offAny(listener?: Listener): this;
  /** The listeners of {@link onAny}, in their order. */
  listenersAny(): Listener[];
  /**
   * Adds a listener for every event that is sent to the client, broadcasts included.
   *
   * @example
   * socket.onAnyOutgoing((event, ...args) => console.log(`sent ${event}`));
   */
  onAnyOutgoing(listener: Listener): this;
  /** Does the same as {@link onAnyOutgoing}, in front of the listeners that are there. */
  prependAnyOutgoing(listener: Listener): this;
  /** Removes a listener of {@link onAnyOutgoing}, or all of them. */
  offAnyOutgoing(listener?: Listener): this;
  /** The listeners of {@link onAnyOutgoing}, in their order. */
  listenersAnyOutgoing(): Listener[];
}

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
