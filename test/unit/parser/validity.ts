import expect from "expect.js";
import { isValidPacket } from "../../../lib/parser/validity";

describe("a packet that a custom parser has decoded", () => {
  for (const packet of [
    { type: 0, nsp: "/" },
    { type: 0, nsp: "/", data: { a: 1 } },
    { type: 1, nsp: "/chat" },
    { type: 2, nsp: "/", data: ["event", {}], id: 1 },
    { type: 2, nsp: "/", data: [1] },
    { type: 2, nsp: "/" },
    { type: 3, nsp: "/", data: [], id: null },
    { type: 3, nsp: "/", id: 1 },
    { type: 5, nsp: "/", data: ["event"] },
  ]) {
    it(`${JSON.stringify(packet)} is accepted`, () => {
      expect(isValidPacket(packet as any)).to.be(true);
    });
  }

  for (const packet of [
    { type: 0 },
    { type: 2, nsp: {}, data: ["event"] },
    { type: 2, nsp: "/", data: [] },
    { type: 2, nsp: "/", data: [{}] },
    { type: 2, nsp: "/", data: ["disconnect"] },
    { type: 2, nsp: "/", data: "event" },
    { type: 3, nsp: "/", data: { length: 1 } },
    { type: 5, nsp: "/", data: [[]] },
    { type: 6, nsp: "/", data: "x" },
  ]) {
    it(`${JSON.stringify(packet)} is rejected`, () => {
      expect(isValidPacket(packet as any)).to.be(false);
    });
  }
});
