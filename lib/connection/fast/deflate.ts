/** Compresses and decompresses the messages of all connections that have agreed on the same parameters of permessage-deflate. */
import type { Buffer } from "node:buffer";
import process from "node:process";
import { constants, deflateRaw, type ZlibOptions } from "node:zlib";
import { inNextTurn } from "../../at-load";
import type { DeflateParameters, StockDeflate } from "../stock";
import { Fifo } from "./fifo";
import { compressedFrame, headerLengthOf } from "./frames";
import { Deflater, Inflater } from "./zlib";

/** The option `perMessageDeflate`, as an object. */
export interface DeflateOptions {
  readonly sharedCompression?: boolean;
  readonly threshold?: number;
  readonly concurrencyLimit?: number;
  readonly zlibDeflateOptions?: StreamOptions;
  readonly zlibInflateOptions?: StreamOptions;
}

/** The options of streams with which each message can have a context of its own. */
type StreamOptions = Pick<ZlibOptions, "level" | "memLevel" | "strategy" | "chunkSize" | "windowBits">;

/** The name of the extension (RFC 7692, section 9.1). */
const NAME = "permessage-deflate";

/** The largest message that is decompressed on the main thread, in bytes. */
const MAX_INFLATED = 256 * 1024;

/** Frames of more bytes are compressed in another thread. */
const LARGE = 16 * 1024;

/** Frames of at most this many bytes are always compressed at once. */
const SMALL = 1024;

/** The bytes that are compressed on the main thread in a turn of the event loop, besides small frames. */
const MAX_IN_TURN = 128 * 1024;

/** The number of bytes at the end of compressed data that a message omits (RFC 7692, section 7.2.1). */
const TAIL_LENGTH = 4;

/** The size of a window if the client and the server have not agreed on a smaller one, as a power of 2. */
const WINDOW_BITS = 15;

/** The defaults of ws for the options `threshold` and `concurrencyLimit`. */
const THRESHOLD = 1024;
const CONCURRENCY = 10;

/** The bytes that were compressed on the main thread in this turn of the event loop. */
let bytesInTurn = 0;

/** Functions that compress the frames that were too many for their turn, in their order. */
const postponed = new Fifo<() => void>();

function endTurn(): void {
  bytesInTurn = 0;
  while (bytesInTurn < MAX_IN_TURN && postponed.length > 0) {
    postponed.next()?.();
  }
}

/** Whether an uncompressed frame may be compressed at once. */
function isQuick({ length }: Buffer): boolean {
  return length <= SMALL || (length <= LARGE && bytesInTurn + length <= MAX_IN_TURN);
}

/** A frame that is compressed in another thread, or in a later turn of the event loop. */
export interface SlowFrame {
  readonly plain: Buffer;
  /** The compressed frame, as soon as there is one. */
  compressed: Buffer | undefined;
  /** Called when the frame is compressed. */
  readonly waiters: (() => void)[];
}

/**
 * Compresses messages for clients with the same window, each with a context of its own. So all of these clients can
 * decompress a message, also those that keep the context of the messages before, and a broadcast is compressed only once.
 */
class Compressor {
  private readonly deflateOptions: ZlibOptions;
  private readonly deflater: Deflater;
  /** The compressed frames of broadcasts, by their uncompressed frames. */
  private readonly shared = new WeakMap<Buffer, Buffer>();
  private readonly sharedSlow = new WeakMap<Buffer, SlowFrame>();
  /** The compressed frames of packets without data, such as pings. */
  private readonly tiny = new Map<number, Buffer>();

  constructor(
    private readonly options: DeflateOptions,
    windowBits: number,
  ) {
    this.deflateOptions = { ...options.zlibDeflateOptions, windowBits };
    this.deflater = new Deflater(this.deflateOptions);
  }

  /**
   * Returns the compressed frame of a message; undefined if it has to be compressed later. All receivers of a broadcast
   * share the frame.
   */
  frame(plain: Buffer, isShared: boolean): Buffer | undefined {
    if (plain.length === 3) {
      return this.tinyFrame(plain);
    }
    if (!isShared) {
      return isQuick(plain) ? this.deflated(plain) : undefined;
    }
    let compressed = this.shared.get(plain);
    if (!compressed && isQuick(plain) && !this.sharedSlow.has(plain)) {
      compressed = this.deflated(plain);
      this.shared.set(plain, compressed);
    }
    return compressed;
  }

  private deflated(plain: Buffer): Buffer {
    if (bytesInTurn === 0) {
      inNextTurn(endTurn);
    }
    bytesInTurn += plain.length;
    return compressedFrame(plain, this.deflater.deflate(plain, headerLengthOf(plain)));
  }

  private tinyFrame(plain: Buffer): Buffer {
    const key = plain.readUInt16BE(0) * 256 + plain[2];
    let known = this.tiny.get(key);
    if (!known) {
      known = this.deflated(plain);
      this.tiny.set(key, known);
    }
    return known;
  }

  /** Compresses a frame in another thread if it is large, and otherwise in a later turn; once for all its receivers. */
  startSlow(plain: Buffer, isShared: boolean): SlowFrame {
    const known = isShared ? this.sharedSlow.get(plain) : undefined;
    if (known) {
      return known;
    }
    const slow: SlowFrame = { plain, compressed: undefined, waiters: [] };
    if (isShared) {
      this.sharedSlow.set(plain, slow);
    }
    if (plain.length > LARGE) {
      const { concurrencyLimit = CONCURRENCY } = this.options;
      inTurn(concurrencyLimit, (done) => this.compressLarge(slow, isShared, done));
    } else {
      // the current turn has compressed enough frames, so that endTurn() is scheduled
      postponed.add(() => this.complete(slow, isShared, this.deflatedOrPlain(plain)));
    }
    return slow;
  }

  private compressLarge(slow: SlowFrame, isShared: boolean, done: () => void): void {
    const { plain } = slow;
    const options = { ...this.deflateOptions, finishFlush: constants.Z_SYNC_FLUSH };
    deflateRaw(plain.subarray(headerLengthOf(plain)), options, (error, bytes) => {
      done();
      const compressed = error ? plain : compressedFrame(plain, bytes.subarray(0, -TAIL_LENGTH));
      this.complete(slow, isShared, compressed);
    });
  }

  /** Without memory for zlib, a message is sent uncompressed, which every client accepts. */
  private deflatedOrPlain(plain: Buffer): Buffer {
    try {
      return this.deflated(plain);
    } catch {
      return plain;
    }
  }

  private complete(slow: SlowFrame, isShared: boolean, compressed: Buffer): void {
    slow.compressed = compressed;
    if (isShared) {
      this.shared.set(slow.plain, compressed);
    }
    for (const waiter of slow.waiters.splice(0)) {
      // in ticks of their own: a waiter may call a listener that throws
      process.nextTick(waiter);
    }
  }
}

/** An agreement of clients with the server on the parameters of the extension. */
export class Agreement {
  /** The extensions of each WebSocket, as ws stores them. */
  readonly extensions: Record<string, StockDeflate>;
  /** The bytes of the messages of a client to which its next message may refer; 0 if it does not keep its context. */
  readonly contextSize: number;
  /** Messages with fewer bytes are not compressed. */
  private readonly threshold: number;

  constructor(
    private readonly extension: StockDeflate,
    private readonly options: DeflateOptions,
    private readonly maxPayload: number,
    readonly compressor: Compressor,
    private readonly inflater: Inflater,
  ) {
    const { params } = extension;
    this.extensions = { [NAME]: extension };
    this.contextSize = params.client_no_context_takeover ? 0 : 2 ** clientBits(params);
    this.threshold = params.server_no_context_takeover ? (options.threshold ?? THRESHOLD) : 0;
  }

  /** Whether an uncompressed frame has a message that is large enough for compression. */
  compresses(plain: Buffer): boolean {
    return this.threshold === 0 || plain.length - headerLengthOf(plain) >= this.threshold;
  }

  /** Returns a decompressed message; undefined if ws has to handle it, since it is malformed, unusual or large. */
  inflate(message: Buffer, context: Buffer | undefined): Buffer | undefined {
    const { maxPayload } = this;
    const most = maxPayload > 0 && maxPayload < MAX_INFLATED ? maxPayload : MAX_INFLATED;
    return message.length > most ? undefined : this.inflater.inflate(message, context, most);
  }

  /** Returns the extensions of a WebSocket that is handed over to ws after messages that were compressed with a context. */
  extensionsAfter(context: Buffer | undefined): Record<string, StockDeflate> {
    const { extension, options, maxPayload } = this;
    let dictionary = context;
    const zlibInflateOptions = {
      ...options.zlibInflateOptions,
      // for the first stream only: after an end of the compressed data, ws creates a stream without a context
      get dictionary() {
        const once = dictionary;
        dictionary = undefined;
        return once;
      },
    };
    const Extension = extension.constructor as new (options: object) => StockDeflate;
    const own = new Extension({ ...options, zlibInflateOptions, isServer: true, maxPayload });
    own.params = extension.params;
    return { [NAME]: own };
  }
}

/** The number of frames that are being compressed in other threads, and those that follow. */
let running = 0;
const queue = new Fifo<() => void>();

/** Runs a task as soon as fewer than `most` tasks are running. */
function inTurn(most: number, task: (done: () => void) => void): void {
  const limit = most > 0 ? most : Number.POSITIVE_INFINITY;
  const next = () => {
    running--;
    startNext(limit);
  };
  queue.add(() => task(next));
  startNext(limit);
}

function startNext(limit: number): void {
  while (running < limit && queue.length > 0) {
    running++;
    queue.next()?.();
  }
}

const STREAM_OPTIONS: readonly string[] = [
  "level",
  "memLevel",
  "strategy",
  "chunkSize",
  "windowBits",
] satisfies (keyof StreamOptions)[];

/** The agreements of the connections of one server. */
export class Agreements {
  private readonly known = new Map<string, Agreement>();
  /** One for each size of a window: clients choose the sizes, and a stream of zlib takes up to 270 kB. */
  private readonly compressors = new Map<number, Compressor>();
  private readonly inflaters = new Map<number, Inflater>();

  constructor(
    private readonly options: DeflateOptions,
    private readonly maxPayload: number,
  ) {}

  /** Whether these options allow messages that are compressed once for all receivers. */
  static allow({ sharedCompression, zlibDeflateOptions, zlibInflateOptions }: DeflateOptions): boolean {
    const given = [zlibDeflateOptions, zlibInflateOptions].flatMap((options) =>
      Object.entries(options ?? {}),
    );
    return (
      sharedCompression !== false &&
      given.every(([name, value]) => value === undefined || STREAM_OPTIONS.includes(name))
    );
  }

  /** Returns the agreement to which these extensions belong; undefined for other extensions. */
  find(extensions: Partial<Record<string, StockDeflate>>): Agreement | undefined {
    const extension = extensions[NAME];
    if (!extension) {
      return undefined;
    }
    const { params } = extension;
    return memoized(this.known, keyOf(params), () => {
      const compressor = memoized(
        this.compressors,
        serverBits(params),
        (bits) => new Compressor(this.options, bits),
      );
      const inflater = memoized(
        this.inflaters,
        clientBits(params),
        (windowBits) => new Inflater({ windowBits }),
      );
      return new Agreement(extension, this.options, this.maxPayload, compressor, inflater);
    });
  }
}

function memoized<Key, Value>(map: Map<Key, Value>, key: Key, make: (key: Key) => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make(key);
    map.set(key, value);
  }
  return value;
}

function serverBits({ server_max_window_bits: bits }: DeflateParameters): number {
  return bits ?? WINDOW_BITS;
}

function clientBits({ client_max_window_bits: bits }: DeflateParameters): number {
  return bits ?? WINDOW_BITS;
}

/** The parameters as a key; there are few hundred different ones. */
function keyOf(params: DeflateParameters): string {
  return [
    params.server_no_context_takeover,
    params.client_no_context_takeover,
    params.server_max_window_bits,
    params.client_max_window_bits,
  ].join();
}
