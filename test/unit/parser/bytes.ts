import expect from "expect.js";
import { hasBytes } from "../../../lib/parser/bytes";

/** So many arrays in each other, made without recursion. */
function deep(levels: number, bottom: unknown): unknown {
  let value = bottom;
  for (let i = 0; i < levels; i++) {
    value = [value];
  }
  return value;
}

describe("looking for bytes", () => {
  const withBytes: [what: string, value: unknown][] = [
    ["a buffer", Buffer.from("a")],
    ["a view", new DataView(new ArrayBuffer(1))],
    ["an array buffer", new ArrayBuffer(1)],
    ["a blob", new Blob(["a"])],
    ["what is bytes in JSON", { toJSON: () => [new Uint8Array(1)] }],
    ["the last of many", [...Array(1_000).fill({}), { a: [Buffer.from("a")] }]],
    ["something very deep", deep(200_000, Buffer.from("a"))],
  ];
  for (const [what, value] of withBytes) {
    it(`finds ${what}`, () => {
      expect(hasBytes(["event", value])).to.be(true);
    });
  }

  const without: [what: string, value: unknown][] = [
    ["plain values", [1, "a", null, undefined, true, { a: [{}] }]],
    ["a date", new Date()],
    ["what is hidden in JSON", { toJSON: () => "said", bytes: Buffer.from("a") }],
    ["what is inherited", Object.create({ bytes: Buffer.from("a") })],
    ["something very deep", deep(200_000, "bottom")],
  ];
  for (const [what, value] of without) {
    it(`finds none in ${what}`, () => {
      expect(hasBytes(["event", value])).to.be(false);
    });
  }

  it("asks what something is in JSON once", () => {
    const once = { toJSON: () => ({ toJSON: () => Buffer.from("a") }) };
    expect(hasBytes([once])).to.be(false);
  });

  it("comes to an end where there is none", () => {
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

  it("goes on where the same thing is in many places", () => {
    const shared = { a: 1 };
    expect(hasBytes([deep(3_000, [shared, shared, Buffer.from("a")])])).to.be(true);
  });
});
