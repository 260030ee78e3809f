/** Switches a listener of an emitter on and off, without adding it twice. */
import type { EventEmitter } from "node:events";
import type { Listener } from "../typed-events";

/** Adds a listener if it is needed and missing, or removes it. Returns whether it was added. */
export function switchListener(
  emitter: Pick<EventEmitter, "on" | "removeListener" | "listeners">,
  event: string,
  listener: Listener,
  isNeeded: boolean,
): boolean {
  if (!isNeeded) {
    emitter.removeListener(event, listener);
    return false;
  }
  const isMissing = !emitter.listeners(event).includes(listener);
  if (isMissing) {
    emitter.on(event, listener);
  }
  return isMissing;
}
