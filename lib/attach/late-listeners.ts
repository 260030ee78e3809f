/** Hides the requests that an engine has handled from listeners that the application adds later. */
import { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage, RequestListener } from "node:http";
import process from "node:process";

/** A listener around another one. With the property `listener`, `removeListener()` and `listeners()` find that one. */
type Wrapper = RequestListener & { readonly listener?: RequestListener };

/** The name of the functions that `once()` adds. */
const ONCE_NAME = nameOfOnce();

function nameOfOnce(): string {
  const emitter = new EventEmitter().once("request", () => {});
  return emitter.rawListeners("request")[0].name;
}

/**
 * Watches the "request" listeners of one HTTP server. Listeners after `first` in the list are replaced by listeners
 * that skip the requests which `first` has handled; this happens at the end of the turn in which they were added.
 * Listeners before `first` (`prependListener()`) are not changed, and receive every request.
 */
export class LateListeners {
  private readonly taken = new WeakSet<IncomingMessage>();
  private readonly guarded = new WeakMap<object, RequestListener>();
  private isScheduled = false;
  private isReplacing = false;

  constructor(
    private readonly httpServer: HttpServer,
    private readonly first: RequestListener,
  ) {}

  watch(): void {
    this.httpServer.on("newListener", this.onNewListener);
    this.httpServer.on("request", this.first);
  }

  /** Stops watching: unwraps the later listeners, and replaces `first` by the `earlier` listeners. */
  unwatch(earlier: readonly RequestListener[]): void {
    this.httpServer.removeListener("newListener", this.onNewListener);
    this.replace(
      (later) => [...earlier, ...later.map((listener) => this.guarded.get(listener) ?? listener)],
      0,
    );
  }

  /** Whether `first` is still registered. It is not if other code has removed or replaced the listeners. */
  get isWatching(): boolean {
    return this.httpServer.rawListeners("request").includes(this.first);
  }

  /** Marks a request as handled, so that later listeners skip it. */
  take(req: IncomingMessage): void {
    if (this.httpServer.listenerCount("request") > 1) {
      this.taken.add(req);
    }
  }

  private readonly onNewListener = (event: string | symbol): void => {
    if (event === "request" && !this.isReplacing && !this.isScheduled) {
      this.isScheduled = true;
      process.nextTick(() => {
        this.isScheduled = false;
        this.replace((later) => later.map((listener) => this.guard(listener)), 1);
      });
    }
  };

  private guard(listener: RequestListener): RequestListener {
    if (this.guarded.has(listener)) {
      return listener;
    }
    const { taken, httpServer } = this;
    const { listener: added } = listener as Wrapper;
    const isOnce = listener.name === ONCE_NAME;
    const guarded: Wrapper = Object.assign(
      function (this: HttpServer, ...args: Parameters<RequestListener>): void {
        if (!taken.has(args[0])) {
          if (isOnce) {
            // the listener would remove itself, but not this one
            httpServer.removeListener("request", guarded);
          }
          listener.apply(this, args);
        }
      },
      { listener: added ?? listener },
    );
    this.guarded.set(guarded, listener);
    return guarded;
  }

  /** Replaces the listeners after `first`, and also `first` if `kept` is 0. */
  private replace(others: (later: RequestListener[]) => RequestListener[], kept: 0 | 1): void {
    const { httpServer } = this;
    const listeners = httpServer.rawListeners("request") as RequestListener[];
    const at = listeners.indexOf(this.first);
    if (at === -1) {
      return;
    }
    this.isReplacing = true;
    try {
      for (const listener of listeners.slice(at + kept)) {
        httpServer.removeListener("request", listener);
      }
      for (const listener of others(listeners.slice(at + 1))) {
        httpServer.on("request", listener);
      }
    } finally {
      this.isReplacing = false;
    }
  }
}
