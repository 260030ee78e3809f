/** Emitters that nobody listens to, without the dictionary that Node.js makes for their listeners. */
import { EventEmitter } from "node:events";

/** The dictionary, which Node.js makes again when there is none. */
interface Dictionary {
  _events?: object;
}

/** Frees the dictionary of an emitter, if it has no listeners. */
export function freeDictionary(emitter: EventEmitter): void {
  if (canBeWithout && emitter.eventNames().length === 0) {
    (emitter as Dictionary)._events = undefined;
  }
}

/** False only if nobody listens to anything of this emitter; quicker to ask than for one event after the other. */
export function mayHaveListeners(emitter: EventEmitter): boolean {
  return (emitter as Dictionary)._events !== undefined;
}

/** Whether emitters of this version of Node.js work as before. */
const canBeWithout = (() => {
  const emitter = new EventEmitter();
  let heard = 0;
  const listener = () => heard++;
  try {
    (emitter as Dictionary)._events = undefined;
    emitter.emit("event");
    emitter.removeListener("event", listener);
    emitter.on("event", listener);
    emitter.emit("event");
    emitter.removeAllListeners();
    return heard === 1 && emitter.listenerCount("event") === 0;
  } catch {
    return false;
  }
})();
