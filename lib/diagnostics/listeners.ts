/** Calls the listeners of a received event, and publishes how long they take and how they fail. */
import { EventEmitter, errorMonitor } from "node:events";
import process from "node:process";
import { types } from "node:util";
import { channels, type Tracing } from "./channels";
import type { EventMessage, HandlerErrorMessage, ServerSideEventMessage } from "./messages";
import { fail, settle, traceSync } from "./tracing";

type Listener = (...args: unknown[]) => unknown;

/** Describes the listeners to a guard, and in the messages about errors. */
type Handling = Pick<HandlerErrorMessage, "event" | "socket" | "phase">;

/** Calls handlers with the option `onHandlerError`, and publishes their errors itself. */
export interface HandlerCaller {
  attempt(call: () => unknown, handling: Handling): void;
  emit(emitter: EventEmitter, event: string, args: unknown[], handling: Handling): void;
}

/** Calls the listeners of an event of a client, as `emit()` does or, if it is given, as `guard.emit()` does. */
export function traceEvent(
  socket: EventMessage["socket"],
  [name, ...args]: readonly unknown[],
  guard: HandlerCaller | undefined,
): void {
  // emit() uses the name "undefined" if the client has sent an event without data
  const event = String(name);
  const message: EventMessage = { socket, nsp: socket.nsp, event, args, hasAck: endsWithFunction(args) };
  const handling: Handling = { phase: "event", event: name as string, socket };
  new ListenerCalls(channels.event, message, socket, handling, guard).run();
}

/** Calls the listeners of an event of another server in the same way. */
export function traceServerSideEvent(
  nsp: ServerSideEventMessage["nsp"],
  [name, ...args]: readonly unknown[],
  traceContext: unknown,
  guard: HandlerCaller | undefined,
): void {
  const event = String(name);
  const message: ServerSideEventMessage = { nsp, event, args, hasAck: endsWithFunction(args) };
  if (traceContext !== undefined) {
    message.traceContext = traceContext;
  }
  const handling: Handling = { phase: "server-side", event };
  new ListenerCalls(channels.serverSideEvent, message, nsp, handling, guard).run();
}

/** The calls of all listeners of one event. */
class ListenerCalls<Message extends ServerSideEventMessage> {
  private readonly results: unknown[] = [];
  /** The number of promises that are not settled, plus 1 while the listeners are called. */
  private pending = 1;

  constructor(
    private readonly tracing: Tracing<Message>,
    private readonly message: Message,
    private readonly emitter: EventEmitter,
    private readonly handling: Handling,
    private readonly guard: HandlerCaller | undefined,
  ) {}

  run(): void {
    const { tracing, message } = this;
    message.results = this.results;
    try {
      traceSync(tracing, message, () => this.callAll());
    } catch (error) {
      this.report(error);
      throw error;
    } finally {
      this.oneDone();
    }
  }

  private callAll(): void {
    const { emitter, guard, handling, message } = this;
    const { event, args } = message;
    const listeners = emitter.rawListeners(event) as Listener[];
    if (event === "error" && listeners.length === 0) {
      guard?.emit(emitter, event, args, handling);
      return;
    }
    if (event === "error") {
      listeners.unshift(...(emitter.rawListeners(errorMonitor) as Listener[]));
    }
    listeners.forEach((listener, index) => {
      if (guard) {
        guard.attempt(() => this.callGuarded(listener, index), handling);
      } else {
        this.keep(listener.apply(emitter, args), index);
      }
    });
  }

  private callGuarded(listener: Listener, index: number): unknown {
    const { emitter, message, tracing } = this;
    try {
      const result = listener.apply(emitter, message.args);
      this.keep(result, index);
      return result;
    } catch (error) {
      fail(tracing, message, error);
      throw error;
    }
  }

  /** Keeps what a listener has returned, and observes the promise. */
  private keep(result: unknown, index: number): void {
    const { results, message, tracing } = this;
    results[index] = result;
    // native promises only: the then() of a query builder would start a query
    if (!types.isPromise(result)) {
      return;
    }
    this.pending++;
    message.isAsync = true;
    result.then(
      (value) => {
        results[index] = value;
        this.oneDone();
      },
      (error: unknown) => {
        results[index] = undefined;
        fail(tracing, message, error);
        this.report(error);
        this.oneDone();
        this.passOn(error);
      },
    );
  }

  private oneDone(): void {
    this.pending--;
    if (this.pending === 0 && this.message.isAsync) {
      settle(this.tracing, this.message);
    }
  }

  /** Does what happens to the rejection without subscribers. The guard observes the promise itself. */
  private passOn(error: unknown): void {
    const { emitter, guard, message } = this;
    if (guard) {
      return;
    }
    if (!EventEmitter.captureRejections) {
      throw error;
    }
    process.nextTick(() =>
      emitter[EventEmitter.captureRejectionSymbol]?.(error as Error, message.event, ...message.args),
    );
  }

  private report(error: unknown): void {
    const { guard, handling, message } = this;
    if (!guard && channels.handlerError.isActive) {
      channels.handlerError.publish({ ...handling, event: message.event, error, nsp: message.nsp });
    }
  }
}

function endsWithFunction(args: readonly unknown[]): boolean {
  return typeof args[args.length - 1] === "function";
}
