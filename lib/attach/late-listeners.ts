/** Keeps requests that an engine has taken from listeners that the application registers later. */
import type { Server as HttpServer, IncomingMessage, RequestListener } from "node:http";
import process from "node:process";

/** A listener that is called for the requests only that no engine has taken; Node.js removes it by its `listener`. */
type Guarded = RequestListener & { readonly listener: RequestListener };

/**
 * Watches the "request" listeners of one HTTP server. Those that come after `first` in the list are replaced, at the end
 * of the turn in which they were registered, by listeners that skip the requests that `first` has taken. Those before it
 * (`prependListener()`) stay as they are, and see every request.
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

  /** The later listeners are called for all requests again; `earlier` ones are put back where `first` was. */
  unwatch(earlier: readonly RequestListener[]): void {
    this.httpServer.removeListener("newListener", this.onNewListener);
    this.replace(
      (later) => [...earlier, ...later.map((listener) => this.guarded.get(listener) ?? listener)],
      0,
    );
  }

  /** Whether `first` is still registered: it is not if the listeners were removed, or other code calls them now. */
  get isWatching(): boolean {
    return this.httpServer.rawListeners("request").includes(this.first);
  }

  /** The later listeners do not see this request. */
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
    const { taken } = this;
    const guarded: Guarded = Object.assign(
      function (this: HttpServer, ...args: Parameters<RequestListener>): void {
        if (!taken.has(args[0])) {
          listener.apply(this, args);
        }
      },
      // removeListener() and listeners() know this property from once()
      { listener },
    );
    this.guarded.set(guarded, listener);
    return guarded;
  }

  /** Registers other listeners in place of the later ones, and of `first` too if nothing is to be `kept`. */
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
