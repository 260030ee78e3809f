import expect from "expect.js";
import { type Middleware, runMiddlewares } from "../../../lib/admission/middleware";

type Step = Middleware<string[], Error>;

const note =
  (name: string): Step =>
  (trace, next) => {
    trace.push(name);
    next();
  };

describe("middlewares", () => {
  it("run one after another, then the callback is called [47]", () => {
    const trace: string[] = [];
    runMiddlewares([note("a"), note("b")], trace, (err) => trace.push(`done ${err}`));
    expect(trace).to.eql(["a", "b", "done null"]);
  });

  it("are skipped if there are none", () => {
    const trace: string[] = [];
    runMiddlewares([], trace, () => trace.push("done"));
    expect(trace).to.eql(["done"]);
  });

  it("end with the first error [47]", () => {
    const trace: string[] = [];
    const refuse: Step = (_trace, next) => next(new Error("no"));
    runMiddlewares([note("a"), refuse, note("b")], trace, (err) => trace.push(String(err?.message)));
    expect(trace).to.eql(["a", "no"]);
  });

  it("wait for an asynchronous one", async () => {
    const trace: string[] = [];
    const slow: Step = (_trace, next) => setImmediate(next);
    await new Promise<void>((resolve) => {
      runMiddlewares([slow, note("after")], trace, () => resolve());
      expect(trace).to.eql([]);
    });
    expect(trace).to.eql(["after"]);
  });

  it("continue once though next() is called twice", () => {
    const trace: string[] = [];
    const twice: Step = (_trace, next) => {
      next();
      next();
      next(new Error("too late"));
    };
    runMiddlewares([twice, note("once")], trace, (err) => trace.push(`done ${err}`));
    expect(trace).to.eql(["once", "done null"]);
  });

  it("that are added meanwhile do not run", () => {
    const trace: string[] = [];
    const list: Step[] = [];
    list.push((_trace, next) => {
      list.push(note("added"));
      next();
    });
    runMiddlewares(list, trace, () => trace.push("done"));
    expect(trace).to.eql(["done"]);
  });
});
