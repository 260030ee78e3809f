/** The base class of Server and Namespace: sends events to all clients of a namespace and to the other servers. */

import type { AckIterator } from "../acks/iterator";
import type { Room, SocketId } from "../adapter/contract";
import { isErrorMonitor } from "../events/event-names";
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
import { type BroadcastOperator, responsesTo } from "./operator";
import type { RemoteSocket } from "./remote-socket";
import { type Chain, RoomTargets } from "./targets";
import type { ClusterVerbs, DeliveryVerbs, MessageVerbs, ServerSideVerbs } from "./verbs";

/** The members that `Server` and `Namespace` share. */
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
        SocketData,
        ServerSideEvents
      >
    >,
    ClusterVerbs<RemoteSocket<EmitEvents, SocketData>>,
    ServerSideVerbs<ServerSideEvents>,
    MessageVerbs<EmitEvents>
{
  /** @internal Returns the operator that a chain starts with. */
  abstract override newBroadcastOperator(): Chain<EmitEvents, SocketData, ServerSideEvents>;

  /**
   * Sends an event to all connected clients of the namespace. On a server, the namespace is the main one, `"/"`.
   *
   * @throws a `RESERVED_EVENT` error if the name is that of an event of the library, such as `disconnect`
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
    SocketData,
    ServerSideEvents
  > {
    return this.newBroadcastOperator().timeout(timeout);
  }

  withSignal(
    signal: AbortSignal,
  ): BroadcastOperator<
    DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
    SocketData,
    ServerSideEvents
  > {
    return this.newBroadcastOperator().withSignal(signal);
  }

  /**
   * Sends an event to all connected clients of the namespace, and returns an iterator over their acknowledgements, in the
   * order in which they arrive. This needs the option `ackTimeout`; `io.timeout(1000).emitWithAckIterator()` does not. See
   * {@link BroadcastOperator.emitWithAckIterator}.
   *
   * @since 4.9.0
   * @throws a `RESERVED_EVENT` error if the name is that of an event of the library, such as `disconnect`
   * @example
   * const io = new Server({ ackTimeout: 10_000 });
   *
   * for await (const response of io.emitWithAckIterator("some-event")) {
   *   console.log(response); // the response of one client
   * }
   */
  emitWithAckIterator<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): AckIterator<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return this.newBroadcastOperator().emitWithAckIterator(ev as never, ...(args as never)) as AckIterator<
      FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>
    >;
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

  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    return this.newBroadcastOperator().serverSideEmit(ev, ...args);
  }

  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return responsesTo((ack) => this.serverSideEmit(ev, ...([...args, ack] as never)));
  }
}
