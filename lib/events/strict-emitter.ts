/** An EventEmitter whose names and listeners are checked against event maps. */
import { EventEmitter } from "node:events";
import type {
  EventNames,
  EventParams,
  EventsMap,
  Listener,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  TypedEventBroadcaster,
} from "../typed-events";

/** The three maps are: what may be listened to, what may be emitted, and what the library emits itself. */
export abstract class StrictEventEmitter<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ReservedEvents extends EventsMap = Record<never, never>,
  >
  extends EventEmitter
  implements TypedEventBroadcaster<EmitEvents>
{
  /**
   * Adds a listener, which is called each time an event of this name comes in.
   *
   * On a socket, these are the events that its client sends, and `"disconnecting"`, `"disconnect"` and `"error"`. On a
   * server or a namespace it is `"connection"`, for each client that joins, and the events that other servers of the
   * cluster send with `serverSideEmit()`; on a server also `"new_namespace"`.
   *
   * If the sender asks for an acknowledgement, the last argument of the listener is the function that sends it.
   *
   * @example
   * io.on("connection", (socket) => {
   *   socket.on("hello", (name, callback) => {
   *     callback(`Hello, ${name}!`);
   *   });
   *   socket.on("disconnect", (reason) => console.log(reason));
   * });
   */
  override on<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.on(ev, listener);
  }

  /**
   * Adds a listener, as {@link on} does, which is called for the next event of this name only.
   *
   * @example
   * socket.once("ready", () => console.log("the client is ready"));
   */
  override once<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.once(ev, listener);
  }

  /** Does the same as {@link on}. */
  override addListener(eventName: string | symbol, listener: Listener): this {
    return super.addListener(eventName, listener);
  }

  /** Adds a listener, as {@link on} does, which is called before the listeners that are there. */
  override prependListener(eventName: string | symbol, listener: Listener): this {
    return super.prependListener(eventName, listener);
  }

  /** Adds a listener, as {@link once} does, which is called before the listeners that are there. */
  override prependOnceListener(eventName: string | symbol, listener: Listener): this {
    return super.prependOnceListener(eventName, listener);
  }

  /**
   * Removes a listener of this event. If it was added several times, the one that was added last is removed.
   *
   * @example
   * const onHello = (name) => console.log(name);
   * socket.on("hello", onHello);
   * socket.off("hello", onHello);
   */
  override off(eventName: string | symbol, listener: Listener): this {
    return super.off(eventName, listener);
  }

  /** Does the same as {@link off}. */
  override removeListener(eventName: string | symbol, listener: Listener): this {
    return super.removeListener(eventName, listener);
  }

  /**
   * Removes all listeners of this event or, without a name, those of all events.
   *
   * @example
   * socket.removeAllListeners("hello");
   */
  override removeAllListeners(eventName?: string | symbol): this;
  // without an argument is something else than with `undefined`
  override removeAllListeners(...args: [eventName?: string | symbol]): this {
    return super.removeAllListeners(...args);
  }

  /** Sends an event. */
  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return super.emit(ev, ...args);
  }

  /** The listeners of this event, in the order in which they are called. */
  override listeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Ev,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[] {
    return super.listeners(event) as ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[];
  }

  /**
   * Node.js calls it with what an asynchronous listener rejects with, where `events.captureRejections` is on: emit() would
   * send the error to clients. The listeners of "error" get it; without one it stays an unhandled rejection.
   *
   * @internal
   */
  override [EventEmitter.captureRejectionSymbol](error: Error, event: string | symbol): void {
    if (event !== "error" && this.hearsErrors()) {
      super.emit("error", error);
    } else {
      Promise.reject(error);
    }
  }

  /** @internal Whether the application listens to "error". */
  protected hearsErrors(): boolean {
    return this.listenerCount("error") > 0;
  }

  /** @internal Calls the listeners of an event of the library's own. */
  emitReserved<Ev extends EventNames<ReservedEvents>>(
    ev: Ev,
    ...args: EventParams<ReservedEvents, Ev>
  ): boolean {
    return super.emit(ev, ...args);
  }

  /** @internal Calls the listeners of an event that came over the wire. */
  emitUntyped(ev: string, ...args: unknown[]): boolean {
    return super.emit(ev, ...args);
  }
}
