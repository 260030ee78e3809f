/** Those who wait until a connection has taken what was sent. */
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

/** The connection is listened to only while somebody waits. */
export class Drained {
  private readonly waiters = new Set<Waiter>();
  private stopWatching?: () => void;

  constructor(private readonly connection: EngineConnection) {}

  /** Resolves when no more than `below` bytes wait; rejects when the owner leaves first, or the signal says so. */
  wait(owner: object, { below = 0, signal }: DrainedOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const most = bytes("below", below);
      signal?.throwIfAborted();
      if (this.backlog() <= most) {
        resolve();
        return;
      }
      const onAbort = () => waiter.settle({ reason: signal?.reason });
      const waiter: Waiter = {
        owner,
        below: most,
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

  /** What waits; for a connection that breaks, it waits for ever. */
  private backlog(): number {
    // of what waits for the end of the turn nobody would tell when it is taken
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

  /** The owner has left. */
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
