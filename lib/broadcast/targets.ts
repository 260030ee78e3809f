/** The base class of Server, Namespace and Socket: starts a chain that selects the receivers of a broadcast. */
import type { Room } from "../adapter/contract";
import { StrictEventEmitter } from "../events/strict-emitter";
import type { DecorateAcknowledgementsWithMultipleResponses, EventsMap } from "../typed-events";
import type { BroadcastOperator } from "./operator";
import type { TargetVerbs } from "./verbs";

/**
 * An operator with many receivers: its acknowledgements take an array of responses.
 *
 * @since 4.9.0
 */
export type Chain<
  EmitEvents extends EventsMap,
  SocketData,
  ServerSideEvents extends EventsMap = Record<never, never>,
> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData,
  ServerSideEvents
>;

/** An event emitter with the methods that select receivers. `OwnEmitEvents` declares the events of its own `emit()`. */
export abstract class RoomTargets<
    ListenEvents extends EventsMap,
    OwnEmitEvents extends EventsMap,
    ReservedEvents extends EventsMap,
    EmitEvents extends EventsMap,
    SocketData,
  >
  extends StrictEventEmitter<ListenEvents, OwnEmitEvents, ReservedEvents>
  implements TargetVerbs<Chain<EmitEvents, SocketData>>
{
  /** @internal Returns the operator that a chain starts with. */
  abstract newBroadcastOperator(): Chain<EmitEvents, SocketData>;

  to(room: Room | Room[]): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().to(room);
  }

  in(room: Room | Room[]): Chain<EmitEvents, SocketData> {
    // not through this.to(), which applications may replace by a method that calls in()
    return this.newBroadcastOperator().in(room);
  }

  except(room: Room | Room[]): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().except(room);
  }

  get local(): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().local;
  }
}
