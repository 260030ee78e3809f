import { context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import expect from "expect.js";
import { ContextStore } from "../../../lib/opentelemetry/context-store";
import { onTestEnd } from "../../support/cleanup";
import { useGlobalContext } from "../../support/telemetry";

const key = createContextKey("the key of this test");
const active = ROOT_CONTEXT.setValue(key, "the value");

describe("the store that tracing channels run functions in", () => {
  it("makes the context active while a function runs", () => {
    useGlobalContext();
    const seen = new ContextStore().run(active, (name) => [name, context.active().getValue(key)], "argument");
    expect(seen).to.eql(["argument", "the value"]);
    expect(context.active()).to.be(ROOT_CONTEXT);
  });

  it("attaches the context for Node.js 25.9 and newer, until the scope is disposed", () => {
    const calls: unknown[] = [];
    const attach = (attached: unknown) => {
      calls.push(attached);
      return { dispose: () => calls.push("disposed") };
    };
    Object.assign(context, { attach }); // as in version 1.10 of the API
    onTestEnd(() => Reflect.deleteProperty(context, "attach"));
    const scope = new ContextStore().withScope(active);
    expect(calls).to.eql([active]);
    scope[Symbol.dispose]();
    expect(calls).to.eql([active, "disposed"]);
  });

  it("does nothing there with an older version of the API", () => {
    new ContextStore().withScope(active)[Symbol.dispose]();
    expect(context.active()).to.be(ROOT_CONTEXT);
  });
});
