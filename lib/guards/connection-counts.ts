/** Counts the open connections, in total and per network (options limits.connections and connectionsPerAddress). */
import type { EngineTransport, Remains } from "../connection/port";
import { remainsOf } from "../connection/remains";
import { type CodedError, codedError } from "../errors";
import type { Limits } from "../options/limits";

/** The members of a connection that are used to count it. */
interface CountedConnection {
  readonly transport: EngineTransport;
  on(event: "close", listener: () => void): unknown;
}

/** A client that reconnects at once need not wait until its old TCP connection is closed; in milliseconds. */
const GRACE = 5_000;

/** Counts the connections of all engines of a server, over all transports. */
export class ConnectionCounts {
  private total = 0;
  private readonly byNetwork = new Map<string, number>();

  constructor(private readonly limits: Limits) {}

  /** Returns an error if the limits do not allow another connection. */
  problem(network: string | undefined): CodedError<"CONNECTION_LIMIT" | "ADDRESS_LIMIT"> | undefined {
    const { connections, connectionsPerAddress } = this.limits;
    if (connections !== undefined && this.total >= connections) {
      return codedError("CONNECTION_LIMIT");
    }
    const fromNetwork = network === undefined ? 0 : (this.byNetwork.get(network) ?? 0);
    return connectionsPerAddress !== undefined &&
      network !== undefined &&
      fromNetwork >= connectionsPerAddress
      ? codedError("ADDRESS_LIMIT")
      : undefined;
  }

  /** Counts a connection until it is closed, and again while its client does not read the rest. */
  count(conn: CountedConnection, network: string | undefined): void {
    this.add(network, 1);
    let isCounted = true;
    conn.on("close", () => {
      if (isCounted) {
        isCounted = false;
        this.add(network, -1);
        const remains = remainsOf(conn.transport);
        remains && setTimeout(() => this.countRemains(remains, network), GRACE).unref();
      }
    });
  }

  private countRemains(remains: Remains, network: string | undefined): void {
    if (!remains.destroyed && remains.writableLength > 0) {
      this.add(network, 1);
      remains.once("close", () => this.add(network, -1));
    }
  }

  private add(network: string | undefined, change: 1 | -1): void {
    this.total += change;
    if (network === undefined) {
      return;
    }
    const count = (this.byNetwork.get(network) ?? 0) + change;
    if (count > 0) {
      this.byNetwork.set(network, count);
    } else {
      this.byNetwork.delete(network);
    }
  }
}
