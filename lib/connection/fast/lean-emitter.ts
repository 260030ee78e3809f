/** Frees the dictionary that Node.js makes for the listeners of each emitter, while there are no listeners. */
import { EventEmitter } from "node:events";

/** The dictionary; Node.js makes another one when a listener is added. */
interface Dictionary {
  _events?: object;
}

/** Frees the dictionary of an emitter that has no listeners. */
export function freeDictionary(emitter: EventEmitter): void {
  if (worksWithout && emitter.eventNames().length === 0) {
    (emitter as Dictionary)._events = undefined;
  }
}

/** Whether the emitter has a dictionary, without which it has no listeners; quicker than a check of each event. */
export function mayHaveListeners(emitter: EventEmitter): boolean {
  return (emitter as Dictionary)._events !== undefined;
}

/** Whether emitters of this version of Node.js work without a dictionary. */
const worksWithout = (() => {
  const emitter = new EventEmitter();
  let calls = 0;
  const listener = () => calls++;
  try {
    (emitter as Dictionary)._events = undefined;
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
