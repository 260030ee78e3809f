import expect from "expect.js";
import msgpack from "socket.io-msgpack-parser";
import { Decoder, Encoder, type Packet, PacketType } from "socket.io-parser";
import { namespaceOf, namespaceOfText } from "../../../lib/parser/namespace-of";

const packets: [string, Packet][] = [
  ["/", { type: PacketType.EVENT, nsp: "/", data: ["/not a namespace,"] }],
  ["/", { type: PacketType.EVENT, nsp: "/", id: 12, data: ["a"] }],
  ["/chat", { type: PacketType.EVENT, nsp: "/chat", data: ["a"] }],
  ["/chat", { type: PacketType.ACK, nsp: "/chat", id: 12, data: [] }],
  ["/chat", { type: PacketType.EVENT, nsp: "/chat", data: ["a", Buffer.alloc(1), Buffer.alloc(1)] }],
  ["/", { type: PacketType.EVENT, nsp: "/", id: 12, data: ["a", Buffer.alloc(1)] }],
  ["/chat", { type: PacketType.DISCONNECT, nsp: "/chat" } as Packet],
  ["/", { type: PacketType.DISCONNECT, nsp: "/" } as Packet],
];

describe("the namespace of an encoded packet", () => {
  for (const [namespace, packet] of packets) {
    it(`is found in ${new Encoder().encode({ ...packet })[0]}`, () => {
      const chunks = new Encoder().encode({ ...packet });
      expect(namespaceOfText(chunks[0])).to.be(namespace);
      let decoded = 0;
      const countDecoder = () => {
        decoded++;
        return new Decoder();
      };
      expect(namespaceOf(chunks, true, countDecoder)).to.be(namespace);
      expect(decoded).to.be(0);
      // a custom parser may use the same format
      expect(namespaceOf(chunks, false, () => new Decoder())).to.be(namespace);
    });
  }

  it("is found in the output of another parser", () => {
    const chunks = new msgpack.Encoder().encode({
      type: PacketType.EVENT,
      nsp: "/chat",
      data: ["a", Buffer.alloc(1)],
    }) as unknown as Uint8Array[];
    expect(namespaceOf(chunks, false, () => new msgpack.Decoder() as unknown as Decoder)).to.be("/chat");
  });

  it("is unknown if the first chunk cannot be parsed", () => {
    expect(namespaceOf(["{}"], false, () => new Decoder())).to.be(undefined);
    expect(namespaceOf([Buffer.alloc(1)], true, () => new Decoder())).to.be(undefined);
  });
});
