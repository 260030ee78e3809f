/** The verbs that choose receivers, for whatever a chain may start from. */
import type { Room } from "../adapter/contract";
import { StrictEventEmitter } from "../events/strict-emitter";
import type { DecorateAcknowledgementsWithMultipleResponses, EventsMap } from "../typed-events";
import type { BroadcastOperator } from "./operator";
import type { TargetVerbs } from "./verbs";

/** A chain of receivers: each of them may answer, so acknowledgements take a list. */
export type Chain<EmitEvents extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData
>;

/** Listens and emits by event maps; `OwnEmitEvents` is what its own `emit()` takes. */
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
  /** @internal Where a chain starts. */
  abstract newBroadcastOperator(): Chain<EmitEvents, SocketData>;

  to(room: Room | Room[]): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().to(room);
  }

  in(room: Room | Room[]): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().in(room);
  }

  except(room: Room | Room[]): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().except(room);
  }

  get local(): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator().local;
  }
}
