/** WebSocket frames as clients send them, valid and invalid (RFC 6455, section 5). */
import { isUtf8 } from "node:buffer";
import type { Random } from "../support/random";

export interface FrameOptions {
  /** FIN, the reserved bits and the opcode. */
  first: number;
  payload: Buffer;
  /** Undefined for a frame without a mask. */
  key?: Buffer;
  /** The number of length bytes beyond the shortest form: 0, 2 or 8. */
  form?: 0 | 2 | 8;
  /** The length in the header, if it is wrong. */
  claim?: bigint;
}

const KEY = Buffer.from([0x12, 0x34, 0x56, 0x78]);

/** Encodes one frame. */
export function frame({ first, payload, key, form, claim }: FrameOptions): Buffer {
  const length = claim ?? BigInt(payload.length);
  const extended = form ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8);
  const header = Buffer.alloc(2 + extended);
  header[0] = first;
  header[1] = (key ? 0x80 : 0) | (extended === 0 ? Number(length & 0x7fn) : extended === 2 ? 126 : 127);
  if (extended === 2) {
    header.writeUInt16BE(Number(length & 0xffffn), 2);
  } else if (extended === 8) {
    header.writeBigUInt64BE(BigInt.asUintN(64, length), 2);
  }
  return Buffer.concat(
    key ? [header, key, payload.map((byte, index) => byte ^ key[index & 3])] : [header, payload],
  );
}

export function textFrame(text: string): Buffer {
  return frame({ first: 0x81, payload: Buffer.from(text), key: KEY });
}

export function binaryFrame(bytes: Buffer): Buffer {
  return frame({ first: 0x82, payload: bytes, key: KEY });
}

/** A ping or a pong. */
export function controlFrame(kind: "ping" | "pong", bytes: Buffer): Buffer {
  return frame({ first: kind === "ping" ? 0x89 : 0x8a, payload: bytes, key: KEY });
}

const closeCodes = [1000, 1001, 1005, 1006, 1009, 1011, 1015, 2999, 3000, 4999, 5000, 0, 65_535];

/** Encodes a message as one or several frames, sometimes with control frames in between. */
export function message(random: Random, first: number, payload: Buffer): Buffer[] {
  if (random.chance(0.75)) {
    return [sent(random, first | 0x80, payload)];
  }
  const pieces = random
    .several(1, 4, () => random.below(payload.length + 1))
    .sort((one, other) => one - other);
  const frames: Buffer[] = [];
  let start = 0;
  for (const [index, end] of [...pieces, payload.length].entries()) {
    const isLast = index === pieces.length;
    frames.push(sent(random, (isLast ? 0x80 : 0) | (index === 0 ? first : 0), payload.subarray(start, end)));
    if (!isLast && random.chance(0.15)) {
      frames.push(control(random));
    }
    start = end;
  }
  return frames;
}

export function control(random: Random): Buffer {
  return random.weighted([
    [4, () => sent(random, 0x89, Buffer.alloc(random.pick([0, 1, 4, 125, 125, 126])))],
    [2, () => sent(random, 0x8a, Buffer.alloc(random.pick([0, 4, 125])))],
    [1, () => sent(random, 0x88, close(random))],
    [0.3, () => sent(random, random.pick([0x09, 0x0a, 0x08, 0x8b, 0x83]), Buffer.alloc(2))],
  ]);
}

function close(random: Random): Buffer {
  const code = Buffer.alloc(2);
  code.writeUInt16BE(random.pick(closeCodes));
  const reason = random.pick([Buffer.alloc(0), Buffer.from("bye"), Buffer.from([0xc3, 0x28])]);
  return random.weighted([
    [1, () => Buffer.alloc(0)],
    [0.5, () => Buffer.from([3])],
    [3, () => Buffer.concat([code, reason])],
  ]);
}

/** A valid frame, or one with a single fault. */
function sent(random: Random, first: number, payload: Buffer): Buffer {
  const key = random.chance(0.2) ? Buffer.alloc(4) : Buffer.from([1, 2, 3, 4].map(() => random.below(256)));
  if (random.chance(0.93)) {
    return frame({ first, payload, key });
  }
  return random.pick<() => Buffer>([
    () => frame({ first, payload }),
    () => frame({ first: first | random.pick([0x40, 0x20, 0x10]), payload, key }),
    () => frame({ first: (first & 0xf0) | random.below(16), payload, key }),
    () => frame({ first: first ^ 0x80, payload, key }),
    () => frame({ first, payload, key, form: random.pick([2, 8] as const) }),
    () =>
      frame({
        first,
        payload,
        key,
        form: 8,
        claim: random.pick([20_000n, 20_001n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]),
      }),
    () =>
      frame({
        first,
        payload: Buffer.concat([payload, Buffer.from([random.pick([0xff, 0xc0, 0xed, 0x80])])]),
        key,
      }),
  ])();
}

/** Bytes with a small change. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length);
  const copy = Buffer.from(bytes);
  switch (random.below(4)) {
    case 0:
      copy[at] ^= 1 << random.below(8);
      return copy;
    case 1:
      copy[at] = random.below(256);
      return copy;
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random.below(4))]);
    default:
      return Buffer.concat([copy.subarray(0, at), Buffer.from([random.below(256)]), copy.subarray(at)]);
  }
}

interface FrameInChunk {
  first: number;
  isMasked: boolean;
  /** Changes the mask, or the payload. */
  start: number;
  length: number;
  end: number;
}

/** The frames of a chunk; the last one may extend beyond the chunk. */
function frameList(chunk: Buffer): FrameInChunk[] {
  const frames: FrameInChunk[] = [];
  for (let at = 0; at + 2 <= chunk.length; ) {
    const short = chunk[at + 1] & 0x7f;
    const start = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (start > chunk.length) {
      break;
    }
    const isMasked = (chunk[at + 1] & 0x80) !== 0;
    const length =
      short === 126
        ? chunk.readUInt16BE(at + 2)
        : short === 127
          ? Number(chunk.readBigUInt64BE(at + 2))
          : short;
    const end = start + (isMasked ? 4 : 0) + length;
    frames.push({ first: chunk[at], isMasked, start, length, end });
    at = end;
  }
  return frames;
}

/** The end of each frame of a chunk; undefined if all of them are complete, masked messages. */
export function boundariesIfSpecial(chunk: Buffer): number[] | undefined {
  const frames = frameList(chunk);
  const isSpecial = frames.some(
    ({ first, isMasked, start, length }) =>
      !isMasked ||
      (first !== 0x81 && first !== 0x82) ||
      length > 20_000 ||
      (first === 0x81 && !isUtf8(unmasked(chunk, start, length))),
  );
  return isSpecial ? frames.map(({ end }) => end) : undefined;
}

/** The payloads of the frames of a chunk, if they are complete. */
export function unmaskedText(chunk: Buffer): string {
  return frameList(chunk)
    .map(({ start, length }) => unmasked(chunk, start, length).toString("latin1"))
    .join("\n");
}

function unmasked(chunk: Buffer, start: number, length: number): Buffer {
  const payload = chunk.subarray(start + 4, start + 4 + length);
  return payload.map((byte, index) => byte ^ chunk[start + (index & 3)]) as Buffer;
}
