/** Saves memory: frees the dictionary of listeners that Node.js creates for each emitter, while it has no listeners. */
import { EventEmitter } from "node:events";

/** An emitter with its dictionary. Node.js creates another one when a listener is added. */
interface WithDictionary {
  _events?: object;
}

/** Frees the dictionary of an emitter that has no listeners. */
export function freeDictionary(emitter: EventEmitter): void {
  if (worksWithout && emitter.eventNames().length === 0) {
    (emitter as WithDictionary)._events = undefined;
  }
}

/** Whether the emitter has a dictionary. Without one it has no listeners; this is faster than a check of each event. */
export function mayHaveListeners(emitter: EventEmitter): boolean {
  return (emitter as WithDictionary)._events !== undefined;
}

/** Whether emitters of this version of Node.js work without a dictionary. */
const worksWithout = (() => {
  const emitter = new EventEmitter();
  let calls = 0;
  const listener = () => calls++;
  try {
    (emitter as WithDictionary)._events = undefined;
    emitter.emit("event");
    emitter.removeListener("event", listener);
    emitter.on("event", listener);
    emitter.emit("event");
    emitter.removeAllListeners();
    return calls === 1 && emitter.listenerCount("event") === 0;
  } catch {
    return false;
  }
})();
