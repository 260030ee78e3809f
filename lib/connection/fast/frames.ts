/** Writes WebSocket frames as bytes (RFC 6455, section 5.2). */

import { Buffer } from "node:buffer";

export const TEXT = 0x1;
export const BINARY = 0x2;

/** The bit in the first byte that marks the last frame of a message. */
export const FIN = 0x80;

/** The bit in the first byte that marks a compressed message (RFC 7692, section 6). */
export const RSV1 = 0x40;

/** Values of the 7-bit length: the length is in the next 2 bytes, or in the next 8 bytes. */
export const LENGTH_16 = 126;
export const LENGTH_64 = 127;

/** Returns the length of the header of an unmasked frame with a payload of `payloadLength` bytes. */
function headerLength(payloadLength: number): number {
  return payloadLength < LENGTH_16 ? 2 : payloadLength <= 0xffff ? 4 : 10;
}

/** Writes the header of an unmasked, unfragmented frame to the start of `target`. */
function writeHeader(target: Buffer, opcode: number, payloadLength: number): void {
  target[0] = FIN | opcode;
  if (payloadLength < LENGTH_16) {
    target[1] = payloadLength;
  } else if (payloadLength <= 0xffff) {
    target[1] = LENGTH_16;
    target[2] = payloadLength >> 8;
    target[3] = payloadLength & 0xff;
  } else {
    target[1] = LENGTH_64;
    target.writeUInt32BE(Math.floor(payloadLength / 2 ** 32), 2);
    target.writeUInt32BE(payloadLength >>> 0, 6);
  }
}

/** "pong" with the data "probe" (Engine.IO protocol 4, "Upgrade"). */
export const PROBE_ANSWER = "3probe";

/** The type of an Engine.IO packet that carries data (Engine.IO protocol 4, "message"). */
export const MESSAGE = "4".charCodeAt(0);

/** Returns a whole text frame in one buffer. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  return frameOf(text, length, headerLength(length), 0);
}

/** Returns a whole binary frame in one buffer. */
export function binaryFrame(payload: Buffer): Buffer {
  const header = headerLength(payload.length);
  const frame = Buffer.allocUnsafe(header + payload.length);
  writeHeader(frame, BINARY, payload.length);
  payload.copy(frame, header);
  return frame;
}

/** Returns the header of a binary frame. */
export function binaryHeader(payloadLength: number): Buffer {
  const header = Buffer.allocUnsafe(headerLength(payloadLength));
  writeHeader(header, BINARY, payloadLength);
  return header;
}

/** Returns the frame of an Engine.IO packet that carries a text. */
export function messageFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = headerLength(1 + length);
  const frame = frameOf(text, length, header, 1);
  frame[header] = MESSAGE;
  return frame;
}

/** Returns the frame of a text of `length` bytes, with `free` unused bytes before the text. */
function frameOf(text: string, length: number, header: number, free: number): Buffer {
  const frame = Buffer.allocUnsafe(header + free + length);
  writeHeader(frame, TEXT, free + length);
  frame.write(text, header + free, length === text.length ? "latin1" : "utf8");
  return frame;
}

/** Returns the length of the header of an unmasked frame. */
export function headerLengthOf(frame: Buffer): number {
  return frame[1] < LENGTH_16 ? 2 : frame[1] === LENGTH_16 ? 4 : 10;
}

/** Returns the frame of a compressed message, which has the opcode of the uncompressed frame. */
export function compressedFrame(plain: Buffer, compressed: Buffer): Buffer {
  const header = headerLength(compressed.length);
  const frame = Buffer.allocUnsafe(header + compressed.length);
  writeHeader(frame, plain[0] | RSV1, compressed.length);
  compressed.copy(frame, header);
  return frame;
}

/** Returns the header and the payload of an unmasked frame, over the same memory. */
export function splitFrame(frame: Buffer): [header: Buffer, payload: Buffer] {
  const header = headerLengthOf(frame);
  return [frame.subarray(0, header), frame.subarray(header)];
}

/** Returns a frame in one buffer. Copies nothing if its parts are adjacent in memory, as after {@link splitFrame}. */
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
