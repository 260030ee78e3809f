/** Provides the port through which a client uses a connection of any engine. */
import { FastConnection } from "./fast/connection";
import type { EncodedChunk, EncodedWriteOptions, EngineConnection, EnginePort, Receiver } from "./port";
import type { CloseDeadline } from "./remains";

/** Returns the port through which a client uses this connection. */
export function portOf(conn: EngineConnection, deadline: CloseDeadline): EnginePort {
  return conn instanceof FastConnection ? conn : new StockPort(conn, deadline);
}

/** Uses a connection by its public members only. */
class StockPort implements EnginePort {
  private receiver?: Receiver;

  constructor(
    private readonly conn: EngineConnection,
    private readonly deadline: CloseDeadline,
  ) {}

  open(receiver: Receiver): void {
    this.receiver = receiver;
    this.conn.on("data", this.ondata);
    this.conn.on("error", this.onError);
    this.conn.on("close", this.onClose);
  }

  private readonly ondata = (data: unknown): void => this.receiver?.ondata(data);
  private readonly onError = (error: Error): void => this.receiver?.onError(error);
  private readonly onClose: Receiver["onClose"] = (...args) => {
    this.conn.removeListener("close", this.onClose);
    this.deadline.apply(this.conn.transport);
    this.receiver?.onClose(...args);
  };

  writeChunks(chunks: readonly EncodedChunk[], options: EncodedWriteOptions): void {
    const { conn } = this;
    if (options.volatile && !conn.transport.writable) {
      return;
    }
    for (const chunk of chunks) {
      conn.write(chunk, options);
    }
  }

  release(): void {
    // the listener for "close" stays: the connection may be closed later
    this.receiver = undefined;
    this.conn.removeListener("data", this.ondata);
    this.conn.removeListener("error", this.onError);
  }
}
