/** The id of one client in one namespace, and the id under which it is stored. */
import type { AdapterContract, SocketId } from "../adapter/contract";
import type { EventsMap } from "../typed-events";
import { SocketListeners } from "./hearing";

/** The part of a socket that knows its id. */
export abstract class SocketIdentity<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  SocketData,
> extends SocketListeners<ListenEvents, EmitEvents, SocketData> {
  /** The public id of this socket; the client knows it as `socket.id`. */
  declare readonly id: SocketId;
  declare protected _id: SocketId;
  /** Only there if the application has set another id: the one that was there at first. */
  declare private _formerId?: SocketId;
  /** @internal The adapter that has the rooms of this socket. */
  abstract readonly adapter: AdapterContract;

  static {
    // applications in JavaScript set it
    Object.defineProperty(SocketIdentity.prototype, "id", {
      configurable: true,
      get(this: SocketIdentity<EventsMap, EventsMap, unknown>) {
        return this._id;
      },
      set(this: SocketIdentity<EventsMap, EventsMap, unknown>, id: SocketId) {
        this._formerId ??= this._id;
        this._id = id;
      },
    });
  }

  /** @internal The id under which the namespace and the adapter have this socket. */
  get _storedId(): SocketId {
    return this._formerId ?? this._id;
  }

  /** @internal The socket is stored under its present id from now on, and keeps the rooms that it has joined so far. */
  _settleId(): void {
    const former = this._formerId;
    if (former === undefined) {
      return;
    }
    this._formerId = undefined;
    const rooms = new Set(this.adapter.socketRooms(former));
    if (former !== this._id && rooms.size > 0) {
      this.adapter.delAll(former);
      this.adapter.addAll(this._id, rooms);
    }
  }
}
