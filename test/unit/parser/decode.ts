import expect from "expect.js";
import { Decoder, type Packet } from "socket.io-parser";
import { decodeSimple } from "../../../lib/parser/decode";

/** The result of the general decoder for a text: a packet, the message of its error, or nothing yet. */
function generic(text: string): Packet | string | undefined {
  const decoder = new Decoder();
  let result: Packet | string | undefined;
  decoder.on("decoded", (packet: Packet) => {
    result = packet;
  });
  try {
    decoder.add(text);
  } catch (error) {
    result = (error as Error).message;
  }
  return result;
}

describe("the decoder for common packets", () => {
  const usual = [
    "0",
    '0{"token":"abc"}',
    "0/chat,",
    '0/chat,{"token":"abc"}',
    "1",
    "1/chat,",
    '2["hello"]',
    '2["hello",1,{"a":[null,true]},"ü😀"]',
    "2[1,2]",
    '2/chat,["hello"]',
    '2/chat?token=a,["hello"]',
    '212["hello"]',
    '2/chat,0["hello"]',
    "31[]",
    "357461882329529268[1]",
    "3123456789012345678901234567890[1]",
    '3/chat,123456789["answer"]',
  ];
  for (const text of usual) {
    it(`returns for ${text} the same as the general decoder`, () => {
      const packet = decodeSimple(text);
      expect(packet).to.eql(generic(text));
      expect(Object.keys(packet as Packet).sort()).to.eql(Object.keys(generic(text) as Packet).sort());
    });
  }

  const others = [
    "",
    "0/chat",
    '0["hello"]',
    "0null",
    '0{"token":',
    "00{}",
    "1{}",
    "1/chat",
    "2",
    "2[",
    "2{}",
    "2[]",
    "2[{}]",
    "2[null]",
    '2["disconnect"]',
    '2["connect_error"]',
    '2["hello"',
    '2["hello"]x',
    "2/chat",
    '2 ["hello"]',
    '2-1["hello"]',
    '21.5["hello"]',
    '51-["hello",{"_placeholder":true,"num":0}]',
    '9["hello"]',
    "3{}",
    "3",
  ];
  for (const text of others) {
    it(`leaves ${JSON.stringify(text)} to the general decoder`, () => {
      expect(decodeSimple(text)).to.be(undefined);
    });
  }
});
