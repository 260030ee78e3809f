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

describe("the search for the depth of an encoded packet", () => {
  it("takes less time than its decoding, for a megabyte of deep or empty arrays [security 33]", () => {
    const deep = `${"[".repeat(989)}${"]".repeat(989)},`.repeat(480);
    for (const arrays of [deep, "[],".repeat(320_000)]) {
      const text = `2["event",[${arrays}0]]`;
      const searching: number[] = [];
      const decoding: number[] = [];
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        expect(textIsDeeper(text, 1_000)).to.be(false);
        const searched = performance.now();
        JSON.parse(text.slice(1));
        searching.push(searched - start);
        decoding.push(performance.now() - searched);
      }
      // the shortest of several runs is hardly affected by other processes
      expect(Math.min(...searching)).to.be.below(Math.min(...decoding));
    }
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

  it("may be very large", () => {
    let deep: unknown = [];
    for (let i = 1; i < 100_000; i++) {
      deep = i % 2 ? { deep } : [deep];
    }
    expect(valueIsDeeper(deep, 99_999)).to.be(true);
    expect(valueIsDeeper(deep, 100_000)).to.be(false);
    expect(valueIsDeeper([[], [0], {}, deep], 1_000)).to.be(true);
    expect(valueIsDeeper([[], [0], {}, deep], 100_001)).to.be(false);
    expect(valueIsDeeper([[], [0], {}, deep], 100_000)).to.be(true);
  });

  it("is that of the longest path, if containers are referenced repeatedly", () => {
    // each container refers to all that follow it
    const containers: unknown[][] = Array.from({ length: 100 }, () => []);
    containers.forEach((container, i) => {
      container.push(...containers.slice(i + 1));
    });
    expect(valueIsDeeper(containers[0], 100)).to.be(false);
    expect(valueIsDeeper(containers[0], 99)).to.be(true);
    expect(valueIsDeeper([...containers].reverse(), 101)).to.be(false);
    expect(valueIsDeeper([...containers].reverse(), 100)).to.be(true);
  });

  it("is found at once for arrays with a large length and no members", () => {
    const sparse: unknown[] = [];
    sparse.length = 4_294_967_295;
    sparse[4_000_000_000] = [[]];
    expect(valueIsDeeper([sparse, sparse], 4)).to.be(false);
    expect(valueIsDeeper([sparse, sparse], 3)).to.be(true);
  });

  it("ends for circular references, which are no levels", () => {
    const circle: unknown[] = [];
    circle.push({ circle }, [circle, circle]);
    expect(valueIsDeeper(circle, 2)).to.be(false);
    expect(valueIsDeeper([circle], 2)).to.be(true);
    const ring: { next?: object }[] = Array.from({ length: 5_000 }, () => ({}));
    ring.forEach((member, i) => {
      member.next = ring[(i + 1) % ring.length];
    });
    expect(valueIsDeeper(ring[0], 5_000)).to.be(false);
    expect(valueIsDeeper(ring[0], 4_999)).to.be(true);
  });
});
