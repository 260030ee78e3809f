import expect from "expect.js";
import { matcherOf } from "../../../lib/opentelemetry/config";
import { errorTypeOf, Names } from "../../../lib/opentelemetry/names";

describe("a list of ignored names", () => {
  it("may be a name, a pattern, a function, or a list of these", () => {
    const names = ["order", "orders", "typing"];
    const ignoredBy = (ignored: Parameters<typeof matcherOf>[0]) => names.filter(matcherOf(ignored));
    expect(ignoredBy(undefined)).to.eql([]);
    expect(ignoredBy("order")).to.eql(["order"]);
    expect(ignoredBy(/^order/)).to.eql(["order", "orders"]);
    expect(ignoredBy((name) => name.endsWith("s"))).to.eql(["orders"]);
    expect(ignoredBy(["typing", /s$/])).to.eql(["orders", "typing"]);
  });

  it("applies a pattern with the flag g each time from the beginning", () => {
    const isIgnored = matcherOf(/order/g);
    expect([isIgnored("order"), isIgnored("order"), isIgnored("order")]).to.eql([true, true, true]);
  });
});

describe("names in metrics", () => {
  const silent = { listenerCount: () => 0, listenersAny: () => [] };
  const listening = { listenerCount: () => 1, listenersAny: () => [] };
  const catching = { listenerCount: () => 0, listenersAny: () => [() => {}] };

  it("are those of events that have a listener", () => {
    const names = new Names();
    names.limit({ maxEventNames: 3, maxNamespaces: 1 });
    expect(names.incoming("made up", silent)).to.be("_other");
    expect(names.incoming("order", listening)).to.be("order");
    // a client could fill the limit with any names
    expect(names.incoming("caught", catching)).to.be("_other");
    expect(names.incoming("order", silent)).to.be("order");
    expect(names.outgoing("news")).to.be("news");
    expect(names.outgoing("more")).to.be("more");
    expect(names.outgoing("one more")).to.be("_other");
  });
});

describe("the type of an error", () => {
  it("is one of 50 in metrics, or _OTHER", () => {
    const names = new Names();
    const types = Array.from({ length: 60 }, (_, code) =>
      names.error(Object.assign(new Error(), { code: `E${code}` })),
    );
    expect(new Set(types).size).to.be(51);
    expect(types[59]).to.be("_OTHER");
  });

  it("is its code, or else the name of its class", () => {
    expect(errorTypeOf(Object.assign(new Error("x"), { code: "SOLD_OUT" }))).to.be("SOLD_OUT");
    expect(errorTypeOf(new RangeError("x"))).to.be("RangeError");
    expect(errorTypeOf("x")).to.be("_OTHER");
  });
});
