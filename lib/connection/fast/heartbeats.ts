/** Saves memory: one timer for the pings of all connections with the same interval. */
import { AsyncResource } from "node:async_hooks";
import { performance } from "node:perf_hooks";
import { clearTimeout, setTimeout } from "node:timers";

/** A connection that sends pings. */
export interface Pinging {
  ping(): void;
}

/** The minimum time between two calls of a timer in milliseconds: pings may be late by this time. */
const GRANULARITY = 10;

/** The maximum interval of a timer in milliseconds. Differences between times fit into 32 bits. */
const MAX_INTERVAL = 2 ** 31 - 1;

/** The heartbeats of one engine. */
export class Heartbeats {
  /** The list for the interval that was used last. */
  private list: HeartbeatList | undefined;
  /** The asynchronous context of the timers, so that no ping is sent in the context of another connection. */
  private readonly context = new AsyncResource("SOCKET_IO_HEARTBEATS");

  /** Calls `ping()` of a connection after the interval; returns `undefined` if the interval needs a timer of its own. */
  start(connection: Pinging, interval: number): Heartbeat | undefined {
    if (!Number.isInteger(interval) || interval < 1 || interval > MAX_INTERVAL) {
      return undefined;
    }
    if (this.list?.interval !== interval) {
      // the earlier heartbeats keep their list, and their interval
      this.list = new HeartbeatList(interval, this.context);
    }
    return new Heartbeat(this.list, connection).refresh();
  }
}

/** The next ping of one connection, with the method of a timer that engine.io calls. */
export class Heartbeat {
  /** The time of the ping, modulo 2^32: V8 stores such numbers without an object. */
  due = 0;
  previous: Heartbeat | undefined = undefined;
  next: Heartbeat | undefined = undefined;

  constructor(
    private readonly list: HeartbeatList,
    readonly connection: Pinging,
  ) {}

  /** Starts the interval again. */
  refresh(): this {
    this.list.remove(this);
    this.list.add(this);
    return this;
  }

  stop(): void {
    this.list.remove(this);
  }
}

/** The heartbeats with the same interval, in the order in which they are due. */
class HeartbeatList {
  private first: Heartbeat | undefined;
  private last: Heartbeat | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The time at which the timer fires. */
  private firesAt = 0;

  constructor(
    readonly interval: number,
    private readonly context: AsyncResource,
  ) {}

  add(heartbeat: Heartbeat): void {
    const { last } = this;
    heartbeat.due = (now() + this.interval) | 0;
    heartbeat.previous = last;
    this.last = heartbeat;
    if (last) {
      last.next = heartbeat;
    } else {
      this.first = heartbeat;
      this.startTimer(this.interval);
    }
  }

  /** Removes a heartbeat, if it is in the list. */
  remove(heartbeat: Heartbeat): void {
    const { previous, next } = heartbeat;
    if (!previous && this.first !== heartbeat) {
      return;
    }
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
    heartbeat.previous = undefined;
    heartbeat.next = undefined;
    if (!this.first) {
      // so that the timer does not keep the process alive
      clearTimeout(this.timer);
      this.timer = undefined;
    }
  }

  private startTimer(delay: number): void {
    this.firesAt = (now() + delay) | 0;
    this.timer = this.context.runInAsyncScope(setTimeout<[HeartbeatList]>, undefined, fire, delay, this);
  }

  /** Sends the pings that are due. */
  fire(): void {
    this.timer = undefined;
    // timers of Node.js may fire a millisecond early by this clock
    const time = isDue(this.firesAt, now()) ? now() : this.firesAt;
    try {
      while (this.first && isDue(this.first.due, time)) {
        const heartbeat = this.first;
        this.remove(heartbeat);
        heartbeat.connection.ping();
      }
    } finally {
      // also if a listener has thrown
      if (this.first && !this.timer) {
        this.startTimer(Math.max((this.first.due - time) | 0, GRANULARITY));
      }
    }
  }
}

function fire(list: HeartbeatList): void {
  list.fire();
}

/** The time in milliseconds, modulo 2^32. */
function now(): number {
  return Math.ceil(performance.now()) | 0;
}

/** Whether a time is not later than another one. */
function isDue(due: number, time: number): boolean {
  return ((due - time) | 0) <= 0;
}
