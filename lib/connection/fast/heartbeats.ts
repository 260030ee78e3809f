/** Saves memory: one timer for the pings of all connections whose intervals begin at about the same time. */
import timers from "node:timers";
import { rootContext } from "../../at-load";

/** A connection that sends pings. */
export interface Pinging {
  ping(): void;
}

/** The maximum time by which a ping may be early: this many milliseconds, and this part of the interval. */
const MAX_EARLY = 10;
const MAX_EARLY_PART = 0.01;

/** The maximum interval of a timer in milliseconds. */
const MAX_INTERVAL = 2 ** 31 - 1;

/** The heartbeats of one engine. */
export class Heartbeats {
  /** The group that was created last. */
  private latest: Group | undefined;

  /** Calls `ping()` of a connection after the interval; returns `undefined` if the interval needs a timer of its own. */
  start(connection: Pinging, interval: number): Heartbeat | undefined {
    return Number.isInteger(interval) && interval >= 1 && interval <= MAX_INTERVAL
      ? new Heartbeat(this, connection, interval).refresh()
      : undefined;
  }

  /** @internal Returns the group of the heartbeats whose interval begins now. */
  groupFor(interval: number): Group {
    if (!this.latest?.accepts(interval)) {
      // so that no ping is sent in the context of another connection, or of the creation of the server
      this.latest = rootContext.runInAsyncScope(newGroup, undefined, interval);
    }
    return this.latest;
  }
}

/** The next ping of one connection, with the method of a timer that engine.io calls. */
export class Heartbeat {
  group: Group | undefined = undefined;
  previous: Heartbeat | undefined = undefined;
  next: Heartbeat | undefined = undefined;

  constructor(
    private readonly heartbeats: Heartbeats,
    readonly connection: Pinging,
    private readonly interval: number,
  ) {}

  /** Starts the interval again. */
  refresh(): this {
    this.group?.remove(this);
    this.heartbeats.groupFor(this.interval).add(this);
    return this;
  }

  stop(): void {
    this.group?.remove(this);
  }
}

/** The heartbeats of one timer, in the order in which they were started. */
class Group {
  private isOpen = true;
  private first: Heartbeat | undefined;
  private last: Heartbeat | undefined;
  private timer: NodeJS.Timeout;
  // not a comparison of times: tests of applications may replace the timers, and not the clock
  private readonly closing: NodeJS.Timeout;
  private readonly setTimeout = timers.setTimeout;

  constructor(private readonly interval: number) {
    this.timer = timers.setTimeout(fire, interval, this);
    this.closing = timers.setTimeout(close, Math.min(MAX_EARLY, interval * MAX_EARLY_PART), this);
  }

  /** Whether heartbeats whose interval begins now may be added; not to timers that a test has replaced since. */
  accepts(interval: number): boolean {
    return this.isOpen && this.interval === interval && this.setTimeout === timers.setTimeout;
  }

  add(heartbeat: Heartbeat): void {
    const { last } = this;
    heartbeat.group = this;
    heartbeat.previous = last;
    this.last = heartbeat;
    if (last) {
      last.next = heartbeat;
    } else {
      this.first = heartbeat;
    }
  }

  /** Removes a heartbeat of this group. The timers end with the last one, so that they do not keep the process alive. */
  remove(heartbeat: Heartbeat): void {
    const { previous, next } = heartbeat;
    if (previous) {
      previous.next = next;
    } else {
      this.first = next;
    }
    if (next) {
      next.previous = previous;
    } else {
      this.last = previous;
    }
    heartbeat.group = undefined;
    heartbeat.previous = undefined;
    heartbeat.next = undefined;
    if (!this.first) {
      this.close();
      timers.clearTimeout(this.timer);
    }
  }

  close(): void {
    this.isOpen = false;
    timers.clearTimeout(this.closing);
  }

  /** Sends the pings. */
  fire(): void {
    this.close();
    try {
      for (let heartbeat = this.first; heartbeat; heartbeat = this.first) {
        this.remove(heartbeat);
        heartbeat.connection.ping();
      }
    } finally {
      if (this.first) {
        // a listener has thrown: the other pings follow
        this.timer = timers.setTimeout(fire, 1, this);
      }
    }
  }
}

function newGroup(interval: number): Group {
  return new Group(interval);
}

function fire(group: Group): void {
  group.fire();
}

function close(group: Group): void {
  group.close();
}
