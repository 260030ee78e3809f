/** A socket that may live on another server. */
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
 * What `fetchSockets()` gives for each socket, with the verbs that work over servers.
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
  /** The request that opened the connection, and what the client sent to be let in. */
  readonly handshake: Handshake;
  /** The rooms that the socket was in when `fetchSockets()` was called. */
  readonly rooms: Set<Room>;
  /** What `socket.data` held when `fetchSockets()` was called. */
  readonly data: SocketData;
  private readonly operator: BroadcastOperator<EmitEvents, SocketData>;

  constructor(everybody: BroadcastOperator<EmitEvents, SocketData>, details: SocketDetails<SocketData>) {
    this.id = details.id;
    this.handshake = details.handshake;
    this.rooms = new Set(details.rooms);
    this.data = details.data;
    this.operator = everybody.toSocket(details.id);
  }

  /**
   * Waits for the acknowledgement at most so many milliseconds.
   *
   * @example
   * const [socket] = await io.fetchSockets();
   * socket.timeout(1000).emit("some-event", (err, response) => {});
   */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.operator.timeout(timeout);
  }

  /** Sends an event to this socket. */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return this.operator.emit(ev, ...args);
  }

  /** Makes this socket join rooms. */
  join(room: Room | Room[]): void {
    this.operator.socketsJoin(room);
  }

  /** Makes this socket leave a room. */
  leave(room: Room): void {
    this.operator.socketsLeave(room);
  }

  /** Disconnects this socket from the namespace or, with `true`, closes its connection. Default: `false`. */
  disconnect(close = false): this {
    this.operator.disconnectSockets(close);
    return this;
  }
}
