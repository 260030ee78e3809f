import expect from "expect.js";
import { BINARY, TEXT, textFrame } from "../../../../lib/connection/fast/frames";
import { type Frame, INCOMPLETE, NOT_SIMPLE, readFrame, WHOLE } from "../../../../lib/connection/fast/read";
import { clientFrame } from "../../../support/websocket-frames";

const frame: Frame = { opcode: 0, start: 0, end: 0, isAscii: false };

/** A frame as a client sends it. */
const masked = (opcode: number, payload: Buffer) => clientFrame(0x80 | opcode, payload);

describe("a decoded frame", () => {
  it("is recognised by its header, at any offset and with any length", () => {
    for (const opcode of [TEXT, BINARY]) {
      for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
        const payload = Buffer.alloc(length, "a");
        const bytes = Buffer.concat([Buffer.from("before"), masked(opcode, payload), Buffer.from("behind")]);
        expect(readFrame(bytes, 6, 0, frame)).to.be(WHOLE);
        expect(frame.opcode).to.be(opcode);
        expect(frame.end).to.be(bytes.length - 6);
        expect(bytes.subarray(frame.start, frame.end).equals(payload)).to.be(true);
      }
    }
  });

  it("is incomplete until all of its bytes have arrived; the result contains the required length", () => {
    for (const length of [5, 300, 65_536]) {
      const bytes = Buffer.concat([Buffer.from("before"), masked(TEXT, Buffer.alloc(length))]);
      for (let cut = 6; cut < bytes.length; cut += cut < 30 ? 1 : 1_000) {
        expect(readFrame(bytes.subarray(0, cut), 6, 0, frame)).to.be(INCOMPLETE);
        expect([cut + 1, bytes.length]).to.contain(frame.end);
      }
      expect(readFrame(bytes.subarray(0, bytes.length - 1), 6, 0, frame)).to.be(INCOMPLETE);
      expect(frame.end).to.be(bytes.length);
    }
  });

  it("is not decoded unless it is a complete, masked text or binary frame", () => {
    const hello = masked(TEXT, Buffer.from("hello"));
    const first = (byte: number) => Buffer.concat([Buffer.from([byte]), hello.subarray(1)]);
    for (const [what, bytes] of Object.entries({
      "a fragment": first(0x01),
      "a continuation": first(0x80),
      "a ping": first(0x89),
      "a close frame": first(0x88),
      "a reserved bit": first(0xc1),
      "a reserved opcode": first(0x83),
      "an unmasked frame": textFrame("hello"),
      "a length beyond 4 GiB": Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0]),
      "invalid UTF-8": masked(TEXT, Buffer.from([0xc3, 0x28])),
    })) {
      const before = Buffer.from(bytes);
      expect([what, readFrame(bytes, 0, 0, frame)]).to.eql([what, NOT_SIMPLE]);
      expect(bytes.equals(before)).to.be(true);
    }
  });

  it("is not decoded if it is too large", () => {
    const hello = masked(TEXT, Buffer.from("hello"));
    expect(readFrame(hello, 0, 4, frame)).to.be(NOT_SIMPLE);
    expect(readFrame(hello, 0, 5, frame)).to.be(WHOLE);
  });

  it("has its unmasked payload, of any length, and whether the payload is ASCII", () => {
    for (let length = 0; length < 20; length++) {
      for (const [character, isAscii] of [
        ["a", true],
        ["\xff", false],
      ] as const) {
        const payload = Buffer.alloc(length, "x", "latin1");
        if (length > 0) {
          payload.write(character, length - 1, "latin1");
        }
        const bytes = masked(BINARY, payload);
        expect(readFrame(bytes, 0, 0, frame)).to.be(WHOLE);
        expect(frame.isAscii).to.be(isAscii || length === 0);
        expect(bytes.subarray(frame.start, frame.end).equals(payload)).to.be(true);
      }
    }
  });
});
