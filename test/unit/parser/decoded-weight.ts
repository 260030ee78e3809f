import expect from "expect.js";
import { isHeavier } from "../../../lib/parser/decoded-weight";

/** The weight of a value for each character of its JSON, rounded. */
function ratio(json: string): number {
  const value = JSON.parse(json);
  let [low, high] = [0, 40 * json.length];
  while (high - low > json.length / 100) {
    const middle = (low + high) / 2;
    if (isHeavier(value, middle)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return Math.round(low / json.length);
}

const listOf = (item: string) => `[${Array(1_000).fill(item).join()}]`;
const numbered = (item: (index: number) => string) => Array.from({ length: 1_000 }, (_, i) => item(i)).join();

describe("the weight of a decoded value", () => {
  const shapes: Record<string, [json: string, bytesForEachCharacter: number]> = {
    "empty objects": [listOf("{}"), 21],
    "empty arrays": [listOf("[]"), 13],
    "pairs of digits": [listOf("[1,2]"), 12],
    "arrays of an empty object": [listOf("[{}]"), 24],
    "objects with a whole number as the key": [listOf('{"99":0}'), 21],
    "objects with different keys": [`[${numbered((i) => `{"k${i}":{}}`)}]`, 17],
    "one object with many keys": [`{${numbered((i) => `"k${i}":[]`)}}`, 13],
    "records with the same keys": [`[${numbered((i) => `{"id":${i},"name":"user ${i}"}`)}]`, 3],
    "one text": [JSON.stringify("x".repeat(1_000)), 1],
    "a text in another script": [JSON.stringify("\u4e00".repeat(1_000)), 2],
    "a text with one character of another script": [JSON.stringify(`${"x".repeat(1_000)}\u4e00`), 2],
    numbers: [`[${numbered((i) => `${i}`)}]`, 2],
  };
  for (const [name, [json, expected]] of Object.entries(shapes)) {
    it(`is close to the memory that V8 needs: ${name}`, () => {
      expect(ratio(json)).to.be(expected);
    });
  }

  it("includes what is nested too deeply for recursion", () => {
    let deep: unknown = "x".repeat(1_000_000);
    for (let i = 0; i < 100_000; i++) {
      deep = i % 2 ? [deep] : { deep };
    }
    expect(isHeavier(deep, 1_000_000)).to.be(true);
    expect(isHeavier(deep, 100_000_000)).to.be(false);
  });

  it("includes bytes", () => {
    expect(isHeavier({ bytes: Buffer.alloc(1_000) }, 1_000)).to.be(true);
    expect(isHeavier([new ArrayBuffer(1_000)], 1_000)).to.be(true);
    expect(isHeavier([new ArrayBuffer(1_000)], 1_100)).to.be(false);
  });

  it("is zero for null, booleans and small numbers", () => {
    for (const value of [null, undefined, true, 1, "x"]) {
      expect(isHeavier(value, 0)).to.be(false);
    }
  });
});
