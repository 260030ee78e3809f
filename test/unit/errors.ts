import expect from "expect.js";
import { codedError, describeValue } from "../../lib/errors";

describe("errors", () => {
  it("have the message that users know and a stable code", () => {
    const error = codedError("RESERVED_EVENT", "disconnect");
    expect(error).to.be.an(Error);
    expect(error.message).to.be('"disconnect" is a reserved event name');
    expect(error.code).to.be("RESERVED_EVENT");
  });

  it("have the stack of their caller, without the catalogue", () => {
    const [, firstLine] = codedError("ACK_TIMEOUT").stack?.split("\n") ?? [];
    expect(firstLine).to.contain(__filename);
  });

  it("describe a value in a few words", () => {
    expect(describeValue("x".repeat(100))).to.be(`"${"x".repeat(60)}…"`);
    expect(describeValue(describeValue)).to.be("the function describeValue");
    expect(describeValue((() => () => {})())).to.be("a function");
    expect(describeValue(null)).to.be("null");
    expect(describeValue(Symbol("s"))).to.be("Symbol(s)");
    expect(describeValue(Object.create(null))).to.be("an object of type Object");
  });
});
