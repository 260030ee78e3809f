import expect from "expect.js";
import {
  BINARY,
  INCOMPLETE,
  NOT_SIMPLE,
  readHeader,
  type SimpleFrame,
  splitFrame,
  TEXT,
  textFrame,
  unmask,
  writeHeader,
} from "../../../../lib/connection/fast/frames";

const frame: SimpleFrame = { opcode: 0, mask: 0, length: 0 };

/** A frame as a client sends it. */
function masked(opcode: number, payload: Buffer, key = Buffer.from([0x12, 0x34, 0x56, 0x78])): Buffer {
  const header = Buffer.alloc(10);
  const length = writeHeader(header, opcode, payload.length);
  header[1] |= 0x80;
  return Buffer.concat([
    header.subarray(0, length),
    key,
    payload.map((byte, index) => byte ^ key[index & 3]),
  ]);
}

describe("a frame that is written", () => {
  it("has the shortest header for its length, and can be split [71]", () => {
    for (const [length, header] of [
      [0, 2],
      [125, 2],
      [126, 4],
      [65_535, 4],
      [65_536, 10],
    ]) {
      const text = "x".repeat(length);
      const [start, payload] = splitFrame(textFrame(text));
      expect(start.length).to.be(header);
      expect(payload.toString()).to.be(text);
    }
  });

  it("is UTF-8", () => {
    expect(splitFrame(textFrame("é€😀"))[1].toString("utf8")).to.be("é€😀");
  });
});

describe("a frame that is read", () => {
  it("is known by its header, at any offset and for any length", () => {
    for (const opcode of [TEXT, BINARY]) {
      for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
        const bytes = Buffer.concat([Buffer.from("before"), masked(opcode, Buffer.alloc(length, "a"))]);
        expect(readHeader(bytes, 6, 0, frame)).to.be(bytes.length);
        expect(frame.opcode).to.be(opcode);
        expect(frame.length).to.be(length);
      }
    }
  });

  it("is incomplete until its header is there", () => {
    const bytes = masked(TEXT, Buffer.alloc(65_536));
    for (let cut = 0; cut < 10; cut++) {
      expect(readHeader(bytes.subarray(0, cut), 0, 0, frame)).to.be(INCOMPLETE);
    }
    expect(readHeader(bytes.subarray(0, 10), 0, 0, frame)).to.be(bytes.length);
  });

  it("is left to others if it is anything but a whole, masked text or binary frame", () => {
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
    })) {
      expect([what, readHeader(bytes, 0, 0, frame)]).to.eql([what, NOT_SIMPLE]);
    }
  });

  it("is left to others if it is too large", () => {
    const hello = masked(TEXT, Buffer.from("hello"));
    expect(readHeader(hello, 0, 5, frame)).to.be(hello.length);
    expect(readHeader(hello, 0, 4, frame)).to.be(NOT_SIMPLE);
  });
});

describe("unmasking", () => {
  it("gives the payload back, of any length, and tells whether it is ASCII", () => {
    for (let length = 0; length < 20; length++) {
      for (const [character, isAscii] of [
        ["a", true],
        ["\xff", false],
      ] as const) {
        const payload = Buffer.alloc(length, "x", "latin1");
        if (length > 0) {
          payload.write(character, length - 1, "latin1");
        }
        const bytes = masked(TEXT, payload);
        readHeader(bytes, 0, 0, frame);
        expect(unmask(bytes, frame.mask, frame.length)).to.be(isAscii || length === 0);
        expect(bytes.subarray(-length || bytes.length).equals(payload)).to.be(true);
      }
    }
  });
});
