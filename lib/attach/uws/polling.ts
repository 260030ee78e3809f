/** The long-polling transport over µWebSockets.js, which refuses requests with too many packets. */
import { stockUwsPolling } from "../../engine/engine-contract";
import { countedPolling, type GuardedPollingConstructor } from "../../engine/guarded-polling";

let known: GuardedPollingConstructor | undefined;

/** Returns the class of the transport. */
export function uwsPolling(): GuardedPollingConstructor {
  known ??= countedPolling(stockUwsPolling(), (body) => body);
  return known;
}
