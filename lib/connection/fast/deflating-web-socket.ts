/** The WebSocket of the fast path for servers with permessage-deflate. */
import { isAscii as isAsciiBytes, isUtf8 } from "node:buffer";
import process from "node:process";
import type { ServerOptions } from "ws";
import { inNextTurn, onExit } from "../../at-load";
import type { StockDeflate } from "../stock";
import { type Bytes, bufferOver, type SendCallback } from "./bytes";
import { Context } from "./context";
import type { Agreement, Agreements, SlowFrame } from "./deflate";
import { Fifo } from "./fifo";
import { binaryFrame, TEXT } from "./frames";
import { type Frame, maskAgain, NOT_SIMPLE, readCompressedFrame, WHOLE } from "./read";
import { closedError, FastWebSocket } from "./web-socket";

/** The options of ws, and the agreements of its clients. */
export interface DeflatingOptions extends ServerOptions {
  readonly agreements?: Agreements;
}

/** A frame that is compressed later, or follows such a frame. */
interface WaitingFrame {
  readonly plain: Buffer;
  readonly isShared: boolean;
  readonly done: SendCallback | undefined;
  /** Present as soon as it is known that it is compressed later. */
  slow?: SlowFrame | undefined;
}

/** The frames that wait, in their order. There may be very many of them. */
class WaitingFrames {
  private readonly frames = new Fifo<WaitingFrame>();
  /** The number of their uncompressed bytes. */
  bytes = 0;

  get first(): WaitingFrame | undefined {
    return this.frames.first;
  }

  add(frame: WaitingFrame): void {
    this.frames.add(frame);
    this.bytes += frame.plain.length;
  }

  /** Removes the first frame. */
  next(): WaitingFrame | undefined {
    const first = this.frames.next();
    this.bytes -= first?.plain.length ?? 0;
    return first;
  }
}

/** zlib copies a context in about this part of the time in which it decompresses as many bytes. */
const CONTEXT_SHARE = 8;

/** The message of the compressed frame that was read last, until it is reported. */
let inflated: Buffer | undefined;

/** The bytes that may be decompressed for one WebSocket in a turn of the event loop; ws decompresses more in other threads. */
const MAX_IN_TURN = 1024 * 1024;

/** The WebSocket that has read compressed messages last in this turn, and their decompressed bytes. */
let reader: DeflatingWebSocket | undefined;
let bytesInTurn = 0;

function endTurn(): void {
  reader = undefined;
}

/** The WebSockets with waiting frames. */
const waitingSockets = new Set<DeflatingWebSocket>();

onExit(() => {
  for (const each of [...waitingSockets]) {
    each.onExit();
  }
});

/**
 * Compresses and decompresses the messages of a client that has agreed on permessage-deflate.
 *
 * While a frame waits until it is compressed, in another thread or in a later turn, the WebSocket is blocked, as if the
 * operating system accepted no data; frames that are sent nevertheless wait in their order.
 */
export class DeflatingWebSocket extends FastWebSocket {
  private readonly agreements: Agreements | undefined;
  /** Undefined if the client has not agreed. */
  private deflate: Agreement | undefined = undefined;
  /** The context of the client, if it keeps one and has compressed a message. */
  private context: Context | undefined = undefined;
  private waiting: WaitingFrames | undefined = undefined;

  constructor(address: null, protocols: undefined, options: DeflatingOptions) {
    super(address, protocols, options);
    this.agreements = options.agreements;
  }

  protected override servedExtensions(): object | undefined {
    this.deflate = this.agreements?.find(this._extensions as Partial<Record<string, StockDeflate>>);
    return this.deflate?.extensions ?? super.servedExtensions();
  }

  protected override readExtended(bytes: Buffer, offset: number, maxPayload: number, frame: Frame): number {
    const { deflate } = this;
    const mayInflate = deflate && (reader !== this || bytesInTurn < MAX_IN_TURN);
    const outcome = mayInflate ? readCompressedFrame(bytes, offset, maxPayload, frame) : NOT_SIMPLE;
    if (!deflate || outcome !== WHOLE) {
      return outcome;
    }
    const context = this.context?.bytes;
    const message = deflate.inflate(bytes.subarray(frame.start, frame.end), context);
    if (!message || (frame.opcode === TEXT && !isUtf8(message))) {
      maskAgain(bytes, frame);
      return NOT_SIMPLE;
    }
    if (deflate.contextSize > 0) {
      this.context ??= new Context();
      this.context.add(message, deflate.contextSize);
    }
    this.count(message.length + (context?.length ?? 0) / CONTEXT_SHARE);
    inflated = message;
    return WHOLE;
  }

  private count(bytes: number): void {
    if (reader !== this) {
      if (!reader) {
        inNextTurn(endTurn);
      }
      reader = this;
      bytesInTurn = 0;
    }
    bytesInTurn += bytes;
  }

  protected override reportFrame(
    opcode: number,
    bytes: Buffer,
    start: number,
    end: number,
    isAscii: boolean,
  ): void {
    const message = inflated;
    if (message) {
      inflated = undefined;
      super.reportFrame(opcode, message, 0, message.length, isAsciiBytes(message));
    } else {
      super.reportFrame(opcode, bytes, start, end, isAscii);
    }
  }

  override sendFrame(plain: Buffer, done?: SendCallback): void {
    this.compress({ plain, isShared: false, done });
  }

  override sendSharedFrame(plain: Buffer, done?: SendCallback): void {
    if (this.deflate) {
      this.compress({ plain, isShared: true, done });
    } else {
      super.sendSharedFrame(plain, done);
    }
  }

  override sendBinary(data: Bytes, done?: SendCallback): void {
    if (this.deflate) {
      this.sendFrame(binaryFrame(bufferOver(data)), done);
    } else {
      super.sendBinary(data, done);
    }
  }

  private compress(frame: WaitingFrame): void {
    if (this.waiting) {
      this.waiting.add(frame);
    } else if (!this.sendAtOnce(frame)) {
      this.waiting = new WaitingFrames();
      this.waiting.add(frame);
      waitingSockets.add(this);
      this.owner?.onBlocked();
    }
  }

  /** Sends a frame, or returns `false` if it is compressed later. */
  private sendAtOnce(frame: WaitingFrame): boolean {
    const { plain, isShared, done } = frame;
    const compressed = this.compressed(frame);
    if (compressed) {
      super.sendFrame(compressed, done);
      return true;
    }
    frame.slow ??= this.deflate?.compressor.startSlow(plain, isShared);
    frame.slow?.waiters.push(() => this.continueSending());
    return false;
  }

  /** Returns the frame to send; undefined while it is not compressed. */
  private compressed({ plain, isShared, slow }: WaitingFrame): Buffer | undefined {
    const { deflate } = this;
    if (!deflate?.compresses(plain)) {
      return plain;
    }
    return slow ? slow.compressed : deflate.compressor.frame(plain, isShared);
  }

  /** Sends the frames that wait, up to one that is not compressed yet. */
  private continueSending(): void {
    const { waiting } = this;
    if (!waiting?.first?.slow?.compressed || !this.isFast) {
      return;
    }
    for (let frame: WaitingFrame | undefined = waiting.first; frame; frame = waiting.first) {
      if (!this.sendAtOnce(frame)) {
        return;
      }
      waiting.next();
    }
    this.stopWaiting();
    if (!this.isBlocked) {
      this.owner?.onUnblocked();
    }
  }

  /** Frames that would block the main thread for too long if they were compressed now are sent uncompressed. */
  protected override finishSending(): void {
    const { waiting } = this;
    this.stopWaiting();
    for (let frame = waiting?.next(); frame; frame = waiting?.next()) {
      super.sendFrame(this.compressed(frame) ?? frame.plain, frame.done);
    }
  }

  private stopWaiting(): void {
    if (this.waiting) {
      this.waiting = undefined;
      waitingSockets.delete(this);
    }
  }

  /** @internal Sends the frames that wait, since they are not compressed any more, and the packets after them. */
  onExit(): void {
    if (this.isFast && this.isOpen) {
      this.finishSending();
      this.owner?.beforeEnd();
      this.finishSending();
    }
  }

  protected override handOver(): void {
    const { deflate } = this;
    if (deflate && this.isFast && this.isOpen) {
      this._extensions = deflate.extensionsAfter(this.context?.bytes);
      this.context = undefined;
    }
    const wasWaiting = this.waiting !== undefined;
    super.handOver();
    if (wasWaiting) {
      // later, since the caller has not sent its own frame yet
      process.nextTick(() => !this.isBlocked && this.owner?.onUnblocked());
    }
  }

  override get isBlocked(): boolean {
    return this.waiting !== undefined || super.isBlocked;
  }

  protected override get hasUnsent(): boolean {
    return this.waiting !== undefined || super.hasUnsent;
  }

  override get bufferedAmount(): number {
    return super.bufferedAmount + (this.waiting?.bytes ?? 0);
  }

  /** @internal */
  override onStreamClose(): void {
    super.onStreamClose();
    const { waiting } = this;
    this.stopWaiting();
    if (waiting) {
      const error = closedError();
      for (let frame = waiting.next(); frame; frame = waiting.next()) {
        frame.done?.(error);
      }
    }
  }
}
