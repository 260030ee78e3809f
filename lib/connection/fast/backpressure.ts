/** Withholds the callbacks of messages while the operating system has not accepted what was written before them. */
import type { Duplex } from "node:stream";
import type { SendCallback } from "./bytes";

/** The WebSocket that writes to a stream. */
export interface Writer {
  /** The operating system has not accepted all that was written. */
  onBlocked(): void;
  /** The operating system has accepted everything, or a write has failed. */
  onUnblocked(error: Error | undefined): void;
}

const EMPTY = Buffer.alloc(0);

/** The backpressure of one connection; only connections that need it have such an object. */
export class Backpressure {
  /** Whether the operating system has not accepted yet what was written. */
  isBlocked = false;
  /** The callback for each write to an encrypted stream, which never accepts bytes at once. */
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

  /** Waits until the operating system has accepted everything; `hasCallback` if the last write has {@link onWritten}. */
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

  /** Calls the callback when the operating system has accepted everything. */
  withhold(callback: SendCallback): void {
    this.withheld.push(callback);
  }

  /** Calls all callbacks that were withheld. */
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
