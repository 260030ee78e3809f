import expect from "expect.js";
import { Fifo } from "../../../../lib/connection/fast/fifo";

describe("a queue", () => {
  it("returns its elements in their order, also while more are added", () => {
    const queue = new Fifo<number>();
    const taken: (number | undefined)[] = [];
    for (let i = 0; i < 300; i++) {
      queue.add(2 * i);
      queue.add(2 * i + 1);
      expect(queue.first).to.be(i);
      taken.push(queue.next());
      expect(queue.length).to.be(i + 1);
    }
    while (queue.length > 0) {
      taken.push(queue.next());
    }
    expect(taken).to.eql(Array.from({ length: 600 }, (_, i) => i));
  });

  it("is empty after its last element", () => {
    const queue = new Fifo<string>();
    queue.add("a");
    expect(queue.next()).to.be("a");
    expect(queue.next()).to.be(undefined);
    expect(queue.first).to.be(undefined);
    expect(queue.length).to.be(0);
    queue.add("b");
    expect(queue.next()).to.be("b");
  });
});
