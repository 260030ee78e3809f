import expect from "expect.js";
import { CatchAll } from "../../../lib/events/catch-all";

describe("catch-all listeners", () => {
  it("are called in order, prepended ones first [59]", () => {
    const calls: string[] = [];
    const list = new CatchAll();
    list.append((event) => calls.push(`first ${event}`));
    list.append((event) => calls.push(`second ${event}`));
    list.prepend((event) => calls.push(`before ${event}`));
    list.notify({}, ["x"]);
    expect(calls).to.eql(["before x", "first x", "second x"]);
  });

  it("are called with the socket as this", () => {
    const socket = {};
    let self: unknown;
    const list = new CatchAll();
    list.append(function (this: unknown) {
      self = this;
    });
    list.notify(socket, []);
    expect(self).to.be(socket);
  });

  it("are removed one by one, or all together [59]", () => {
    const listener = () => {};
    const list = new CatchAll();
    list.remove(listener);
    list.append(listener);
    list.append(listener);
    list.remove(listener);
    list.remove(() => {});
    expect(list.listeners()).to.eql([listener]);
    list.remove();
    expect(list.listeners()).to.eql([]);
  });

  it("that remove themselves do not skip the next one [59]", () => {
    const calls: string[] = [];
    const list = new CatchAll();
    const once = () => {
      calls.push("once");
      list.remove(once);
    };
    list.append(once);
    list.append(() => calls.push("always"));
    list.notify({}, []);
    list.notify({}, []);
    expect(calls).to.eql(["once", "always", "always"]);
  });
});
