/** Makes a context of OpenTelemetry active while the function runs that a tracing channel observes. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context } from "@opentelemetry/api";

/**
 * A store for `channel.bindStore()`. The channel calls `run()` with the value of its transform function, and this passes the
 * context on to the context manager of the application. The store itself stays empty.
 */
export class ContextStore extends AsyncLocalStorage<Context> {
  override run<Result, Args extends unknown[]>(
    active: Context,
    callback: (...args: Args) => Result,
    ...args: Args
  ): Result {
    return context.with(active, callback, undefined, ...args);
  }
}
