/** WebSocket frames as bytes: writing whole ones, and reading the simple ones (RFC 6455, section 5.2). */

import { Buffer } from "node:buffer";

export const TEXT = 0x1;
export const BINARY = 0x2;

const FIN = 0x80;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** The length of the header of an unmasked frame with so many bytes of payload. */
export function headerLength(payloadLength: number): number {
  return payloadLength < LENGTH_16 ? 2 : payloadLength <= 0xffff ? 4 : 10;
}

/** Writes the header of an unmasked, unfragmented frame to the start of `target`; gives its length. */
export function writeHeader(target: Buffer, opcode: number, payloadLength: number): number {
  target[0] = FIN | opcode;
  if (payloadLength < LENGTH_16) {
    target[1] = payloadLength;
    return 2;
  }
  if (payloadLength <= 0xffff) {
    target[1] = LENGTH_16;
    target[2] = payloadLength >> 8;
    target[3] = payloadLength & 0xff;
    return 4;
  }
  target[1] = LENGTH_64;
  target.writeUInt32BE(Math.floor(payloadLength / 2 ** 32), 2);
  target.writeUInt32BE(payloadLength >>> 0, 6);
  return 10;
}

/** "pong" with the data "probe" (Engine.IO protocol 4, "Upgrade"). */
export const PROBE_ANSWER = "3probe";

/** The type of an Engine.IO packet that carries data (Engine.IO protocol 4, "message"). */
export const MESSAGE = "4".charCodeAt(0);

/** A whole text frame, in one buffer. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  return frameOf(text, length, headerLength(length), 0);
}

/** The frame of an Engine.IO packet that carries a text. */
export function messageFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = headerLength(1 + length);
  const frame = frameOf(text, length, header, 1);
  frame[header] = MESSAGE;
  return frame;
}

/** The frame of a text of `length` bytes, with some bytes left free in front of it. */
function frameOf(text: string, length: number, header: number, free: number): Buffer {
  const frame = Buffer.allocUnsafe(header + free + length);
  writeHeader(frame, TEXT, free + length);
  frame.write(text, header + free, length === text.length ? "latin1" : "utf8");
  return frame;
}

/** The header and the payload of an unmasked frame. */
export function splitFrame(frame: Buffer): [header: Buffer, payload: Buffer] {
  const header = frame[1] < LENGTH_16 ? 2 : frame[1] === LENGTH_16 ? 4 : 10;
  return [frame.subarray(0, header), frame.subarray(header)];
}

/** The same frame in one piece; without copying where it was one, as after {@link splitFrame}. */
export function joinFrame(parts: readonly Buffer[]): Buffer {
  const [header, payload] = parts;
  if (
    parts.length === 2 &&
    header.buffer === payload.buffer &&
    header.byteOffset + header.length === payload.byteOffset
  ) {
    return Buffer.from(header.buffer, header.byteOffset, header.length + payload.length);
  }
  return Buffer.concat(parts);
}

/** The header of a frame that a client has sent, as far as it is simple. */
export interface SimpleFrame {
  opcode: number;
  /** Where the mask begins; the payload is right behind it. */
  mask: number;
  length: number;
}

/** The first bytes of a frame are there, but not its whole header. */
export const INCOMPLETE = -1;
/** The frame is none of the simple ones: a fragment, a control frame, with an extension, unmasked or malformed. */
export const NOT_SIMPLE = -2;

/** Reads the header at `offset` into `frame`; gives where the frame ends, or one of the two values above. */
export function readHeader(chunk: Buffer, offset: number, maxPayload: number, frame: SimpleFrame): number {
  const available = chunk.length - offset;
  if (available < 1) {
    return INCOMPLETE;
  }
  const opcode = chunk[offset] & ~FIN;
  // FIN has to be set, the reserved bits not
  if (chunk[offset] !== (FIN | opcode) || (opcode !== TEXT && opcode !== BINARY)) {
    return NOT_SIMPLE;
  }
  if (available < 2) {
    return INCOMPLETE;
  }
  const second = chunk[offset + 1];
  if ((second & MASKED) === 0) {
    return NOT_SIMPLE;
  }
  let length = second & ~MASKED;
  let mask = offset + 2;
  if (length === LENGTH_16) {
    if (available < 4) {
      return INCOMPLETE;
    }
    length = chunk.readUInt16BE(mask);
    mask += 2;
  } else if (length === LENGTH_64) {
    if (available < 10) {
      return INCOMPLETE;
    }
    if (chunk.readUInt32BE(mask) !== 0) {
      return NOT_SIMPLE;
    }
    length = chunk.readUInt32BE(mask + 4);
    mask += 8;
  }
  if (maxPayload > 0 && length > maxPayload) {
    return NOT_SIMPLE;
  }
  frame.opcode = opcode;
  frame.mask = mask;
  frame.length = length;
  return mask + 4 + length;
}

/** Applies the mask that stands before the payload, in place; tells whether all bytes are ASCII then. */
export function unmask(chunk: Buffer, mask: number, length: number): boolean {
  const start = mask + 4;
  const m0 = chunk[mask];
  const m1 = chunk[mask + 1];
  const m2 = chunk[mask + 2];
  const m3 = chunk[mask + 3];
  const end = start + length;
  const even = start + (length & ~3);
  let seen = 0;
  let i = start;
  for (; i < even; i += 4) {
    const b0 = chunk[i] ^ m0;
    const b1 = chunk[i + 1] ^ m1;
    const b2 = chunk[i + 2] ^ m2;
    const b3 = chunk[i + 3] ^ m3;
    chunk[i] = b0;
    chunk[i + 1] = b1;
    chunk[i + 2] = b2;
    chunk[i + 3] = b3;
    seen |= b0 | b1 | b2 | b3;
  }
  for (; i < end; i++) {
    const b = chunk[i] ^ chunk[mask + ((i - start) & 3)];
    chunk[i] = b;
    seen |= b;
  }
  return seen < 0x80;
}
