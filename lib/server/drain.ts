/** Lets connections leave in batches, each when nothing of it is on its way. */
import type { CloseReport, DrainOptions } from "../options/close-options";

/** A connection, as far as leaving needs it. */
export interface Departing {
  /** How many answers of the client are waited for. */
  readonly pendingAcks: number;
  /** Whether nothing waits to be sent. */
  readonly isAllSent: boolean;
  /** Whether it needs further HTTP requests. */
  readonly isPolling: boolean;
  leave(): void;
}

/** What closing these connections now would cut. */
export function costOfClosing(connections: readonly Departing[]): CloseReport {
  return {
    disconnected: connections.length,
    cut: connections.filter((connection) => !isDone(connection)).length,
    pendingAcks: connections.reduce((sum, { pendingAcks }) => sum + pendingAcks, 0),
  };
}

function isDone({ pendingAcks, isAllSent }: Departing): boolean {
  return isAllSent && pendingAcks === 0;
}

/**
 * One drain: it is over when no connection is left, when its time is over, or when {@link finish} is called.
 *
 * If the HTTP server is to be closed, the connections over long-polling leave first, all of them, since they need it. Then
 * it stops listening, and the others leave in batches: where another process takes over the port, it accepts them.
 */
export class Drain {
  private readonly report = { disconnected: 0, cut: 0, pendingAcks: 0 };
  private nextBatch?: NodeJS.Timeout;
  private deadline?: NodeJS.Timeout;
  private end?: (report: CloseReport) => void;
  /** Those over long-polling may take so long: half of the time. */
  private isLate = false;
  private halfTime?: NodeJS.Timeout;

  /** `connections` returns those that are open at the moment; `stopListening` is undefined if the HTTP server stays. */
  constructor(
    private readonly connections: () => readonly Departing[],
    private readonly options: Readonly<Required<DrainOptions>>,
    private stopListening?: () => void,
  ) {}

  /** Resolves with the report in which the connections that are still open are counted as closed. */
  run(): Promise<CloseReport> {
    const { timeoutMs } = this.options;
    return new Promise((resolve) => {
      this.end = resolve;
      this.deadline = setTimeout(() => this.finish(), timeoutMs);
      this.halfTime = setTimeout(() => {
        this.isLate = true;
      }, timeoutMs / 2);
      this.letLeave();
    });
  }

  private letLeave(): void {
    const { batchSize, intervalMs } = this.options;
    if (this.stopListening) {
      const polling = this.polling();
      this.dismiss(this.isLate ? polling : polling.filter(isDone));
    }
    if (this.stopListening && this.polling().length === 0) {
      this.stopListening();
      this.stopListening = undefined;
    }
    if (!this.stopListening) {
      this.dismiss(this.connections().filter(isDone).slice(0, batchSize));
    }
    if (this.connections().length === 0) {
      this.finish();
    } else if (this.end) {
      this.nextBatch = setTimeout(() => this.letLeave(), intervalMs);
    }
  }

  private polling(): Departing[] {
    return this.connections().filter(({ isPolling }) => isPolling);
  }

  private dismiss(connections: readonly Departing[]): void {
    this.count(connections);
    for (const connection of connections) {
      try {
        connection.leave();
      } catch {
        // as when all leave at once: whatever the handlers of one do, the others leave too
      }
    }
  }

  private count(connections: readonly Departing[]): void {
    const { disconnected, cut, pendingAcks } = costOfClosing(connections);
    this.report.disconnected += disconnected;
    this.report.cut += cut;
    this.report.pendingAcks += pendingAcks;
  }

  /** Ends it now. */
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
