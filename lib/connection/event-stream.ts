/** Writes messages to an event stream, which is the body of a response, once per turn of the event loop. */
import { ServerResponse } from "node:http";
import process from "node:process";
import type { Duplex } from "node:stream";
import { cachedInTurn } from "./cached-in-turn";
import { flushLater, flushNow, type Outbox } from "./fast/outbox";

/** The number of bytes that are buffered within a turn; more are written at once. */
const MAX_BUFFERED = 64 * 1024;

/** The transport that writes to the stream. */
export interface StreamOwner {
  /** Called when the last message was sent; the operating system may not have accepted it yet. */
  onSent(): void;
  /** Called when the operating system has not accepted everything, after messages were written. */
  onBlocked(): void;
  /** Called when the operating system has accepted everything. */
  onUnblocked(): void;
  /** Called when the client has closed its connection. */
  onCut(): void;
}

const { write } = ServerResponse.prototype;

/**
 * The stream of one client. It bypasses the response of Node.js, which passes each message to the operating system by
 * itself, and the parts of its chunk (RFC 9112, section 7.1) separately. That takes several times as long.
 */
export class EventStream implements Outbox {
  frames: undefined | Buffer | Buffer[] = undefined;
  readonly isCorked = false;
  /** The TCP connection; a response to a pipelined request has none until the responses before it are complete. */
  stream!: Duplex;
  /** The number of bytes in `frames`. */
  private buffered = 0;
  /** Whether the operating system has not accepted everything. */
  isBlocked = false;
  private hasBegun = false;
  /** Whether the connection is closed; a response over HTTP/2 has no property `destroyed`. */
  private isClosed = false;

  constructor(
    readonly response: ServerResponse,
    private readonly owner: StreamOwner,
  ) {
    response.on("error", ignore);
    response.on("close", this.onClose);
    const connection = response.req?.socket;
    if (!response.socket && connection) {
      // Node.js emits no "close" on a response to a pipelined request until the responses before it are complete
      queued(connection).add(this);
    }
  }

  /** @internal Called when the connection is closed. */
  readonly onClose = (): void => {
    this.isClosed = true;
    queues.get(this.response.req?.socket)?.delete(this);
    if (!this.response.writableEnded) {
      this.owner.onCut();
    }
  };

  /** Sends the headers, unless messages were sent with them. */
  begin(): void {
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.response.flushHeaders();
    }
  }

  /** Whether the stream accepts messages. */
  get isOpen(): boolean {
    return !this.response.writableEnded;
  }

  /** The response, as long as the operating system has not accepted all of it. */
  get pendingResponse(): ServerResponse | undefined {
    const { response } = this;
    return response.writableFinished || response.destroyed || this.isClosed ? undefined : response;
  }

  /** The number of bytes that the operating system has not accepted yet. */
  get bufferedAmount(): number {
    return this.buffered + (this.response.writableLength ?? 0);
  }

  /** Sends messages. The owner sends no others until `onSent()`. */
  send(messages: string): void {
    if (!this.hasBegun || !this.writesChunks) {
      this.hasBegun = true;
      this.response.write(messages, this.onWritten);
      return;
    }
    this.stream = this.response.socket as Duplex;
    const chunk = chunkOf(messages);
    const { frames } = this;
    if (!frames) {
      this.frames = chunk;
      flushLater(this);
    } else if (Array.isArray(frames)) {
      frames.push(chunk);
    } else {
      this.frames = [frames, chunk];
    }
    this.buffered += chunk.length;
    if (this.buffered > MAX_BUFFERED) {
      flushNow(this);
    }
    process.nextTick(reportSent, this.owner);
  }

  /** Whether the chunks can bypass the response: not over HTTP/2 and HTTP/1.0, and not if its method was replaced. */
  private get writesChunks(): boolean {
    const { response } = this;
    return response.chunkedEncoding && response.write === write && response.socket?.writable === true;
  }

  /** @internal Writes the chunks. */
  write(bytes: Buffer | undefined): void {
    this.buffered = 0;
    if (bytes) {
      this.stream.write(bytes, this.onChunksWritten);
      if (this.stream.writableLength > 0) {
        this.isBlocked = true;
        this.owner.onBlocked();
      }
    }
  }

  private readonly onWritten = (error?: Error | null): void => {
    if (!error) {
      this.owner.onSent();
    }
  };

  private readonly onChunksWritten = (error?: Error | null): void => {
    if (!error && this.isBlocked && this.stream.writableLength === 0) {
      this.isBlocked = false;
      this.owner.onUnblocked();
    }
  };

  /** Writes what is buffered until the end of the turn. */
  flush(): void {
    flushNow(this);
  }

  /** Ends the stream with these messages. */
  end(messages: string): void {
    flushNow(this);
    this.response.end(messages);
  }

  destroy(): void {
    this.response.destroy();
  }
}

/** The streams in responses to pipelined requests, by connection. */
const queues = new WeakMap<Duplex, Set<EventStream>>();

/** Returns the streams on a connection that are closed with it. */
function queued(connection: Duplex): Set<EventStream> {
  const present = queues.get(connection);
  if (present) {
    return present;
  }
  const streams = new Set<EventStream>();
  queues.set(connection, streams);
  connection.once("close", () => {
    for (const stream of streams) {
      stream.onClose();
    }
  });
  return streams;
}

function reportSent(owner: StreamOwner): void {
  owner.onSent();
}

/** Returns the chunk of some messages (RFC 9112, section 7.1). */
const chunkOf = cachedInTurn((messages) =>
  Buffer.from(`${Buffer.byteLength(messages).toString(16)}\r\n${messages}\r\n`),
);

function ignore(): void {}
