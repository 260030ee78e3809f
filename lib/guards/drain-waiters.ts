/** Implements socket.drained(): waits until few enough bytes are buffered for a connection. */
import { backlogOf, flush, isOpen, watchBacklog } from "../connection/backlog";
import type { EngineConnection } from "../connection/port";
import { codedError } from "../errors";
import { bytes } from "../options/checks";
import type { DrainedOptions } from "../options/limits";

interface Waiter {
  readonly owner: object;
  readonly below: number;
  settle(error?: { readonly reason: unknown }): void;
}

/** The pending `drained()` promises of one connection. Listens to the connection only while promises are pending. */
export class DrainWaiters {
  private readonly waiters = new Set<Waiter>();
  private stopWatching?: () => void;

  constructor(private readonly connection: EngineConnection) {}

  /**
   * Resolves when at most `below` bytes are buffered. Rejects if the owner is disconnected or the signal is aborted
   * first.
   */
  wait(owner: object, { below = 0, signal }: DrainedOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const max = bytes("below", below);
      signal?.throwIfAborted();
      if (this.backlog() <= max) {
        resolve();
        return;
      }
      const onAbort = () => waiter.settle({ reason: signal?.reason });
      const waiter: Waiter = {
        owner,
        below: max,
        settle: (error) => {
          signal?.removeEventListener("abort", onAbort);
          this.remove(waiter);
          error ? reject(error.reason) : resolve();
        },
      };
      signal?.addEventListener("abort", onAbort);
      this.waiters.add(waiter);
      this.stopWatching ??= watchBacklog(this.connection, () => this.check());
    });
  }

  /** The number of buffered bytes; infinite if the connection is closing, since they will never be sent. */
  private backlog(): number {
    // frames that are buffered until the end of the turn are written now, since no event reports when they are written
    flush(this.connection);
    return isOpen(this.connection) ? backlogOf(this.connection) : Number.POSITIVE_INFINITY;
  }

  private check(): void {
    const waiting = this.backlog();
    for (const waiter of this.waiters) {
      if (waiting <= waiter.below) {
        waiter.settle();
      }
    }
  }

  /** Rejects the promises of an owner that is disconnected. */
  abandon(owner: object): void {
    for (const waiter of this.waiters) {
      if (waiter.owner === owner) {
        waiter.settle({ reason: codedError("SOCKET_DISCONNECTED") });
      }
    }
  }

  private remove(waiter: Waiter): void {
    this.waiters.delete(waiter);
    if (this.waiters.size === 0) {
      this.stopWatching?.();
      this.stopWatching = undefined;
    }
  }
}
