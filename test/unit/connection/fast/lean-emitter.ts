import { EventEmitter } from "node:events";
import expect from "expect.js";
import { freeDictionary, mayHaveListeners } from "../../../../lib/connection/fast/lean-emitter";

describe("an emitter without listeners", () => {
  it("works as usual when a listener is added later", () => {
    const emitter = new EventEmitter();
    freeDictionary(emitter);
    expect(mayHaveListeners(emitter)).to.be(false);
    expect(emitter.emit("event")).to.be(false);
    expect(emitter.listenerCount("event")).to.be(0);
    expect(emitter.listeners("event")).to.eql([]);
    expect(emitter.eventNames()).to.eql([]);
    emitter.removeAllListeners("event");
    emitter.off("event", () => {});
    const heard: unknown[] = [];
    emitter.once("event", (...args) => heard.push(args));
    emitter.prependListener("event", () => heard.push("first"));
    expect(mayHaveListeners(emitter)).to.be(true);
    emitter.emit("event", 1, 2);
    expect(heard).to.eql(["first", [1, 2]]);
    expect(() => emitter.emit("error", new Error("nobody listens"))).to.throwException(/nobody listens/);
  });

  it("keeps existing listeners", () => {
    const emitter = new EventEmitter();
    let heard = 0;
    emitter.on("event", () => heard++);
    freeDictionary(emitter);
    emitter.emit("event");
    expect(heard).to.be(1);
  });
});
