/** Lets connections leave in batches, each when nothing of it is on its way. */
import type { CloseReport, DrainOptions } from "./close-options";

/** A connection, as far as leaving needs it. */
export interface Departing {
  /** How many answers of the client are waited for. */
  readonly pendingAcks: number;
  /** Whether nothing waits to be sent. */
  readonly isAllSent: boolean;
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

/** One drain: it is over when nobody is left, when its time is, or when somebody cannot wait. */
export class Drain {
  private left = 0;
  private nextBatch?: NodeJS.Timeout;
  private deadline?: NodeJS.Timeout;
  private end?: (report: CloseReport) => void;

  /** `connections` gives those that are there at the moment. */
  constructor(
    private readonly connections: () => readonly Departing[],
    private readonly options: Readonly<Required<DrainOptions>>,
  ) {}

  /** Resolves with the report in which those who are there still are counted as closed. */
  run(): Promise<CloseReport> {
    return new Promise((resolve) => {
      this.end = resolve;
      this.deadline = setTimeout(() => this.finish(), this.options.timeoutMs);
      this.letLeave();
    });
  }

  private letLeave(): void {
    const { batchSize, intervalMs } = this.options;
    const connections = this.connections();
    const batch = connections.filter(isDone).slice(0, batchSize);
    for (const connection of batch) {
      this.left++;
      try {
        connection.leave();
      } catch {
        // as when all leave at once: whatever the handlers of one do, the others leave too
      }
    }
    if (this.connections().length === 0) {
      this.finish();
    } else if (this.end) {
      this.nextBatch = setTimeout(() => this.letLeave(), intervalMs);
    }
  }

  /** Ends it now. */
  finish(): void {
    clearTimeout(this.nextBatch);
    clearTimeout(this.deadline);
    const { end } = this;
    this.end = undefined;
    if (end) {
      const rest = costOfClosing(this.connections());
      end({ ...rest, disconnected: this.left + rest.disconnected });
    }
  }
}
