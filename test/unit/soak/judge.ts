import expect from "expect.js";
import { growth } from "../../soak/judge";
import type { Measure } from "../../soak/server";

const measure = (change: Partial<Measure> = {}): Measure => ({
  heapUsed: 10e6,
  objects: { Client: 0, Namespace: 3 },
  listed: { rooms: 0 },
  handles: { Timeout: 1 },
  ...change,
});

describe("the judge of a soak run", () => {
  it("finds nothing where nothing has grown", () => {
    expect(growth([measure(), measure({ heapUsed: 10.4e6 }), measure()])).to.eql([]);
  });

  it("names the class whose objects are kept", () => {
    const last = measure({ objects: { Client: 20, Namespace: 3 } });
    expect(growth([measure(), measure(), last])).to.eql([
      "The objects of class Client have grown from 0 to 20.",
    ]);
  });

  it("names what is still listed, be it a single one", () => {
    expect(growth([measure(), measure({ listed: { rooms: 1 } })])).to.eql([
      "The entries of rooms have grown from 0 to 1.",
    ]);
  });

  it("names the kind of handle that is left open, one that was not there at first too", () => {
    expect(growth([measure(), measure({ handles: { Timeout: 5, TCPSocketWrap: 4 } })])).to.eql([
      "The handles of kind Timeout have grown from 1 to 5.",
      "The handles of kind TCPSocketWrap have grown from 0 to 4.",
    ]);
  });

  it("sees a heap that grows slowly, but not one that had a full moment", () => {
    const heap = (...megabytes: number[]) => megabytes.map((value) => measure({ heapUsed: value * 1e6 }));
    expect(growth(heap(10, 10.5, 11, 11.5, 12, 12.5))).to.eql([
      "The heap has grown from 10.0 MB to 12.0 MB.",
    ]);
    expect(growth(heap(10, 10, 15, 10, 10, 14))).to.eql([]);
  });
});
