import expect from "expect.js";
import { hasBytes } from "../../../lib/parser/bytes";

/** Nested arrays, created without recursion. */
function deep(levels: number, bottom: unknown): unknown {
  let value = bottom;
  for (let i = 0; i < levels; i++) {
    value = [value];
  }
  return value;
}

describe("a search for binary data", () => {
  const withBytes: [what: string, value: unknown][] = [
    ["a buffer", Buffer.from("a")],
    ["a view", new DataView(new ArrayBuffer(1))],
    ["an array buffer", new ArrayBuffer(1)],
    ["a blob", new Blob(["a"])],
    ["an object with binary data as JSON", { toJSON: () => [new Uint8Array(1)] }],
    ["the last of many values", [...Array(1_000).fill({}), { a: [Buffer.from("a")] }]],
    ["a deeply nested value", deep(200_000, Buffer.from("a"))],
  ];
  for (const [what, value] of withBytes) {
    it(`finds ${what}`, () => {
      expect(hasBytes(["event", value])).to.be(true);
    });
  }

  const without: [what: string, value: unknown][] = [
    ["plain values", [1, "a", null, undefined, true, { a: [{}] }]],
    ["a date", new Date()],
    ["data that is hidden by toJSON()", { toJSON: () => "said", bytes: Buffer.from("a") }],
    ["inherited data", Object.create({ bytes: Buffer.from("a") })],
    ["a deeply nested value without binary data", deep(200_000, "bottom")],
  ];
  for (const [what, value] of without) {
    it(`finds nothing in ${what}`, () => {
      expect(hasBytes(["event", value])).to.be(false);
    });
  }

  it("calls toJSON() once", () => {
    const once = { toJSON: () => ({ toJSON: () => Buffer.from("a") }) };
    expect(hasBytes([once])).to.be(false);
  });

  it("terminates without a result for circular data", () => {
    const circle: unknown[] = [];
    circle.push({ circle }, circle, circle);
    expect(hasBytes(circle)).to.be(false);
    class Endless {
      toJSON() {
        return [new Endless()];
      }
    }
    expect(hasBytes([new Endless()])).to.be(false);
  });

  it("continues if the same object occurs in many places", () => {
    const shared = { a: 1 };
    expect(hasBytes([deep(3_000, [shared, shared, Buffer.from("a")])])).to.be(true);
  });
});
