/** A WebSocket that reads and writes simple frames by itself, and becomes a stock one for everything else. */
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { sharedSettings, type WebSocketSettings } from "../stock-web-socket";
import { type Bytes, bufferOver, isCallback, isSimple, type SendCallback } from "./bytes";
import { BINARY, PROBE_ANSWER, textFrame, writeHeader } from "./frames";
import { mayHaveListeners, withoutListeners } from "./lean-emitter";
import { flushLater, flushNow, type Outbox } from "./outbox";
import { FrameReadingWebSocket } from "./read";
import type { WebSocketOwner } from "./web-socket-owner";

/** More than this is written at once, in bytes: a long run of synchronous work must not gather it. */
const FLUSH_AT = 64 * 1024;

/** A payload from this size on is not copied behind its header, in bytes. */
const LARGE = 16 * 1024;

/** The WebSocket of a stream. */
const light = Symbol("light");

type LightStream = Duplex & {
  [light]?: LightWebSocket;
  readonly encrypted?: boolean;
  setTimeout?(ms: number): void;
  setNoDelay?(): void;
};

const NO_EXTENSIONS = Object.freeze({});

const EMPTY = Buffer.alloc(0);

/**
 * Serves one connection.
 *
 * Frames that are sent wait in an outbox for the end of the turn. Whole, masked text and binary frames are read straight
 * from the chunks of the stream. At anything else (fragments, control frames, extensions, invalid UTF-8, too large a
 * message, `close()`, `ping()`, …) the stream is handed over to the code of the `ws` package, at a frame boundary and for
 * good.
 */
export class LightWebSocket extends FrameReadingWebSocket implements Outbox {
  frames: undefined | Buffer | Buffer[] = undefined;
  isCorked = false;
  /** Whether frames are still read and written here. */
  isLight = false;
  /** Whether the kernel has not taken yet what was written. */
  blocked = false;

  private owner: WebSocketOwner | undefined = undefined;
  private queued = 0;
  private withheld: SendCallback[] | undefined = undefined;
  /** Of a stream that never takes bytes at once: called for each write, when they are taken. */
  private whenTaken: ((error?: Error | null) => void) | undefined = undefined;

  get stream(): Duplex {
    return this._socket as Duplex;
  }

  /** @internal The WebSocket server calls it when the handshake is done. */
  override setSocket(stream: Duplex, head: Buffer, settings: WebSocketSettings): void {
    if (Object.keys(this._extensions).length > 0) {
      super.setSocket(stream, head, settings);
      return;
    }
    const socket = stream as LightStream;
    this.settings = sharedSettings(settings);
    this.isLight = true;
    this._extensions = NO_EXTENSIONS;
    this._socket = socket;
    socket[light] = this;
    socket.setTimeout?.(0);
    socket.setNoDelay?.();
    if (head.length > 0) {
      socket.unshift(head);
    }
    socket.on("close", onClose);
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("error", onError);
    if (socket.encrypted) {
      this.whenTaken = (error) => this.onTaken(error);
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

  /** Gives the stream to the stock code, with the bytes that were read and not handled. */
  protected override handOver(): void {
    if (!this.isLight || !this.isOpen) {
      return;
    }
    this.isLight = false;
    const rest = this.takeRest();
    flushNow(this);
    const socket = this._socket as LightStream;
    socket.removeListener("close", onClose);
    socket.removeListener("data", onData);
    socket.removeListener("end", onEnd);
    socket.removeListener("error", onError);
    socket[light] = undefined;
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
    return this.isLight ? this.queued + this.stream.writableLength : super.bufferedAmount;
  }

  override send(data: unknown, options?: unknown, callback?: SendCallback): void {
    const done = typeof options === "function" ? (options as SendCallback) : callback;
    if (this.isOver) {
      this.fail(done);
      return;
    }
    if (!this.isLight || !isSimple(data, options)) {
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
      this.settle(done);
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
    this.written(this.stream.writableLength === 0);
    if (done) {
      this.settle(done);
    }
  }

  /** Calls back in the next tick or, if the kernel is behind, when it has caught up. */
  private settle(done: SendCallback): void {
    if (this.blocked) {
      this.withheld ??= [];
      this.withheld.push(done);
    } else {
      process.nextTick(done);
    }
  }

  write(bytes: Buffer): void {
    this.whenTaken ? this.stream.write(bytes, this.whenTaken) : this.stream.write(bytes);
  }

  written(taken: boolean): void {
    const hasWritten = this.queued > 0;
    this.queued = 0;
    if (taken || this.blocked) {
      return;
    }
    this.blocked = true;
    this.owner?.onBlocked();
    if (!this.whenTaken || !hasWritten) {
      // an empty write is done when all that came before it is
      this.stream.write(EMPTY, (error) => this.unblock(error));
    }
  }

  private onTaken(error?: Error | null): void {
    if (this.blocked && (error || this._socket?.writableLength === 0)) {
      this.unblock(error);
    }
  }

  private unblock(error?: Error | null): void {
    this.blocked = false;
    const callbacks = this.withheld;
    this.withheld = undefined;
    for (const done of callbacks ?? []) {
      done(error ?? undefined);
    }
    if (error) {
      this.owner?.onWriteError(error);
    }
    this.owner?.onUnblocked();
  }

  protected override takeFrame(
    opcode: number,
    chunk: Buffer,
    start: number,
    end: number,
    isAscii: boolean,
  ): void {
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
    return this.isLight && !this.isOpen;
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
    this.isLight = false;
    this.isCorked = false;
    this._socket = null;
    if (this.blocked) {
      this.unblock(closedError());
    } else if (this.frames) {
      this.owner?.onWriteError(closedError());
    }
    this.frames = undefined;
    this.emit("close", this._closeCode, this._closeMessage);
  }
}

// the listeners of all streams are the same functions

function onData(this: LightStream, chunk: Buffer): void {
  this[light]?.read(chunk);
}

function onEnd(this: LightStream): void {
  this[light]?.onStreamEnd();
}

function onError(this: LightStream, error: Error): void {
  this.removeListener("error", onError);
  this.on("error", () => {});
  this[light]?.onStreamError(error);
}

function onClose(this: LightStream): void {
  const webSocket = this[light];
  this[light] = undefined;
  this.removeListener("data", onData);
  webSocket?.onStreamClose();
}

function closedError(): Error {
  return new Error("WebSocket is not open: readyState 3 (CLOSED)");
}
