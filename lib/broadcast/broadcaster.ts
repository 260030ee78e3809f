/** The verbs for speaking to everybody in a namespace, and to the other servers. */

import type { Room, SocketId } from "../adapter/contract";
import { checkEventName, isErrorMonitor } from "../events/event-names";
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  RemoveAcknowledgements,
} from "../typed-events";
import { type BroadcastOperator, settleWithResponses } from "./operator";
import type { RemoteSocket } from "./remote-socket";
import { type Chain, RoomTargets } from "./targets";
import type { ClusterVerbs, DeliveryVerbs, MessageVerbs } from "./verbs";

/** Names that cannot be sent to the other servers, because listeners of the namespace are called with them. */
const RESERVED_SERVER_SIDE_EVENTS: ReadonlySet<string | symbol> = new Set([
  "connect",
  "connection",
  "new_namespace",
]);

/** What `Server` and `Namespace` have in common. */
export abstract class Broadcaster<
    EmitEvents extends EventsMap,
    ServerSideEvents extends EventsMap,
    ReservedEvents extends EventsMap,
    SocketData,
  >
  extends RoomTargets<
    ServerSideEvents,
    RemoveAcknowledgements<EmitEvents>,
    ReservedEvents,
    EmitEvents,
    SocketData
  >
  implements
    DeliveryVerbs<
      Chain<EmitEvents, SocketData>,
      BroadcastOperator<
        DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
        SocketData
      >
    >,
    ClusterVerbs<RemoteSocket<EmitEvents, SocketData>>,
    MessageVerbs<EmitEvents>
{
  /** @internal Hands an event to the adapter that reaches the other servers. */
  abstract _sendToServers(args: unknown[]): void;

  /**
   * Sends an event to all connected clients of the namespace; a server sends it to those of its main namespace, `"/"`.
   *
   * @throws a `RESERVED_EVENT` error for a name that the library uses itself
   * @example
   * io.emit("hello", "world");
   * io.of("/orders").emit("hello", { binary: Buffer.from([1, 2]) });
   */
  override emit<Ev extends EventNamesWithoutAck<EmitEvents>>(
    ev: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): boolean {
    return isErrorMonitor(ev)
      ? this.emitUntyped(ev as never, ...args)
      : this.newBroadcastOperator().emit(ev as never, ...(args as never));
  }

  compress(compress: boolean): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().compress(compress);
  }

  get volatile(): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().volatile;
  }

  timeout(
    timeout: number,
  ): BroadcastOperator<
    DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
    SocketData
  > {
    return this.newBroadcastOperator().timeout(timeout);
  }

  send(...args: EventParams<EmitEvents, "message">): this {
    this.emit("message" as never, ...(args as never));
    return this;
  }

  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.newBroadcastOperator().fetchSockets() as unknown as Promise<
      RemoteSocket<EmitEvents, SocketData>[]
    >;
  }

  socketsJoin(room: Room | Room[]): void {
    this.newBroadcastOperator().socketsJoin(room);
  }

  socketsLeave(room: Room | Room[]): void {
    this.newBroadcastOperator().socketsLeave(room);
  }

  disconnectSockets(close = false): void {
    this.newBroadcastOperator().disconnectSockets(close);
  }

  allSockets(): Promise<Set<SocketId>> {
    return this.newBroadcastOperator().allSockets();
  }

  /**
   * Sends an event to the same namespace of the other servers of the cluster. With an acknowledgement as last
   * argument, the answers of those servers are collected.
   *
   * @throws a `RESERVED_EVENT` error for `connect`, `connection` and `new_namespace`
   * @example
   * io.serverSideEmit("hello", "world");
   * io.on("hello", (arg) => {
   *   console.log(arg); // on the other servers
   * });
   */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    checkEventName(ev, RESERVED_SERVER_SIDE_EVENTS);
    this._sendToServers([ev, ...args]);
    return true;
  }

  /**
   * Sends an event to the other servers and waits for all their answers.
   *
   * Rejects when not all have answered in time: the error's `responses` holds the answers there are.
   *
   * @example
   * const responses = await io.serverSideEmitWithAck("ping");
   */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return new Promise((resolve, reject) => {
      const ack = settleWithResponses(resolve, reject);
      this.serverSideEmit(ev, ...([...args, ack] as never));
    });
  }
}
