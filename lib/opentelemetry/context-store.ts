/** Makes a context of OpenTelemetry active while the function runs that a tracing channel observes. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context } from "@opentelemetry/api";

/** The method that `@opentelemetry/api` has since version 1.10. */
interface Attaching {
  attach?(active: Context): { dispose(): void };
}

/**
 * A store for `channel.bindStore()`, which passes the context on to the context manager of the application. The store itself
 * stays empty. The channel calls `run()` or, since Node.js 25.9, `withScope()` with the value of its transform function.
 */
export class ContextStore extends AsyncLocalStorage<Context> {
  override run<Result, Args extends unknown[]>(
    active: Context,
    callback: (...args: Args) => Result,
    ...args: Args
  ): Result {
    return context.with(active, callback, undefined, ...args);
  }

  /** Without `attach()`, the context is not active: a span is recorded, but spans below it are not its children. */
  withScope(active: Context): Disposable {
    const token = (context as Attaching).attach?.(active);
    return { [Symbol.dispose]: () => token?.dispose() };
  }
}
