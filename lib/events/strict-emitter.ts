/** An EventEmitter whose event names and listeners are typed by event maps. */
import { EventEmitter } from "node:events";
import type {
  EventNames,
  EventParams,
  EventsMap,
  Listener,
  ReservedOrUserListener,
  TypedEventBroadcaster,
} from "../typed-events";

/** The type parameters declare the events for listeners, the events for `emit()`, and the events that the library emits. */
export abstract class StrictEventEmitter<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ReservedEvents extends EventsMap = Record<never, never>,
  >
  extends EventEmitter
  implements TypedEventBroadcaster<EmitEvents>
{
  /**
   * Adds a listener that is called each time the event is received.
   *
   * A socket receives the events that its client sends, and `"disconnecting"`, `"disconnect"` and `"error"`. A server
   * or a namespace receives `"connection"` for each client that connects, and the events that other servers of the
   * cluster send with `serverSideEmit()`. A server also receives `"new_namespace"`.
   *
   * If the sender expects an acknowledgement, the last argument of the listener is a function that sends it.
   *
   * @example
   * io.on("connection", (socket) => {
   *   socket.on("hello", (name, callback) => {
   *     callback(`Hello, ${name}!`);
   *   });
   *   socket.on("disconnect", (reason) => console.log(reason));
   * });
   */
  override on<Ev extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.on(ev, listener);
  }

  /**
   * Adds a listener like {@link on}, which is removed when it is called for the first time.
   *
   * @example
   * socket.once("ready", () => console.log("the client is ready"));
   */
  override once<Ev extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.once(ev, listener);
  }

  /** An alias of {@link on}. */
  override addListener(eventName: string | symbol, listener: Listener): this {
    return super.addListener(eventName, listener);
  }

  /** Adds a listener like {@link on}, at the beginning of the listeners array. */
  override prependListener(eventName: string | symbol, listener: Listener): this {
    return super.prependListener(eventName, listener);
  }

  /** Adds a listener like {@link once}, at the beginning of the listeners array. */
  override prependOnceListener(eventName: string | symbol, listener: Listener): this {
    return super.prependOnceListener(eventName, listener);
  }

  /**
   * Removes a listener of the event. If it was added several times, removes the instance that was added last.
   *
   * @example
   * const onHello = (name) => console.log(name);
   * socket.on("hello", onHello);
   * socket.off("hello", onHello);
   */
  override off(eventName: string | symbol, listener: Listener): this {
    return super.off(eventName, listener);
  }

  /** An alias of {@link off}. */
  override removeListener(eventName: string | symbol, listener: Listener): this {
    return super.removeListener(eventName, listener);
  }

  /**
   * Removes all listeners of the event, or of all events if called without a name.
   *
   * @example
   * socket.removeAllListeners("hello");
   */
  override removeAllListeners(eventName?: string | symbol): this;
  // Node.js distinguishes a call without an argument from a call with `undefined`
  override removeAllListeners(...args: [eventName?: string | symbol]): this {
    return super.removeAllListeners(...args);
  }

  /** Sends an event. */
  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return super.emit(ev, ...args);
  }

  /** Returns the listeners of the event, in the order in which they are called. */
  override listeners<Ev extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    event: Ev,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[] {
    return super.listeners(event) as ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[];
  }

  /**
   * Called by Node.js with the rejection of an asynchronous listener, if `events.captureRejections` is `true`. Without
   * this method Node.js calls `emit()`, which would send the error to clients. Calls the listeners of "error"; if there
   * are none, the rejection remains unhandled.
   *
   * @internal
   */
  override [EventEmitter.captureRejectionSymbol](error: Error, event: string | symbol): void {
    if (event !== "error" && this.hasErrorListeners()) {
      super.emit("error", error);
    } else {
      Promise.reject(error);
    }
  }

  /** @internal Whether the application has added a listener for "error". */
  protected hasErrorListeners(): boolean {
    return this.listenerCount("error") > 0;
  }

  /** @internal Calls the listeners of an event of the library. Some tools replace this method to observe these events. */
  emitReserved<Ev extends EventNames<ReservedEvents>>(
    ev: Ev,
    ...args: EventParams<ReservedEvents, Ev>
  ): boolean {
    return super.emit(ev, ...args);
  }

  /** @internal Calls the listeners of an event that a client or another server has sent. */
  emitUntyped(ev: string, ...args: unknown[]): boolean {
    return super.emit(ev, ...args);
  }
}
