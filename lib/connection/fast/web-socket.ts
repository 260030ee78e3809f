/** The WebSocket of the fast path, which reads and writes simple frames itself, and leaves everything else to ws. */
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { sharedSettings, type WebSocketSettings } from "../stock";
import { Backpressure, type Writer } from "./backpressure";
import { type Bytes, bufferOver, isCallback, isSimple, type SendCallback } from "./bytes";
import { BINARY, binaryFrame, binaryHeader, PROBE_ANSWER, TEXT, textFrame } from "./frames";
import { freeDictionary, mayHaveListeners } from "./lean-emitter";
import { LeanWebSocket } from "./lean-web-socket";
import { flushLater, flushNow, isLate, type Outbox } from "./outbox";
import { type Frame, INCOMPLETE, NOT_SIMPLE, Pieces, readFrame } from "./read";
import {
  disableDelays,
  type NetworkStream,
  reportEvents,
  type StreamOwner,
  stopReporting,
} from "./stream-events";

/** The transport that a WebSocket belongs to, and to which it reports messages, errors and its end. */
export interface WebSocketOwner {
  /** The connection of the transport. Each text is first passed to `takeText()`, which returns `false` to decline it. */
  readonly connection: { takeText(text: string): boolean } | undefined;
  onMessage(message: string | Buffer): void;
  onError(message: string, description?: unknown): void;
  onClose(): void;
  /** Called before the last frames are written: the peer has ended its side, but may still read, or the process exits. */
  beforeEnd(): void;
  /** Called when the operating system has not accepted all written bytes at once. */
  onBlocked(): void;
  /** Called when the operating system has accepted all written bytes. */
  onUnblocked(): void;
}

/** The number of bytes above which the outbox is written before the end of the turn. */
const FLUSH_AT = 64 * 1024;

/** Binary payloads of this size and above are not copied behind their header, in bytes. */
const LARGE = 16 * 1024;

const NO_EXTENSIONS = Object.freeze({});

/** A single object for all frames: its properties are used before the next frame is read. */
const frame: Frame = { opcode: 0, start: 0, end: 0, isAscii: false };

/**
 * A WebSocket over one stream.
 *
 * Outgoing frames are buffered in an outbox until the end of the turn. Whole, masked text and binary frames are read directly
 * from the chunks of the stream. For anything else (fragments, control frames, extensions, invalid UTF-8, a message that is
 * too large, `close()`, `ping()`, …) this class hands the stream over to the code of ws, at a frame boundary and permanently.
 */
export class FastWebSocket extends LeanWebSocket implements StreamOwner, Outbox, Writer {
  frames: undefined | Buffer | Buffer[] = undefined;
  isCorked = false;
  /** Whether this class reads and writes the frames; if not, the code of ws does. */
  isFast = false;

  protected owner: WebSocketOwner | undefined = undefined;
  private settings: WebSocketSettings | undefined = undefined;
  /** The bytes that were read last; those from `offset` on are not handled yet. */
  private unread: Buffer | undefined = undefined;
  private offset = 0;
  /** The chunks of an incomplete frame. */
  private pieces: Pieces | undefined = undefined;
  /** The number of bytes in the outbox. */
  private queuedBytes = 0;
  /** Created when the operating system does not accept all bytes for the first time; for an encrypted stream, at the start. */
  private backpressure: Backpressure | undefined = undefined;

  get stream(): Duplex {
    return this._socket as Duplex;
  }

  /** @internal The WebSocket server calls it after the handshake. */
  override setSocket(stream: Duplex, head: Buffer, settings: WebSocketSettings): void {
    const extensions = this.servedExtensions();
    if (!extensions) {
      super.setSocket(stream, head, settings);
      return;
    }
    const socket: NetworkStream = stream;
    this.settings = sharedSettings(settings);
    this.isFast = true;
    this._extensions = extensions;
    this._socket = socket;
    disableDelays(socket);
    if (head.length > 0) {
      socket.unshift(head);
    }
    reportEvents(socket, this);
    if (socket.encrypted) {
      this.backpressure = new Backpressure(this, socket, true);
    }
    this._readyState = WebSocket.OPEN;
    if (socket.writableCorked > 0) {
      // the response to the upgrade is written together with the first frames
      this.isCorked = true;
      flushLater(this);
    }
    this.emit("open");
  }

  /** Returns the extensions that the client and the server have agreed on, if this class can serve them. */
  protected servedExtensions(): object | undefined {
    return Object.keys(this._extensions).length === 0 ? NO_EXTENSIONS : undefined;
  }

  /** Sets the owner, which receives messages, errors and the end before any event listener. */
  setOwner(owner: WebSocketOwner): void {
    this.owner = owner;
    // added by engine.io for the time before the WebSocket has an owner
    this.removeAllListeners("error");
    freeDictionary(this);
  }

  /** Calls the owner, then the listeners. After a hand-over, ws calls this method for messages too. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { owner } = this;
    if (owner) {
      switch (event) {
        case "message":
          args[1] ? owner.onMessage(args[0] as Buffer) : this.reportText(String(args[0]));
          break;
        case "close":
          owner.onClose();
          break;
        case "error":
          owner.onError(String(args[0]));
          return this.listenerCount("error") > 0 && super.emit(event, ...args);
      }
    }
    return super.emit(event, ...args);
  }

  /** @internal Reads the frames of a chunk. */
  read(chunk: Buffer): void {
    const { pieces } = this;
    if (pieces) {
      pieces.add(chunk);
      if (pieces.areTooMany(this.settings?.maxBufferedChunks)) {
        this.handOver();
      } else if (!pieces.areIncomplete) {
        this.pieces = undefined;
        this.offset = 0;
        this.readFrames(Buffer.concat(pieces.chunks));
      }
    } else if (this.unread) {
      // called by a listener that readFrames() has called: readFrames() reads this chunk when the listener returns
      this.unread = Buffer.concat([this.unread.subarray(this.offset), chunk]);
      this.offset = 0;
    } else {
      this.offset = 0;
      this.readFrames(chunk);
    }
  }

  private readFrames(chunk: Buffer | undefined): void {
    const { maxPayload } = this.settings as WebSocketSettings;
    try {
      for (let bytes = chunk; bytes !== undefined; bytes = this.unread) {
        let outcome = readFrame(bytes, this.offset, maxPayload, frame);
        if (outcome === NOT_SIMPLE) {
          outcome = this.readExtended(bytes, this.offset, maxPayload, frame);
        }
        if (outcome === NOT_SIMPLE) {
          this.unread = bytes;
          this.handOver();
          return;
        }
        const { opcode, start, end, isAscii } = frame;
        if (outcome === INCOMPLETE) {
          this.unread = undefined;
          this.pieces = new Pieces(bytes.subarray(this.offset), end - bytes.length);
          return;
        }
        this.unread = end === bytes.length ? undefined : bytes;
        this.offset = end;
        this.reportFrame(opcode, bytes, start, end, isAscii);
      }
    } catch (error) {
      // a listener has thrown: read the following frames in the next tick
      process.nextTick(() => this.readFrames(this.unread));
      throw error;
    }
  }

  /** Reads a frame that is not simple because of an extension; returns an outcome of `readFrame()`. */
  protected readExtended(_bytes: Buffer, _offset: number, _maxPayload: number, _frame: Frame): number {
    return NOT_SIMPLE;
  }

  /** Reports a message. A separate method, since V8 compiles the loop of `readFrames()` to slower code with these lines. */
  protected reportFrame(opcode: number, bytes: Buffer, start: number, end: number, isAscii: boolean): void {
    if (opcode === TEXT) {
      this.reportText(bytes.toString(isAscii ? "latin1" : "utf8", start, end));
    } else {
      this.owner?.onMessage(bytes.subarray(start, end));
    }
    if (mayHaveListeners(this)) {
      super.emit("message", bytes.subarray(start, end), opcode === BINARY);
    }
  }

  /** Passes a text to the connection or, if the connection declines it, to the transport. */
  private reportText(text: string): void {
    const { owner } = this;
    if (owner && !owner.connection?.takeText(text)) {
      owner.onMessage(text);
    }
  }

  /** Hands the stream over to the code of ws, including the bytes that were read but not handled. */
  protected handOver(): void {
    if (!this.isFast || !this.isOpen) {
      return;
    }
    this.isFast = false;
    const rest = this.takeRest();
    this.finishSending();
    flushNow(this);
    const { stream } = this;
    stopReporting(stream);
    // paused, since a flowing stream does not emit chunks that are put back
    const paused = stream.isPaused();
    stream.pause();
    // put back one by one, since ws counts the chunks
    for (const chunk of rest.reverse()) {
      stream.unshift(chunk);
    }
    super.setSocket(stream, Buffer.alloc(0), this.settings as WebSocketSettings);
    if (!paused) {
      stream.resume();
    }
  }

  /** Returns the chunks that were read but not handled, and removes them from this object. */
  private takeRest(): Buffer[] {
    const chunks = this.pieces?.chunks ?? (this.unread ? [this.unread.subarray(this.offset)] : []);
    this.unread = undefined;
    this.pieces = undefined;
    return chunks;
  }

  override get bufferedAmount(): number {
    return this.isFast ? this.queuedBytes + this.stream.writableLength : super.bufferedAmount;
  }

  override send(data: unknown, options?: unknown, callback?: SendCallback): void {
    const done = typeof options === "function" ? (options as SendCallback) : callback;
    if (this.isEnding) {
      this.fail(done);
      return;
    }
    if (!this.isFast || !isSimple(data, options)) {
      this.handOver();
      super.send(data, options, callback);
      return;
    }
    if (typeof data === "string") {
      this.sendFrame(textFrame(data), done);
      if (data === PROBE_ANSWER) {
        // written at once: the client continues the upgrade only after it has received this answer
        flushNow(this);
      }
    } else {
      this.sendBinary(data, done);
    }
  }

  /** Sends a whole frame. */
  sendFrame(bytes: Buffer, done?: SendCallback): void {
    if (Array.isArray(this.frames)) {
      this.frames.push(bytes);
    } else if (this.frames) {
      this.frames = [this.frames, bytes];
    } else {
      this.frames = bytes;
      if (!this.isCorked) {
        flushLater(this);
      }
    }
    this.queuedBytes += bytes.length;
    if (this.queuedBytes > FLUSH_AT) {
      flushNow(this);
    }
    if (done) {
      this.callBack(done);
    }
  }

  /** Whether `sendSharedFrame()` may be called: also after the hand-over to ws, unless it compresses messages. */
  get takesFrames(): boolean {
    return this.isOpen && (this.isFast || this._extensions === NO_EXTENSIONS);
  }

  /** Sends a whole frame that other receivers of a broadcast receive too, so that there is one copy for all of them. */
  sendSharedFrame(bytes: Buffer, done?: SendCallback): void {
    if (this.isFast) {
      this.sendFrame(bytes, done);
    } else {
      this.stream.write(bytes, (error) => done?.(error ?? undefined));
    }
  }

  /** Sends bytes as a binary message. */
  sendBinary(data: Bytes, done?: SendCallback): void {
    const payload = bufferOver(data);
    if (payload.length < LARGE) {
      this.sendFrame(binaryFrame(payload), done);
      return;
    }
    this.sendFrame(binaryHeader(payload.length));
    flushNow(this);
    this.write(payload);
    if (done) {
      this.callBack(done);
    }
  }

  /** Calls `done` in the next tick or, if the operating system has not accepted all bytes yet, as soon as it has. */
  private callBack(done: SendCallback): void {
    if (this.backpressure?.isBlocked) {
      this.backpressure.withhold(done);
    } else {
      process.nextTick(done);
    }
  }

  /** Writes the buffered frames at once. */
  flush(): void {
    flushNow(this);
  }

  /** @internal Writes bytes, if there are any, and uncorks the stream. */
  write(bytes: Buffer | undefined): void {
    const { stream } = this;
    if (bytes) {
      stream.write(bytes, this.backpressure?.onWritten);
    }
    if (this.isCorked) {
      this.isCorked = false;
      stream.uncork();
    }
    this.queuedBytes = 0;
    if (stream.writableLength !== 0) {
      this.backpressure ??= new Backpressure(this, stream, false);
      this.backpressure.block(bytes !== undefined && this.backpressure.onWritten !== undefined);
    }
  }

  /** Whether the operating system has not accepted all written bytes yet. */
  get isBlocked(): boolean {
    return this.backpressure?.isBlocked === true;
  }

  /** @internal */
  onBlocked(): void {
    this.owner?.onBlocked();
  }

  /** @internal */
  onUnblocked(error: Error | undefined): void {
    if (error) {
      this.reportWriteError(error);
    }
    this.owner?.onUnblocked();
  }

  private reportWriteError({ stack }: Error): void {
    this.owner?.onError("write error", stack);
  }

  override close(code?: number, reason?: string | Buffer): void {
    if (!this.isEnding) {
      this.handOver();
      super.close(code, reason);
    }
  }

  override ping(...args: unknown[]): void {
    if (this.isEnding) {
      this.fail(args.find(isCallback));
    } else {
      this.handOver();
      super.ping(...args);
    }
  }

  override pong(...args: unknown[]): void {
    if (this.isEnding) {
      this.fail(args.find(isCallback));
    } else {
      this.handOver();
      super.pong(...args);
    }
  }

  override terminate(): void {
    if (this.isEnding) {
      this.stream.destroy();
    } else {
      this.handOver();
      super.terminate();
    }
  }

  override pause(): void {
    this.handOver();
    super.pause();
  }

  override resume(): void {
    this.handOver();
    super.resume();
  }

  get isOpen(): boolean {
    return this._readyState === WebSocket.OPEN;
  }

  /** Whether the stream is ending without a hand-over, so that calls must not be passed to ws. */
  private get isEnding(): boolean {
    return this.isFast && !this.isOpen;
  }

  /** Whether messages were sent in this turn that are not written yet. */
  protected get hasUnsent(): boolean {
    return this.frames !== undefined && !isLate(this);
  }

  /** Adds all messages to the outbox that are not in it yet. */
  protected finishSending(): void {}

  /** Calls `done` with the error that ws reports for a message after the WebSocket has begun to close. */
  private fail(done?: SendCallback): void {
    if (done) {
      process.nextTick(done, new Error(`WebSocket is not open: readyState ${this._readyState} (CLOSING)`));
    }
  }

  /** @internal Called when the peer has ended its side of the connection. */
  onStreamEnd(): void {
    this.owner?.beforeEnd();
    this.finishSending();
    flushNow(this);
    this._readyState = WebSocket.CLOSING;
    this.stream.end();
  }

  /** @internal Called when the stream has failed. */
  onStreamError(error: NodeJS.ErrnoException): void {
    this._readyState = WebSocket.CLOSING;
    if (error.syscall === "write" || this.hasUnsent) {
      this.frames = undefined;
      this.reportWriteError(error);
    }
    this.stream.destroy();
  }

  /** @internal Called when the stream is closed. */
  onStreamClose(): void {
    this._readyState = WebSocket.CLOSED;
    this.isFast = false;
    this.isCorked = false;
    this._socket = null;
    if (this.backpressure?.isBlocked) {
      this.backpressure.unblock(closedError());
    } else if (this.hasUnsent) {
      this.reportWriteError(closedError());
    }
    this.frames = undefined;
    this.emit("close", this._closeCode, this._closeMessage);
  }
}

export function closedError(): Error {
  return new Error("WebSocket is not open: readyState 3 (CLOSED)");
}
