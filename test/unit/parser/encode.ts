import expect from "expect.js";
import { Encoder, type Packet, PacketType } from "socket.io-parser";
import { TextFirstEncoder } from "../../../lib/parser/encode";

class Point {
  constructor(readonly x: number) {}
}

const deep = (levels: number): unknown => (levels === 0 ? "bottom" : [deep(levels - 1)]);

const values: Record<string, unknown> = {
  "a text": 'with "quotes", ü, 😀 and \u2028',
  numbers: [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY],
  nothing: [null, undefined, [], {}],
  "plain objects": { a: { b: [true, { c: undefined }] } },
  "an object without prototype": Object.assign(Object.create(null), { a: 1 }),
  "a date": new Date(0),
  "an object with toJSON()": { toJSON: () => ({ said: true }) },
  "an object whose toJSON() returns binary data": { toJSON: () => Buffer.from("bytes") },
  "an instance": new Point(1),
  "a map": new Map([[1, 2]]),
  "a function": () => {},
  "a symbol": Symbol("s"),
  "deep data": deep(40),
  bytes: Buffer.from([1, 2, 3]),
  "bytes deep inside": { a: [{ b: new Uint8Array([4, 5]) }] },
  "an array buffer": new Uint8Array([6]).buffer,
};

describe("the encoder for common packets", () => {
  for (const [what, value] of Object.entries(values)) {
    for (const nsp of ["/", "/chat"]) {
      it(`returns for ${what} in ${nsp} the same as the general encoder`, () => {
        for (const id of [undefined, 0, 12]) {
          for (const type of [PacketType.EVENT, PacketType.ACK]) {
            const packet = (): Packet => ({ type, nsp, id, data: ["name", value] });
            expect(new TextFirstEncoder().encode(packet())).to.eql(new Encoder().encode(packet()));
          }
        }
      });
    }
  }

  it("throws an error for a bigint as the general encoder does", () => {
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["name", 1n] };
    expect(() => new TextFirstEncoder().encode(packet)).to.throwException(/BigInt/);
  });

  it("leaves other kinds of packets to the general encoder", () => {
    for (const packet of [
      { type: PacketType.CONNECT, nsp: "/chat", data: { sid: "a" } },
      { type: PacketType.DISCONNECT, nsp: "/chat" },
      { type: PacketType.CONNECT_ERROR, nsp: "/", data: { message: "no" } },
    ]) {
      expect(new TextFirstEncoder().encode(packet)).to.eql(new Encoder().encode(packet));
    }
  });
});
