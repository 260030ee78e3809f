/** Closes connections in batches; a connection is closed when its packets are sent and its acknowledgements have arrived. */
import type { CloseReport, DrainOptions } from "../options/close-options";

/** The members of a connection that a drain uses. */
export interface DrainedConnection {
  /** The number of acknowledgements that the client has not sent yet. */
  readonly pendingAcks: number;
  /** Whether no packets are buffered. */
  readonly isAllSent: boolean;
  /** Whether the transport needs further HTTP requests: long-polling, server-sent events. */
  readonly isPolling: boolean;
  closeForShutdown(): void;
}

/** The part of the report that concerns the connections of a drain. */
export type DrainReport = Omit<CloseReport, "destroyed" | "adapters">;

/** Returns the report for closing these connections now. */
export function reportOf(connections: readonly DrainedConnection[]): DrainReport {
  return {
    disconnected: connections.length,
    cut: connections.filter((connection) => !hasNothingPending(connection)).length,
    pendingAcks: connections.reduce((sum, { pendingAcks }) => sum + pendingAcks, 0),
  };
}

function hasNothingPending({ pendingAcks, isAllSent }: DrainedConnection): boolean {
  return isAllSent && pendingAcks === 0;
}

/**
 * A drain. It ends when no connections are left, when `timeoutMs` has elapsed, or when {@link finish} is called.
 *
 * If the HTTP server is closed too, long-polling connections are closed first and without batches, since each of their
 * requests needs the HTTP server. The HTTP server then stops listening, and the other connections are closed in batches.
 * Meanwhile another process can listen on the port and accept the clients that reconnect.
 */
export class Drain {
  /** What was closed so far. */
  readonly report = { disconnected: 0, cut: 0, pendingAcks: 0 };
  private nextBatch?: NodeJS.Timeout;
  private deadline?: NodeJS.Timeout;
  private end?: (report: DrainReport) => void;
  /** Whether half of the time has elapsed; long-polling connections are then closed unconditionally. */
  private isHalfTimeOver = false;
  private halfTime?: NodeJS.Timeout;

  /** `connections` returns the open connections; `stopListening` is `undefined` if the HTTP server is not closed. */
  constructor(
    private readonly connections: () => readonly DrainedConnection[],
    private readonly options: Readonly<Required<DrainOptions>>,
    private stopListening?: () => void,
  ) {}

  /** Starts the drain. When it ends, resolves to the report, which counts the connections that are still open too. */
  run(): Promise<DrainReport> {
    const { timeoutMs } = this.options;
    return new Promise((resolve) => {
      this.end = resolve;
      this.deadline = setTimeout(() => this.finish(), timeoutMs);
      this.halfTime = setTimeout(() => {
        this.isHalfTimeOver = true;
      }, timeoutMs / 2);
      this.closeNextBatch();
    });
  }

  private closeNextBatch(): void {
    const { batchSize, intervalMs } = this.options;
    if (this.stopListening) {
      const polling = this.polling();
      this.closeAll(this.isHalfTimeOver ? polling : polling.filter(hasNothingPending));
    }
    if (this.stopListening && this.polling().length === 0) {
      this.stopListening();
      this.stopListening = undefined;
    }
    if (!this.stopListening) {
      this.closeAll(this.connections().filter(hasNothingPending).slice(0, batchSize));
    }
    if (this.connections().length === 0) {
      this.finish();
    } else if (this.end) {
      this.nextBatch = setTimeout(() => this.closeNextBatch(), intervalMs);
    }
  }

  private polling(): DrainedConnection[] {
    return this.connections().filter(({ isPolling }) => isPolling);
  }

  private closeAll(connections: readonly DrainedConnection[]): void {
    this.count(connections);
    for (const connection of connections) {
      try {
        connection.closeForShutdown();
      } catch {
        // an error in a "disconnect" handler must not keep the other connections open
      }
    }
  }

  private count(connections: readonly DrainedConnection[]): void {
    const { disconnected, cut, pendingAcks } = reportOf(connections);
    this.report.disconnected += disconnected;
    this.report.cut += cut;
    this.report.pendingAcks += pendingAcks;
  }

  /** Ends the drain. Does not close the remaining connections. */
  finish(): void {
    clearTimeout(this.nextBatch);
    clearTimeout(this.deadline);
    clearTimeout(this.halfTime);
    const { end } = this;
    this.end = undefined;
    if (end) {
      this.count(this.connections());
      end(this.report);
    }
  }
}
