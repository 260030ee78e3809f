/** A connection in simulated time: both directions, and the server's side of it. */
import type { SimulatedTime, Timer } from "./simulated-time";

interface ConnectionWorld {
  readonly time: SimulatedTime;
  readonly settings: { readonly pingInterval: number; readonly pingTimeout: number };
  readonly adapter: { readonly sids: ReadonlyMap<string, Set<string>> };
  /** The latency of a message. */
  latency(): number;
  /** The server's side is closed. */
  leave(connection: Connection): void;
}

/** The client's side. */
export interface ConnectionEnd {
  take(connection: Connection, message: string): void;
  lose(connection: Connection): void;
  left(connection: Connection): void;
}

/** The messages in one direction: they remain in order, and are dropped when the connection is cut. */
export class Line {
  private lastDown = 0;
  private lastUp = 0;
  isDead = false;

  constructor(private readonly world: ConnectionWorld) {}

  down(message: string, take: (message: string) => void): void {
    const due = Math.max(this.lastDown, this.world.time.now + this.world.latency());
    this.lastDown = due;
    this.world.time.happen(due - this.world.time.now, () => this.isDead || take(message));
  }

  up(run: () => void): void {
    const due = Math.max(this.lastUp, this.world.time.now + this.world.latency());
    this.lastUp = due;
    this.world.time.happen(
      due - this.world.time.now,
      () => this.isDead || this.world.time.reachServer(0, run),
    );
  }
}

/** The server's side of a connection: sends pings, and closes without an answer in time. */
export class Connection {
  private interval?: Timer;
  private timeout?: Timer;
  private hasRefreshed = false;
  isOpen = true;
  readonly handshake = {};
  readonly data = {};
  readonly acks = new Map();
  readonly client = {
    writeToEngine: ([text]: string[]) => this.write(text),
  };

  constructor(
    readonly world: ConnectionWorld,
    readonly line: Line,
    readonly owner: ConnectionEnd,
    readonly id: string,
    readonly pid: string,
    readonly since: string | undefined,
  ) {
    this.interval = world.time.timer(world.settings.pingInterval, () => this.ping());
  }

  get rooms(): Set<string> {
    return this.world.adapter.sids.get(this.id) ?? new Set();
  }

  write(message: string): void {
    if (this.isOpen) {
      this.line.down(message, (text) => this.owner.take(this, text));
    }
  }

  private ping(): void {
    this.hasRefreshed = false;
    this.write("ping");
    this.timeout = this.world.time.timer(this.world.settings.pingTimeout, () => this.end());
  }

  pong(): void {
    this.timeout?.cancel();
    this.timeout = undefined;
    this.interval?.refresh();
  }

  /** The client sends a message other than a pong. */
  hear(): void {
    if (this.timeout && !this.hasRefreshed) {
      this.hasRefreshed = true;
      this.timeout.refresh();
    }
  }

  end(): void {
    if (this.isOpen) {
      this.isOpen = false;
      this.interval?.cancel();
      this.timeout?.cancel();
      this.line.down("end", () => this.owner.lose(this));
      this.world.leave(this);
    }
  }
}
