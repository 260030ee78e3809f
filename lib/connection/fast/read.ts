/** Reads simple frames, which are whole, masked text and binary frames, from bytes (RFC 6455, section 5.2). */
import { type Buffer, isUtf8 } from "node:buffer";
import { BINARY, FIN, LENGTH_16, LENGTH_64, RSV1, TEXT } from "./frames";

const MASKED = 0x80;

/** The bytes of the key with which a client masks a payload. */
const MASK_LENGTH = 4;

/** The maximum number of chunks of one frame; ws reads frames in more chunks, and enforces the option `maxBufferedChunks`. */
const MAX_PIECES = 1_024;

/** A frame that was read. */
export interface Frame {
  opcode: number;
  /** The index of the first byte of the payload, which follows the mask. */
  start: number;
  /** The index after the last byte of the payload, which ends the frame. */
  end: number;
  /** Whether all bytes of the payload are ASCII. */
  isAscii: boolean;
}

/** All bytes of the frame have arrived. */
export const WHOLE = 0;
/** The bytes end before the frame does. */
export const INCOMPLETE = 1;
/** A fragment, a control frame, a frame with an extension, an unmasked, malformed or too large frame, or invalid UTF-8. */
export const NOT_SIMPLE = 2;

/**
 * Reads the frame at `offset` into `frame`, and unmasks its payload in place. Returns one of the three values above.
 *
 * If the frame is `INCOMPLETE`, `frame.end` is the length that `bytes` must have before more of the frame can be read. If it
 * is `NOT_SIMPLE`, the bytes are unchanged.
 */
export function readFrame(bytes: Buffer, offset: number, maxPayload: number, frame: Frame): number {
  const outcome = readHeader(bytes, offset, maxPayload, frame);
  if (outcome !== WHOLE) {
    return outcome;
  }
  const { opcode, start, end } = frame;
  frame.isAscii = unmask(bytes, start, end);
  if (opcode === TEXT && !frame.isAscii && !isUtf8(bytes.subarray(start, end))) {
    unmask(bytes, start, end);
    return NOT_SIMPLE;
  }
  return WHOLE;
}

/**
 * Reads the frame of a compressed message in the same way, and unmasks its payload in place. The frame is whole, or
 * `INCOMPLETE`; anything else is `NOT_SIMPLE`.
 */
export function readCompressedFrame(bytes: Buffer, offset: number, maxPayload: number, frame: Frame): number {
  const opcode = bytes[offset] & ~(FIN | RSV1);
  if (bytes[offset] !== (FIN | RSV1 | opcode) || (opcode !== TEXT && opcode !== BINARY)) {
    return NOT_SIMPLE;
  }
  const outcome = readLength(bytes, offset, maxPayload, frame);
  if (outcome === WHOLE) {
    frame.opcode = opcode;
    unmask(bytes, frame.start, frame.end);
  }
  return outcome;
}

/** Masks the payload of a frame again, in place. */
export function maskAgain(bytes: Buffer, { start, end }: Frame): void {
  unmask(bytes, start, end);
}

/** Reads the opcode, and the start and the end of the payload. */
function readHeader(bytes: Buffer, offset: number, maxPayload: number, frame: Frame): number {
  const available = bytes.length - offset;
  if (available < 1) {
    return incompleteHeader(bytes, frame);
  }
  const opcode = bytes[offset] & ~FIN;
  // FIN must be set, and the reserved bits must not be set
  if (bytes[offset] !== (FIN | opcode) || (opcode !== TEXT && opcode !== BINARY)) {
    return NOT_SIMPLE;
  }
  frame.opcode = opcode;
  return readLength(bytes, offset, maxPayload, frame);
}

/** Reads the start and the end of the payload. */
function readLength(bytes: Buffer, offset: number, maxPayload: number, frame: Frame): number {
  const available = bytes.length - offset;
  if (available < 2) {
    return incompleteHeader(bytes, frame);
  }
  const second = bytes[offset + 1];
  if ((second & MASKED) === 0) {
    return NOT_SIMPLE;
  }
  let length = second & ~MASKED;
  let mask = offset + 2;
  if (length === LENGTH_16) {
    if (available < 4) {
      return incompleteHeader(bytes, frame);
    }
    length = bytes.readUInt16BE(mask);
    mask += 2;
  } else if (length === LENGTH_64) {
    if (available < 10) {
      return incompleteHeader(bytes, frame);
    }
    if (bytes.readUInt32BE(mask) !== 0) {
      return NOT_SIMPLE;
    }
    length = bytes.readUInt32BE(mask + 4);
    mask += 8;
  }
  if (maxPayload > 0 && length > maxPayload) {
    return NOT_SIMPLE;
  }
  frame.start = mask + MASK_LENGTH;
  frame.end = frame.start + length;
  return frame.end > bytes.length ? INCOMPLETE : WHOLE;
}

function incompleteHeader(bytes: Buffer, frame: Frame): number {
  frame.end = bytes.length + 1;
  return INCOMPLETE;
}

/** Unmasks a payload in place, with the key before it; returns whether all unmasked bytes are ASCII. */
function unmask(bytes: Buffer, start: number, end: number): boolean {
  const mask = start - MASK_LENGTH;
  const m0 = bytes[mask];
  const m1 = bytes[mask + 1];
  const m2 = bytes[mask + 2];
  const m3 = bytes[mask + 3];
  const even = start + ((end - start) & ~3);
  let seen = 0;
  let i = start;
  for (; i < even; i += 4) {
    const b0 = bytes[i] ^ m0;
    const b1 = bytes[i + 1] ^ m1;
    const b2 = bytes[i + 2] ^ m2;
    const b3 = bytes[i + 3] ^ m3;
    bytes[i] = b0;
    bytes[i + 1] = b1;
    bytes[i + 2] = b2;
    bytes[i + 3] = b3;
    seen |= b0 | b1 | b2 | b3;
  }
  for (; i < end; i++) {
    const b = bytes[i] ^ bytes[mask + ((i - start) & 3)];
    bytes[i] = b;
    seen |= b;
  }
  return seen < 0x80;
}

/** The chunks of an incomplete frame. */
export class Pieces {
  readonly chunks: Buffer[];

  /** @param missing the number of bytes that must arrive before more of the frame can be read */
  constructor(
    first: Buffer,
    private missing: number,
  ) {
    this.chunks = [first];
  }

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.missing -= chunk.length;
  }

  /** Whether there are more chunks than the option `maxBufferedChunks` or `MAX_PIECES` allows. */
  areTooMany(maxBufferedChunks = MAX_PIECES): boolean {
    return this.chunks.length > MAX_PIECES || this.chunks.length > maxBufferedChunks;
  }

  /** Whether further bytes must arrive before more of the frame can be read. */
  get areIncomplete(): boolean {
    return this.missing > 0;
  }
}
