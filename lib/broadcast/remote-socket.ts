/** The RemoteSocket class: describes a socket of this or another server, and sends events to it. */
import type { Room, SocketDetails, SocketId } from "../adapter/contract";
import type { Handshake } from "../socket/types";
import type {
  DecorateAcknowledgements,
  EventNames,
  EventParams,
  EventsMap,
  TypedEventBroadcaster,
} from "../typed-events";
import type { BroadcastOperator } from "./operator";

/**
 * A socket of this or another server of the cluster, as `fetchSockets()` returns it.
 *
 * @example
 * const sockets = await io.fetchSockets();
 * for (const socket of sockets) {
 *   socket.emit("hello");
 * }
 */
export class RemoteSocket<EmitEvents extends EventsMap, SocketData>
  implements TypedEventBroadcaster<EmitEvents>
{
  /** The id of the socket. */
  readonly id: SocketId;
  /** The details of the request that opened the connection, and the `auth` of the client. */
  readonly handshake: Handshake;
  /** The rooms that the socket was in when `fetchSockets()` was called. */
  readonly rooms: Set<Room>;
  /** The value of `socket.data` when `fetchSockets()` was called. */
  readonly data: SocketData;
  private readonly operator: BroadcastOperator<EmitEvents, SocketData>;

  constructor(operator: BroadcastOperator<EmitEvents, SocketData>, details: SocketDetails<SocketData>) {
    this.id = details.id;
    this.handshake = details.handshake;
    this.rooms = new Set(details.rooms);
    this.data = details.data;
    this.operator = operator.toSocket(details.id);
  }

  /**
   * Sets how long to wait for the acknowledgement, in milliseconds. If the client has not acknowledged the event in
   * time, the callback is called with an `ACK_TIMEOUT` error.
   *
   * @example
   * const [socket] = await io.fetchSockets();
   * socket.timeout(1000).emit("some-event", (err, response) => {});
   */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.operator.timeout(timeout);
  }

  /**
   * Sets a signal that ends the wait for the acknowledgement. When it is aborted, the callback is called with an
   * `AbortError`. If it is aborted already, nothing is sent.
   *
   * @since 4.9.0
   * @throws an `INVALID_OPTION` error if the argument is not an `AbortSignal`
   * @example
   * const [socket] = await io.fetchSockets();
   * const answer = await socket.withSignal(signal).emitWithAck("some-event");
   */
  withSignal(signal: AbortSignal): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.operator.withSignal(signal);
  }

  /**
   * Sends an event to this socket.
   *
   * @throws a `RESERVED_EVENT` error if the name is that of an event of the library, such as `disconnect`
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return this.operator.emit(ev, ...args);
  }

  /** Makes this socket join one or more rooms. */
  join(room: Room | Room[]): void {
    this.operator.socketsJoin(room);
  }

  /** Makes this socket leave a room. */
  leave(room: Room): void {
    this.operator.socketsLeave(room);
  }

  /**
   * Disconnects this socket from the namespace. If `close` is `true`, closes its connection, and with it the sockets of
   * this client in all other namespaces. Default: `false`.
   */
  disconnect(close = false): this {
    this.operator.disconnectSockets(close);
    return this;
  }
}
