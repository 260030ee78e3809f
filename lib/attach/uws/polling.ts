/** Long-polling over µWebSockets.js, which refuses a request with too many packets. */
import { stockUwsPolling } from "../../engine/engine-contract";
import { countedPolling, type GuardedPollingConstructor } from "../../engine/guarded-polling";

let known: GuardedPollingConstructor | undefined;

/** The class of the transports. */
export function uwsPolling(): GuardedPollingConstructor {
  known ??= countedPolling(stockUwsPolling(), (body) => body);
  return known;
}
