/** The long-polling transport over µWebSockets.js, which refuses requests with too many packets. */

import { countedPolling, type GuardedPollingConstructor } from "../../connection/polling";
import { stockUwsPolling } from "../../connection/stock";

let known: GuardedPollingConstructor | undefined;

/** Returns the class of the transport. */
export function uwsPolling(): GuardedPollingConstructor {
  known ??= countedPolling(stockUwsPolling(), (body) => body);
  return known;
}
