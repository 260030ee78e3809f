/** Destroys what closed connections leave open: their TCP streams, or responses that the clients do not read. */
import { completeLimits } from "../options/limits";
import type { EngineTransport, Remains } from "./port";
import { StockWebSocket } from "./stock";

/** Returns what the connection of a transport still occupies; undefined if nothing. */
export function remainsOf({ socket, pendingResponse }: EngineTransport): Remains | undefined {
  const remains = socket instanceof StockWebSocket ? socket._socket : pendingResponse;
  return remains && !remains.destroyed ? remains : undefined;
}

/** The time in which the clients of one server can read what was sent to them before the end (`limits.closeTimeoutMs`). */
export class CloseDeadline {
  /** Whether the engines of the server are closed, and its HTTP server is being closed. */
  isClosing = false;
  private count = 0;
  /** What is still open, with functions that destroy it. */
  private readonly pending = new Map<Remains, () => void>();
  private readonly sweeps = new Set<() => void>();

  constructor(readonly milliseconds: number = completeLimits().closeTimeoutMs) {}

  /** The number of streams and responses that were destroyed before their clients had read or ended them. */
  get destroyed(): number {
    return this.count;
  }

  /**
   * To be called when the Engine.IO session is closed: destroys what it leaves open in time, and at once the stream of a
   * WebSocket whose peer has ended its side.
   */
  apply(transport: EngineTransport): void {
    const remains = remainsOf(transport);
    if (!remains) {
      return;
    }
    const { socket } = transport;
    if (socket instanceof StockWebSocket && socket._socket?.readableEnded) {
      this.count += remains.writableLength > 0 ? 1 : 0;
      destroy(remains, transport);
      return;
    }
    this.destroyInTime(remains, this.milliseconds, transport);
  }

  /** Destroys what a session that is about to be closed leaves open, after a number of milliseconds. */
  applyWithin(transport: EngineTransport, milliseconds: number): void {
    const remains = remainsOf(transport);
    if (remains) {
      this.destroyInTime(remains, milliseconds, transport);
    }
  }

  /** Destroys a stream or a response after a number of milliseconds, but no later than others, unless it is closed by then. */
  destroyInTime(remains: Remains, milliseconds: number, transport?: EngineTransport): void {
    const { pending } = this;
    if (pending.has(remains)) {
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      pending.delete(remains);
    };
    const end = () => {
      stop();
      if (!remains.destroyed) {
        this.count++;
        destroy(remains, transport);
      }
    };
    const timer = setTimeout(end, Math.min(milliseconds, this.milliseconds)).unref();
    pending.set(remains, end);
    remains.once("close", stop);
  }

  /** Calls a function that closes the HTTP server. Node.js destroys unread responses in this call, which count too. */
  countIn<Result>(close: () => Result): Result {
    const unread = [...this.pending.keys()].filter(({ writableLength }) => writableLength > 0);
    const result = close();
    this.count += unread.filter(({ destroyed, socket }) => destroyed || socket?.destroyed).length;
    return result;
  }

  /**
   * Calls a function at the end of the time, and repeatedly after that, until the returned function is called. The function
   * destroys connections and returns their number.
   */
  repeat(destroyUnused: () => number): () => void {
    const sweep = () => {
      this.count += destroyUnused();
    };
    const timer = setInterval(sweep, this.milliseconds).unref();
    this.sweeps.add(sweep);
    return () => {
      clearInterval(timer);
      this.sweeps.delete(sweep);
    };
  }

  /** Destroys at once what is still open. */
  expire(): void {
    for (const sweep of this.sweeps) {
      sweep();
    }
    for (const end of [...this.pending.values()]) {
      end();
    }
  }
}

/**
 * Destroys the stream of a WebSocket at once. Without the error, Node.js would create one for each write that is still
 * buffered; there may be hundreds of thousands.
 */
export function destroyStream({ socket }: EngineTransport): void {
  if (socket instanceof StockWebSocket) {
    socket._socket?.destroy(new Error("The connection was closed before all data was sent"));
  }
}

function destroy(remains: Remains, transport: EngineTransport | undefined): void {
  if (transport?.socket instanceof StockWebSocket) {
    destroyStream(transport);
  }
  // does nothing if it is the same stream
  remains.destroy();
}
