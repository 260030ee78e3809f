import expect from "expect.js";
import { growth, lost } from "../../soak/judge";
import type { Measure } from "../../soak/server";

const measure = (change: Partial<Measure> = {}): Measure => ({
  heapUsed: 10e6,
  objects: { Client: 0, Namespace: 3 },
  listed: { rooms: 0 },
  handles: { Timeout: 1 },
  ...change,
});

describe("the judge of a soak run", () => {
  it("reports nothing if nothing has grown", () => {
    expect(growth([measure(), measure({ heapUsed: 10.4e6 }), measure()])).to.eql([]);
  });

  it("reports the class whose objects are kept", () => {
    const last = measure({ objects: { Client: 20, Namespace: 3 } });
    expect(growth([measure(), measure(), last])).to.eql([
      "The objects of class Client have grown from 0 to 20.",
    ]);
  });

  it("reports entries that remain, even a single one", () => {
    expect(growth([measure(), measure({ listed: { rooms: 1 } })])).to.eql([
      "The entries of rooms have grown from 0 to 1.",
    ]);
  });

  it("reports the kind of handle that remains open, also a new kind", () => {
    expect(growth([measure(), measure({ handles: { Timeout: 5, TCPSocketWrap: 4 } })])).to.eql([
      "The handles of kind Timeout have grown from 1 to 5.",
      "The handles of kind TCPSocketWrap have grown from 0 to 4.",
    ]);
  });

  it("reports a heap that grows slowly, but not a single peak", () => {
    const heap = (...megabytes: number[]) => megabytes.map((value) => measure({ heapUsed: value * 1e6 }));
    expect(growth(heap(10, 10.5, 11, 11.5, 12, 12.5))).to.eql([
      "The heap has grown from 10.0 MB to 12.0 MB.",
    ]);
    expect(growth(heap(10, 10, 15, 10, 10, 14))).to.eql([]);
  });

  it("reports clients that came back in time and were not recovered, if there are enough of them", () => {
    expect(lost(0, 0)).to.eql([]);
    expect(lost(9, 0)).to.eql([]);
    expect(lost(100, 90)).to.eql([]);
    expect(lost(100, 89)).to.eql(["Of 100 clients that came back in time, only 89 were recovered."]);
  });
});
