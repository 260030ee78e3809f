/** Delays the callbacks of messages until the operating system has accepted all bytes that were written before. */
import type { Duplex } from "node:stream";
import type { SendCallback } from "./bytes";

/** The WebSocket that writes to a stream. */
export interface Writer {
  /** Called when the operating system has not accepted all written bytes at once. */
  onBlocked(): void;
  /** Called when the operating system has accepted all written bytes, or a write has failed. */
  onUnblocked(error: Error | undefined): void;
}

const EMPTY = Buffer.alloc(0);

/** The backpressure of one connection; only connections that need it have such an object. */
export class Backpressure {
  /** Whether the operating system has not accepted all written bytes yet. */
  isBlocked = false;
  /** The callback for each write to an encrypted stream, which never completes a write synchronously. */
  readonly onWritten: ((error?: Error | null) => void) | undefined;
  private withheld: SendCallback[] = [];

  constructor(
    private readonly writer: Writer,
    private readonly stream: Duplex,
    isEncrypted: boolean,
  ) {
    this.onWritten = isEncrypted
      ? (error) => {
          if (this.isBlocked && (error || stream.writableLength === 0)) {
            this.unblock(error);
          }
        }
      : undefined;
  }

  /** Waits for the operating system to accept all bytes. `hasCallback`: whether the last write was given {@link onWritten}. */
  block(hasCallback: boolean): void {
    if (this.isBlocked) {
      return;
    }
    this.isBlocked = true;
    this.writer.onBlocked();
    if (!hasCallback) {
      // an empty write completes when all writes before it have completed
      this.stream.write(EMPTY, (error) => this.unblock(error));
    }
  }

  /** Calls the callback when the operating system has accepted all bytes. */
  withhold(callback: SendCallback): void {
    this.withheld.push(callback);
  }

  /** Calls all withheld callbacks. */
  unblock(error?: Error | null): void {
    this.isBlocked = false;
    const callbacks = this.withheld;
    this.withheld = [];
    for (const callback of callbacks) {
      callback(error ?? undefined);
    }
    this.writer.onUnblocked(error ?? undefined);
  }
}
