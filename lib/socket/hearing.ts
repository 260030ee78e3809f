/** Who hears the events of one client: catch-all listeners, then middlewares, then handlers. */
import process from "node:process";
import { type Middleware, runMiddlewares } from "../admission/middleware";
import { RoomTargets } from "../broadcast/targets";
import { logs } from "../diagnostics";
import { CatchAll, type CatchAllVerbs } from "../events/catch-all";
import type { HandlerGuard, Handling } from "../guards/handler-errors";
import type { HandlerPhase } from "../options/limits";
import type { EventsMap, Listener, Untyped } from "../typed-events";
import type { SocketReservedEventsMap } from "./types";
import type { Event, PacketMiddlewareVerbs } from "./verbs";

/** The listening half of a socket. */
export abstract class SocketListeners<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    SocketData,
  >
  extends RoomTargets<ListenEvents, EmitEvents, SocketReservedEventsMap, EmitEvents, SocketData>
  implements CatchAllVerbs, PacketMiddlewareVerbs
{
  // made when somebody asks for them
  private _middlewares?: Middleware<Event, Error>[];
  private _incomingListeners?: CatchAll;
  private _outgoingListeners?: CatchAll;

  private get _incoming(): CatchAll {
    this._incomingListeners ??= new CatchAll();
    return this._incomingListeners;
  }

  private get _outgoing(): CatchAll {
    this._outgoingListeners ??= new CatchAll();
    return this._outgoingListeners;
  }

  /** Whether the handlers may be called. */
  abstract connected: boolean;
  abstract readonly nsp: { readonly handlerGuard?: HandlerGuard };

  use(fn: (event: Event, next: (err?: Error) => void) => void): this {
    this._middlewares ??= [];
    this._middlewares.push(fn);
    return this;
  }

  onAny(listener: Listener): this {
    this._incoming.append(listener);
    return this;
  }

  prependAny(listener: Listener): this {
    this._incoming.prepend(listener);
    return this;
  }

  offAny(listener?: Listener): this {
    this._incoming.remove(listener);
    return this;
  }

  listenersAny(): Listener[] {
    return this._incoming.listeners();
  }

  onAnyOutgoing(listener: Listener): this {
    this._outgoing.append(listener);
    return this;
  }

  prependAnyOutgoing(listener: Listener): this {
    this._outgoing.prepend(listener);
    return this;
  }

  offAnyOutgoing(listener?: Listener): this {
    this._outgoing.remove(listener);
    return this;
  }

  listenersAnyOutgoing(): Listener[] {
    return this._outgoing.listeners();
  }

  /** @internal Adapters call it for each receiver. */
  notifyOutgoingListeners(packet: { data?: Untyped }): void {
    this._outgoingListeners?.notify(this, packet.data);
  }

  /** @internal Something went wrong with this socket's connection or events. */
  _onerror(err: Error): void {
    const { handlerGuard } = this.nsp;
    if (handlerGuard) {
      handlerGuard.emit(this, "error", [err], { phase: "event", event: "error", socket: this });
    } else if (this._ignoresErrors()) {
      logs.socket.enabled && logs.socket("no listener for the error: %s", err);
    } else {
      this.emitReserved("error", err);
    }
  }

  /** Whether the application has removed the listener that each socket has for its errors: they would be thrown. */
  private _ignoresErrors(): boolean {
    return this.listenerCount("error") === 0;
  }

  /** Passes an event of the client on; the handlers are called in a later tick, unless the socket has left by then. */
  protected _hear(event: Event): void {
    const { handlerGuard } = this.nsp;
    this._incomingListeners?.notify(
      this,
      event,
      handlerGuard && ((call) => handlerGuard.attempt(call, this._handling("any", event))),
    );
    if (!this._middlewares) {
      process.nextTick(call, this, event);
      return;
    }
    const done = (err: Error | null) => {
      if (err) {
        process.nextTick(() => this._onerror(err));
      } else {
        process.nextTick(call, this, event);
      }
    };
    runMiddlewares(
      this._middlewares,
      event,
      done,
      handlerGuard && {
        attempt: (run, fail) => handlerGuard.attempt(run, this._handling("packet-middleware", event), fail),
        failed: () => {},
      },
    );
  }

  private _handling(phase: HandlerPhase, [event]: Event): Handling {
    return { phase, event, socket: this };
  }

  /** @internal Calls the handlers of an event. */
  _call(event: Event): void {
    if (this.connected) {
      const { handlerGuard } = this.nsp;
      if (handlerGuard) {
        handlerGuard.emit(this, event[0], event.slice(1), this._handling("event", event));
      } else if (event[0] === "error" && this._ignoresErrors()) {
        logs.socket.enabled && logs.socket("no listener for the event error");
      } else {
        this.emitUntyped(...event);
      }
    } else {
      logs.socket.enabled && logs.socket("ignore an event that was received before the disconnection");
    }
  }
}

function call(socket: { _call(event: Event): void }, event: Event): void {
  socket._call(event);
}
