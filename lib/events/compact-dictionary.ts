/** Saves memory: an emitter stores its listeners in an object that V8 keeps in a compact form. */
import { EventEmitter } from "node:events";

/** An emitter with the object in which Node.js stores the listeners by event name. */
interface WithDictionary {
  _events?: object;
}

/**
 * The listeners of an emitter, by event name. For the objects that Node.js uses, V8 creates a hash table each. Instances of
 * a class share the list of their property names, and take a third of the memory if many emitters have listeners for the
 * same events.
 */
const Dictionary = function Dictionary() {} as unknown as new () => object;
Dictionary.prototype = Object.freeze(Object.create(null));

/** Gives an emitter that has no listeners a compact dictionary. */
export function useCompactDictionary(emitter: EventEmitter): void {
  if (works) {
    (emitter as WithDictionary)._events = new Dictionary();
  }
}

/** Whether emitters of this version of Node.js work with a compact dictionary. */
const works = (() => {
  const emitter = new EventEmitter();
  const calls: string[] = [];
  const listener = () => calls.push("on");
  try {
    (emitter as WithDictionary)._events = new Dictionary();
    emitter.emit("constructor");
    emitter.on("__proto__", listener);
    emitter.once("event", () => calls.push("once"));
    emitter.emit("__proto__");
    emitter.emit("event");
    emitter.emit("event");
    const names = emitter.eventNames();
    emitter.removeListener("__proto__", listener);
    emitter.emit("__proto__");
    return calls.join() === "on,once" && names.join() === "__proto__" && emitter.eventNames().length === 0;
  } catch {
    return false;
  }
})();
