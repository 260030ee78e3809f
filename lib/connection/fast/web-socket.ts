/** A WebSocket that reads and writes simple frames by itself, and becomes a stock one for everything else. */
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { StockWebSocket, sharedSettings, type WebSocketSettings } from "../stock-web-socket";
import { Backpressure, type Writer } from "./backpressure";
import { type Bytes, bufferOver, isCallback, isSimple, type SendCallback } from "./bytes";
import { BINARY, PROBE_ANSWER, textFrame, writeHeader } from "./frames";
import { mayHaveListeners, withoutListeners } from "./lean-emitter";
import { flushLater, flushNow, type Outbox } from "./outbox";
import { type Frame, INCOMPLETE, NOT_SIMPLE, Pieces, readFrame } from "./read";
import { reportEvents, type StreamOwner, stopReporting } from "./stream-events";

/** Takes what comes in over a WebSocket. */
export interface WebSocketOwner {
  onMessage(message: string | Buffer): void;
  onWebSocketError(error: Error): void;
  /** Something that was sent could not be written. */
  onWriteError(error: Error): void;
  onWebSocketClose(): void;
  /** The peer will send nothing more; what is sent now still leaves. */
  onPeerEnd(): void;
  /** The kernel has not taken what was written. */
  onBlocked(): void;
  /** The kernel has taken all that was written. */
  onUnblocked(): void;
}

/** More than this is written at once, in bytes: a long run of synchronous work must not gather it. */
const FLUSH_AT = 64 * 1024;

/** A payload from this size on is not copied behind its header, in bytes. */
const LARGE = 16 * 1024;

/** The members that streams of the network have. */
type NetworkStream = Duplex & {
  readonly encrypted?: boolean;
  setTimeout?(ms: number): void;
  setNoDelay?(): void;
};

const NO_EXTENSIONS = Object.freeze({});

const EMPTY = Buffer.alloc(0);

/** One object for all frames: its fields are read before the next frame is. */
const frame: Frame = { opcode: 0, start: 0, end: 0, isAscii: false };

/**
 * Serves one connection.
 *
 * Frames that are sent wait in an outbox for the end of the turn. Whole, masked text and binary frames are read straight
 * from the chunks of the stream. At anything else (fragments, control frames, extensions, invalid UTF-8, too large a
 * message, `close()`, `ping()`, …) the stream is handed over to the code of the `ws` package, at a frame boundary and for
 * good.
 */
export class FastWebSocket extends StockWebSocket implements StreamOwner, Outbox, Writer {
  frames: undefined | Buffer | Buffer[] = undefined;
  isCorked = false;
  /** Whether frames are still read and written here. */
  isFast = false;

  private owner: WebSocketOwner | undefined = undefined;
  private settings: WebSocketSettings | undefined = undefined;
  /** Bytes whose frames from `offset` on are not handled yet. */
  private unread: Buffer | undefined = undefined;
  private offset = 0;
  /** What has arrived of a frame that is incomplete. */
  private pieces: Pieces | undefined = undefined;
  private queued = 0;
  /** Made when the operating system first falls behind; for an encrypted stream, at the start. */
  private backpressure: Backpressure | undefined = undefined;

  get stream(): Duplex {
    return this._socket as Duplex;
  }

  /** @internal The WebSocket server calls it when the handshake is done. */
  override setSocket(stream: Duplex, head: Buffer, settings: WebSocketSettings): void {
    if (Object.keys(this._extensions).length > 0) {
      super.setSocket(stream, head, settings);
      return;
    }
    const socket = stream as NetworkStream;
    this.settings = sharedSettings(settings);
    this.isFast = true;
    this._extensions = NO_EXTENSIONS;
    this._socket = socket;
    socket.setTimeout?.(0);
    socket.setNoDelay?.();
    if (head.length > 0) {
      socket.unshift(head);
    }
    reportEvents(socket, this);
    if (socket.encrypted) {
      this.backpressure = new Backpressure(this, stream, true);
    }
    this._readyState = WebSocket.OPEN;
    if (stream.writableCorked > 0) {
      // the response to the upgrade waits for the first frames
      this.isCorked = true;
      flushLater(this);
    }
    this.emit("open");
  }

  /** Has somebody take what comes in, before the listeners of the events do. */
  serve(owner: WebSocketOwner): void {
    this.owner = owner;
    // those of the engine, for the time before there was an owner
    this.removeAllListeners("error");
    withoutListeners(this);
  }

  /** What the owner would listen to is told to it directly, before the listeners. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { owner } = this;
    switch (owner && event) {
      case "message":
        owner?.onMessage(args[1] ? (args[0] as Buffer) : String(args[0]));
        break;
      case "close":
        owner?.onWebSocketClose();
        break;
      case "error":
        owner?.onWebSocketError(args[0] as Error);
        return this.listenerCount("error") > 0 && super.emit(event, ...args);
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
      // a listener is busy with an earlier frame: the loop that has called it goes on with this
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
      for (let rest = chunk; rest !== undefined; rest = this.unread) {
        const outcome = readFrame(rest, this.offset, maxPayload, frame);
        if (outcome === NOT_SIMPLE) {
          this.unread = rest;
          this.handOver();
          return;
        }
        const { opcode, start, end, isAscii } = frame;
        if (outcome === INCOMPLETE) {
          this.unread = undefined;
          this.pieces = new Pieces(rest.subarray(this.offset), end - rest.length);
          return;
        }
        this.unread = end === rest.length ? undefined : rest;
        this.offset = end;
        this.takeFrame(opcode, rest, start, end, isAscii);
      }
    } catch (error) {
      // what a listener throws is not swallowed, nor are the frames behind the one it was called for
      process.nextTick(() => this.readFrames(this.unread));
      throw error;
    }
  }

  private takeFrame(opcode: number, chunk: Buffer, start: number, end: number, isAscii: boolean): void {
    if (opcode === BINARY) {
      const payload = chunk.subarray(start, end);
      this.owner?.onMessage(payload);
      super.emit("message", payload, true);
      return;
    }
    this.owner?.onMessage(chunk.toString(isAscii ? "latin1" : "utf8", start, end));
    if (mayHaveListeners(this)) {
      super.emit("message", chunk.subarray(start, end), false);
    }
  }

  /** The chunks that were read and not handled. */
  private takeRest(): Buffer[] {
    const chunks = this.pieces?.chunks ?? (this.unread ? [this.unread.subarray(this.offset)] : []);
    this.unread = undefined;
    this.pieces = undefined;
    return chunks;
  }

  /** Gives the stream to the stock code, with the bytes that were read and not handled. */
  private handOver(): void {
    if (!this.isFast || !this.isOpen) {
      return;
    }
    this.isFast = false;
    const rest = this.takeRest();
    flushNow(this);
    const socket = this.stream;
    stopReporting(socket);
    // a flowing stream would not look at what is put back
    const paused = socket.isPaused();
    socket.pause();
    // one by one, since the stock code counts them
    for (const chunk of rest.reverse()) {
      socket.unshift(chunk);
    }
    super.setSocket(socket, EMPTY, this.settings as WebSocketSettings);
    if (!paused) {
      socket.resume();
    }
  }

  override get bufferedAmount(): number {
    return this.isFast ? this.queued + this.stream.writableLength : super.bufferedAmount;
  }

  override send(data: unknown, options?: unknown, callback?: SendCallback): void {
    const done = typeof options === "function" ? (options as SendCallback) : callback;
    if (this.isOver) {
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
        // the client waits for it to go on with the upgrade
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
    this.queued += bytes.length;
    if (this.queued > FLUSH_AT) {
      flushNow(this);
    }
    if (done) {
      this.callBack(done);
    }
  }

  /** Writes what was sent, now. */
  flush(): void {
    flushNow(this);
  }

  /** Sends bytes as a binary message. */
  sendBinary(data: Bytes, done?: SendCallback): void {
    const payload = bufferOver(data);
    const header = Buffer.allocUnsafe(10 + (payload.length < LARGE ? payload.length : 0));
    const headerEnd = writeHeader(header, BINARY, payload.length);
    if (payload.length < LARGE) {
      payload.copy(header, headerEnd);
      this.sendFrame(header.subarray(0, headerEnd + payload.length), done);
      return;
    }
    this.sendFrame(header.subarray(0, headerEnd));
    flushNow(this);
    this.write(payload);
    if (done) {
      this.callBack(done);
    }
  }

  /** Calls back in the next tick or, if the operating system is behind, when it has accepted everything. */
  private callBack(done: SendCallback): void {
    if (this.backpressure?.isBlocked) {
      this.backpressure.withhold(done);
    } else {
      process.nextTick(done);
    }
  }

  /** Whether the operating system has not accepted yet what was written. */
  get isBlocked(): boolean {
    return this.backpressure?.isBlocked === true;
  }

  /** @internal Gives bytes to the stream, and what was corked. */
  write(bytes: Buffer | undefined): void {
    const { stream } = this;
    if (bytes) {
      stream.write(bytes, this.backpressure?.onWritten);
    }
    if (this.isCorked) {
      this.isCorked = false;
      stream.uncork();
    }
    this.queued = 0;
    if (stream.writableLength !== 0) {
      this.backpressure ??= new Backpressure(this, stream, false);
      this.backpressure.block(bytes !== undefined && this.backpressure.onWritten !== undefined);
    }
  }

  /** @internal */
  onBlocked(): void {
    this.owner?.onBlocked();
  }

  /** @internal */
  onUnblocked(error: Error | undefined): void {
    if (error) {
      this.owner?.onWriteError(error);
    }
    this.owner?.onUnblocked();
  }

  override close(code?: number, reason?: string | Buffer): void {
    if (!this.isOver) {
      this.handOver();
      super.close(code, reason);
    }
  }

  override ping(...args: unknown[]): void {
    if (this.isOver) {
      this.fail(args.find(isCallback));
    } else {
      this.handOver();
      super.ping(...args);
    }
  }

  override pong(...args: unknown[]): void {
    if (this.isOver) {
      this.fail(args.find(isCallback));
    } else {
      this.handOver();
      super.pong(...args);
    }
  }

  override terminate(): void {
    if (this.isOver) {
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

  /** Whether it is ending, and the stock code was not needed until now. */
  private get isOver(): boolean {
    return this.isFast && !this.isOpen;
  }

  private fail(done?: SendCallback): void {
    if (done) {
      process.nextTick(done, new Error(`WebSocket is not open: readyState ${this._readyState} (CLOSING)`));
    }
  }

  /** @internal The peer will send nothing more. */
  onStreamEnd(): void {
    this.owner?.onPeerEnd();
    flushNow(this);
    this._readyState = WebSocket.CLOSING;
    this.stream.end();
  }

  /** @internal The stream failed. */
  onStreamError(error: NodeJS.ErrnoException): void {
    this._readyState = WebSocket.CLOSING;
    if (error.syscall === "write" || this.frames) {
      this.frames = undefined;
      this.owner?.onWriteError(error);
    }
    this.stream.destroy();
  }

  /** @internal The stream is closed. */
  onStreamClose(): void {
    this._readyState = WebSocket.CLOSED;
    this.isFast = false;
    this.isCorked = false;
    this._socket = null;
    if (this.backpressure?.isBlocked) {
      this.backpressure.unblock(closedError());
    } else if (this.frames) {
      this.owner?.onWriteError(closedError());
    }
    this.frames = undefined;
    this.emit("close", this._closeCode, this._closeMessage);
  }
}

function closedError(): Error {
  return new Error("WebSocket is not open: readyState 3 (CLOSED)");
}
