/** Long-polling over µWebSockets.js, which refuses a request with too many packets. */

import { countedPolling, type GuardedPollingConstructor } from "../../connection/polling";
import { stockUwsPolling } from "../../connection/stock";

let known: GuardedPollingConstructor | undefined;

/** The class of the transports. */
export function uwsPolling(): GuardedPollingConstructor {
  known ??= countedPolling(stockUwsPolling(), (body) => body);
  return known;
}
