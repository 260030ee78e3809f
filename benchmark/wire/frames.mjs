/** Encodes and decodes WebSocket frames (RFC 6455, section 5; RFC 7692 for compressed frames). */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

const finalText = 0x81;
const compressedBit = 0x40;
/** The opcode of a close frame; those of messages are smaller, those of pings and pongs are larger. */
const close = 8;
/** The bytes that a compressed message omits at its end (RFC 7692, section 7.2.1). */
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const sync = { finishFlush: constants.Z_SYNC_FLUSH };

/** A mask; a benchmark does not need a random one. */
const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** A text frame as servers send it. */
export function serverFrame(text, { deflate = false } = {}) {
  const payload = payloadOf(text, deflate);
  return Buffer.concat([header(payload.length, deflate, 0), payload]);
}

/** A text frame as clients send it: masked. */
export function clientFrame(text, { deflate = false } = {}) {
  const payload = payloadOf(text, deflate);
  for (let i = 0; i < payload.length; i++) {
    payload[i] ^= mask[i & 3];
  }
  return Buffer.concat([header(payload.length, deflate, 0x80), mask, payload]);
}

function payloadOf(text, deflate) {
  const payload = Buffer.from(text);
  return deflate ? deflateRawSync(payload, sync).subarray(0, -tail.length) : payload;
}

function header(length, deflate, maskBit) {
  const first = finalText | (deflate ? compressedBit : 0);
  if (length < 126) {
    return Buffer.from([first, maskBit | length]);
  }
  if (length <= 0xffff) {
    return Buffer.from([first, maskBit | 126, length >> 8, length & 0xff]);
  }
  const long = Buffer.alloc(10);
  long[0] = first;
  long[1] = maskBit | 127;
  long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}

/**
 * The complete messages at the start of what a server sent, as text, up to a close frame. For the few frames of a
 * handshake, and for messages whose contents matter; the others are only counted.
 *
 * @param {Buffer} bytes
 * @returns {{ texts: string[], rest: Buffer, closed: boolean }}
 */
export function readMessages(bytes) {
  const texts = [];
  let rest = bytes;
  for (;;) {
    const frame = firstFrame(rest);
    if (!frame || frame.opcode === close) {
      return { texts, rest, closed: frame !== undefined };
    }
    if (frame.opcode < close) {
      texts.push(frame.text);
    }
    rest = rest.subarray(frame.end);
  }
}

function firstFrame(bytes) {
  if (bytes.length < 2) {
    return undefined;
  }
  const short = bytes[1] & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) {
    return undefined;
  }
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const end = start + length;
  if (bytes.length < end) {
    return undefined;
  }
  const payload = bytes.subarray(start, end);
  const plain = bytes[0] & compressedBit ? inflateRawSync(Buffer.concat([payload, tail]), sync) : payload;
  return { opcode: bytes[0] & 0x0f, text: plain.toString(), end };
}
