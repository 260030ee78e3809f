/** An EventEmitter whose names and listeners are checked against event maps. */
import { EventEmitter } from "node:events";
import type {
  EventNames,
  EventParams,
  EventsMap,
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
  override on<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.on(ev, listener);
  }

  override once<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.once(ev, listener);
  }

  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return super.emit(ev, ...args);
  }

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
