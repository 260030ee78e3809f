/** Compresses and decompresses synchronously, with streams of zlib that are used again for each message. */
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync, type ZlibOptions } from "node:zlib";

/** A stream of zlib, with the members behind its methods, which also work synchronously. */
interface RawStream extends EventEmitter {
  readonly destroyed: boolean;
  readonly _handle: {
    reset(): void;
    writeSync(
      flush: number,
      input: Buffer,
      inputStart: number,
      inputLength: number,
      output: Buffer,
      outputStart: number,
      outputLength: number,
    ): void;
  };
  /** After a write, the number of free bytes in the output, and of unused bytes of the input. */
  readonly _writeState: Uint32Array;
}

const { Z_SYNC_FLUSH } = constants;

/** The bytes that are written to the output at once; streams of zlib have chunks of this size by default. */
const CHUNK = 16 * 1024;

/** The bytes at the end of compressed data that a message omits (RFC 7692, section 7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** A block with one byte, which follows a message to check that it has ended where a block may begin. */
const PROBE = Buffer.from([0x00, 0x01, 0x00, 0xfe, 0xff, 0x58]);

const END = Buffer.concat([TAIL, PROBE]);

/** The memory for the output of all streams, from the first message on; more than `MAX_KEPT` is not kept for the next one. */
let output = Buffer.alloc(0);
const MAX_KEPT = 64 * CHUNK;

/** One stream of zlib, and the streams that replace it after an error. */
class SyncStream {
  private stream: RawStream | undefined = undefined;
  /** The number of bytes that the last call has not used. */
  left = 0;

  constructor(private readonly create: () => unknown) {}

  reset(): void {
    if (this.stream?.destroyed === false) {
      this.stream._handle.reset();
      return;
    }
    this.stream = this.create() as RawStream;
    // each write returns its error too
    this.stream.on("error", () => {});
  }

  /**
   * Processes the input from `start` to `end`. Returns the number of bytes in `output`; -1 for malformed input, and for more
   * than `most` bytes.
   */
  process(input: Buffer, start: number, end: number, most: number): number {
    const stream = this.stream as RawStream;
    if (output.length === 0 || output.length > MAX_KEPT) {
      output = Buffer.allocUnsafeSlow(4 * CHUNK);
    }
    let next = start;
    let length = 0;
    for (;;) {
      stream._handle.writeSync(Z_SYNC_FLUSH, input, next, end - next, output, length, CHUNK);
      if (stream.destroyed) {
        return -1;
      }
      const [free, left] = stream._writeState;
      next = end - left;
      length += CHUNK - free;
      if (length > most) {
        return -1;
      }
      if (free > 0) {
        this.left = left;
        return length;
      }
      if (output.length < length + CHUNK) {
        output = Buffer.concat([output, output], output.length * 2);
      }
    }
  }
}

/** Compresses messages, each of them with a context of its own. */
export class Deflater {
  private readonly stream: SyncStream;

  constructor(options: ZlibOptions) {
    this.stream = new SyncStream(() => createDeflateRaw(options));
  }

  /** Returns the compressed bytes without their tail, in memory that the next call overwrites. */
  deflate(input: Buffer, start: number): Buffer {
    this.stream.reset();
    const length = this.stream.process(input, start, input.length, Number.POSITIVE_INFINITY);
    return output.subarray(0, length - TAIL.length);
  }
}

/** Decompresses messages. */
export class Inflater {
  private readonly stream: SyncStream;
  /** Memory for the input: a message with its end. */
  private input = Buffer.allocUnsafeSlow(CHUNK);
  private readonly blockHeader = Buffer.alloc(5);

  constructor(options: ZlibOptions) {
    this.stream = new SyncStream(() => createInflateRaw(options));
  }

  /**
   * Returns a message of at most `most` bytes that is compressed with a context, if there is one, in new memory. Returns
   * undefined if it is larger or malformed, or does not end where the next message can begin.
   */
  inflate(message: Buffer, context: Buffer | undefined, most: number): Buffer | undefined {
    const { stream } = this;
    stream.reset();
    if (context) {
      // as a block that is not compressed (RFC 1951, section 3.2.4), the context enters the window
      this.blockHeader.writeUInt16LE(context.length, 1);
      this.blockHeader.writeUInt16LE(0xffff - context.length, 3);
      stream.process(this.blockHeader, 0, this.blockHeader.length, 0);
      stream.process(context, 0, context.length, context.length);
    }
    const end = message.length + END.length;
    if (end > this.input.length) {
      this.input = Buffer.allocUnsafeSlow(2 * end);
    }
    message.copy(this.input);
    END.copy(this.input, message.length);
    const length = stream.process(this.input, 0, end, most + 1);
    const isWhole =
      length > 0 &&
      stream.left === 0 &&
      output[length - 1] === PROBE[PROBE.length - 1] &&
      !endsWithProbe(length);
    return isWhole ? Buffer.from(output.subarray(0, length - 1)) : undefined;
  }
}

/** Whether all bytes of the probe are in the output: then they have become part of a block of the message. */
function endsWithProbe(length: number): boolean {
  return length >= PROBE.length && PROBE.compare(output, length - PROBE.length, length) === 0;
}

let works: boolean | undefined;

/** Whether the streams of this version of Node.js work synchronously. The first call runs the check. */
export function zlibWorks(): boolean {
  if (works === undefined) {
    works = check();
    output = Buffer.alloc(0);
  }
  return works;
}

function check(): boolean {
  const texts = ["a", "a text, and again a text", "0123456789".repeat(CHUNK / 4)];
  try {
    const deflater = new Deflater({});
    const inflater = new Inflater({});
    return (
      texts.every((text, index) => {
        const plain = Buffer.from(text);
        const context = index > 0 ? Buffer.from(texts[index - 1]) : undefined;
        const deflated = Buffer.from(deflater.deflate(plain, 0));
        const dictionary = context ? { dictionary: context } : {};
        const dependent = deflateRawSync(plain, { ...dictionary, finishFlush: Z_SYNC_FLUSH }).subarray(
          0,
          -TAIL.length,
        );
        return (
          inflater.inflate(deflated, undefined, plain.length)?.equals(plain) &&
          inflater.inflate(deflated, undefined, plain.length - 1) === undefined &&
          inflater.inflate(dependent, context, plain.length)?.equals(plain)
        );
      }) && inflater.inflate(Buffer.from([0xff, 0xff]), undefined, CHUNK) === undefined
    );
  } catch {
    return false;
  }
}
