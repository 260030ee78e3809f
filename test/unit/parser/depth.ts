import expect from "expect.js";
import { textIsDeeper, valueIsDeeper } from "../../../lib/parser/depth";

const arrays = (levels: number): unknown => (levels === 1 ? [] : [arrays(levels - 1)]);

describe("the depth of an encoded packet", () => {
  const levels: [packet: string, levels: number][] = [
    ['2["a"]', 1],
    ['2["a",{"b":[{}]}]', 4],
    ['2["a",[],[],{},{}]', 2],
    ['213["a",[]]', 2],
    ['2/chat,13["a",[]]', 2],
    ['2/[[["{,["a",[]]', 2],
    ['51-["a",{"_placeholder":true,"num":0}]', 2],
    ['62-/chat,7[{"_placeholder":true,"num":0}]', 2],
    ['0{"a":{}}', 2],
    ['0/chat,{"a":{}}', 2],
    ['2["[[[[{{{{"]', 1],
    ['2["\\"[[[[",[]]', 2],
    ['2["\\\\",[],"\\\\\\"[["]', 2],
    ['2["]]]]",[[]]]', 3],
    ["0", 0],
    ["1/chat,", 0],
    ["2/chat", 0],
    ["5", 0],
    ["", 0],
  ];
  for (const [packet, expected] of levels) {
    it(`of ${packet || "nothing"} is ${expected}`, () => {
      expect(textIsDeeper(packet, expected)).to.be(false);
      if (expected > 0) {
        expect(textIsDeeper(packet, expected - 1)).to.be(true);
      }
    });
  }

  it("is irrelevant if a string is not closed", () => {
    expect(textIsDeeper('2["a', 1)).to.be(false);
    expect(textIsDeeper('2["a\\"', 1)).to.be(false);
  });

  it("may be hundreds of thousands", () => {
    const text = `2${"[".repeat(400_000)}${"]".repeat(400_000)}`;
    expect(textIsDeeper(text, 399_999)).to.be(true);
    expect(textIsDeeper(text, 400_000)).to.be(false);
  });
});

describe("the depth of a value", () => {
  it("counts arrays and objects, and nothing else", () => {
    expect(valueIsDeeper("a", 0)).to.be(false);
    expect(valueIsDeeper(undefined, 0)).to.be(false);
    for (const flat of [[], {}, [1, "a", null], [Buffer.alloc(9), new ArrayBuffer(9)]]) {
      expect(valueIsDeeper(flat, 0)).to.be(true);
      expect(valueIsDeeper(flat, 1)).to.be(false);
    }
    expect(valueIsDeeper([{ a: [1] }], 3)).to.be(false);
    expect(valueIsDeeper([{ a: [{}] }], 3)).to.be(true);
    expect(valueIsDeeper(arrays(500), 500)).to.be(false);
    expect(valueIsDeeper(arrays(500), 499)).to.be(true);
  });

  it("is found for objects that refer to each other", () => {
    const parent: any = { children: [] };
    for (let i = 0; i < 50; i++) {
      parent.children.push({ parent, siblings: parent.children });
    }
    expect(valueIsDeeper([parent], 10)).to.be(false);
  });
});
