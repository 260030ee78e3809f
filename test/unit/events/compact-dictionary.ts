import { EventEmitter } from "node:events";
import expect from "expect.js";
import { useCompactDictionary } from "../../../lib/events/compact-dictionary";
import { Random } from "../../support/random";

const NAMES = [
  "a",
  "b",
  "c",
  "__proto__",
  "constructor",
  "toString",
  "1",
  "0",
  "",
  Symbol("s"),
  "error",
  "é",
];

describe("an emitter with a compact dictionary", () => {
  it("works like any other, whatever is added, called and removed", () => {
    const random = new Random(7);
    const emitters = [new EventEmitter(), new EventEmitter()];
    useCompactDictionary(emitters[1]);
    const calls: unknown[][] = [[], []];
    const listeners = [0, 1, 2, 3].map((number) =>
      calls.map((list) => (...args: unknown[]) => {
        list.push([number, ...args]);
      }),
    );
    const both = (act: (emitter: EventEmitter, which: number) => unknown) => {
      const [expected, actual] = emitters.map((emitter, which) => {
        try {
          return act(emitter, which);
        } catch (error) {
          return String(error);
        }
      });
      expect(actual).to.eql(expected);
    };
    for (let i = 0; i < 5_000; i++) {
      const name = random.pick(NAMES);
      const listener = random.pick(listeners);
      const method = random.pick([
        "on",
        "once",
        "prependListener",
        "off",
        "off",
        "emit",
        "emit",
        "count",
        "names",
        "all",
      ]);
      both((emitter, which) => {
        switch (method) {
          case "emit":
            return emitter.emit(name, i);
          case "count":
            return emitter.listenerCount(name);
          case "names":
            return emitter.eventNames().map(String);
          case "all":
            emitter.removeAllListeners(name);
            return undefined;
          default:
            emitter[method as "on"](name, listener[which]);
            return undefined;
        }
      });
    }
    expect(calls[0].length).to.be.above(500);
    expect(calls[1]).to.eql(calls[0]);
  });
});
