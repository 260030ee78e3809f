/** A clock that tests move: replaces the timers and the date of the process. */
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import { inNextTurn, KeptContext } from "../at-load";
import { codedError } from "../errors";
import { milliseconds } from "../options/checks";
import type { Listener } from "../typed-events";
import { settled } from "./network";

/**
 * The clock that {@link installClock} returns.
 *
 * @since 4.9.0
 */
export interface TestClock {
  /** The current time of the clock: milliseconds since 1970, like `Date.now()`. */
  readonly now: number;
  /** The number of timers that are set. */
  readonly timers: number;
  /**
   * Advances the clock by a number of milliseconds. The timers that are due are called in their order, and after each of
   * them, clients and servers in memory exchange what they have sent: in 60 seconds, a client receives and answers two
   * pings (with the default options), and stays connected.
   *
   * @throws what the callback of a timer throws; the other timers are called first
   * @throws an `INVALID_OPTION` error if the argument is not a number of milliseconds
   * @example
   * await clock.advance(60_000);
   */
  advance(milliseconds: number): Promise<void>;
  /** Restores the timers and the date. Timers that are still set are not called any more. */
  uninstall(): void;
}

/**
 * The options of {@link installClock}.
 *
 * @since 4.9.0
 */
export interface TestClockOptions {
  /** The time at which the clock starts: milliseconds since 1970, or a `Date`. Default: the current time. */
  now?: number | Date;
}

/** The functions that the clock replaces, in `globalThis` and in the module `node:timers`. */
const NAMES = ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] as const;

type Replaced = Pick<typeof globalThis, (typeof NAMES)[number]>;

/** The largest delay of a Node.js timer, in milliseconds. A timer with a longer delay has the shortest. */
const MAX_DELAY = 2 ** 31 - 1;

/** The id of the first timer: none of the numbers that a page of jsdom gives to its timers. */
const FIRST_ID = 2 ** 40;

let installed: Clock | undefined;

/**
 * Stops the clock of the process: `setTimeout()`, `setInterval()`, `Date`, the timers that `node:timers` exports, and
 * `setTimeout()` of `node:timers/promises`. Timers that are set from now on are called by {@link TestClock.advance | clock.advance()} only. This includes the timers of the
 * server and of its clients: pings, timeouts of acknowledgements, `connectTimeout`, the expiry of sessions, reconnections.
 *
 * A timer without a delay, `setTimeout(callback, 0)`, is called in the next turn of the event loop: clients over long-polling
 * need this. One that is set while the clock advances has a delay of 1 ms, as in Node.js, and is called in the next turn if
 * the clock stops before.
 *
 * Install the clock before the server and the clients are created, and uninstall it after they are closed.
 * `setImmediate()`, `process.nextTick()`, promises and `performance.now()` are not replaced.
 *
 * @since 4.9.0
 * @throws a `CLOCK_INSTALLED` error if a clock is already installed
 * @example
 * const clock = installClock();
 * const { io, connect, close } = createTestServer({ pingInterval: 25_000, pingTimeout: 20_000 });
 * const client = await connect();
 * await clock.advance(60_000);
 * await close();
 * clock.uninstall();
 */
export function installClock(options: TestClockOptions = {}): TestClock {
  if (installed) {
    throw codedError("CLOCK_INSTALLED");
  }
  installed = new Clock(Number(options.now ?? Date.now()));
  return installed;
}

/** A timer of the clock, with the members of timers of Node.js. */
class ClockTimer {
  due = 0;
  order = 0;
  private hasReference = true;

  constructor(
    private readonly clock: Clock,
    readonly callback: () => void,
    readonly period: number,
    readonly repeats: boolean,
    readonly id: number,
  ) {
    this.refresh();
  }

  refresh(): this {
    this.clock.start(this);
    return this;
  }

  close(): this {
    this.clock.stop(this);
    return this;
  }

  ref(): this {
    this.hasReference = true;
    return this;
  }

  unref(): this {
    this.hasReference = false;
    return this;
  }

  hasRef(): boolean {
    return this.hasReference;
  }

  [Symbol.toPrimitive](): number {
    return this.id;
  }
}

class Clock implements TestClock {
  private time: number;
  /** The timers that are set, by their ids. */
  private readonly running = new Map<number, ClockTimer>();
  private orders = 0;
  private ids = FIRST_ID;
  private isInstalled = true;
  private isMoving = false;
  /** The functions that were replaced, by their holders. */
  private readonly originals = new Map<Replaced, Replaced>();
  private readonly realDate = Date;
  private readonly date: DateConstructor;
  private readonly realPromised = timersPromises.setTimeout;
  private readonly promised: typeof timersPromises.setTimeout;
  private readonly functions: Replaced;
  private advancing: Promise<void> = Promise.resolve();

  constructor(now: number) {
    this.time = now;
    this.promised = this.createPromised();
    this.functions = this.createFunctions();
    this.date = this.createDate();
    for (const holder of [globalThis, timers] as unknown as Replaced[]) {
      const { setTimeout, setInterval, clearTimeout, clearInterval } = holder;
      this.originals.set(holder, { setTimeout, setInterval, clearTimeout, clearInterval });
      Object.assign(holder, this.functions);
    }
    globalThis.Date = this.date;
    setConstructor(this.realDate, this.date);
    Object.assign(timersPromises, { setTimeout: this.promised });
    syncBuiltinESMExports();
  }

  get now(): number {
    return this.time;
  }

  get timers(): number {
    return this.running.size;
  }

  async advance(by: number): Promise<void> {
    const checked = milliseconds("milliseconds", by);
    // calls that overlap are made one after the other
    const done = this.advancing.then(() => this.moveTo(this.time + checked));
    this.advancing = done.catch(() => {});
    await done;
  }

  uninstall(): void {
    if (!this.isInstalled) {
      return;
    }
    this.isInstalled = false;
    installed = undefined;
    this.running.clear();
    for (const [holder, original] of this.originals) {
      for (const name of NAMES) {
        // a function that other code has replaced since stays: that code restores this clock's function, which passes on
        if (holder[name] === this.functions[name]) {
          Object.assign(holder, { [name]: original[name] });
        }
      }
    }
    if (globalThis.Date === this.date) {
      globalThis.Date = this.realDate;
    }
    if (this.realDate.prototype.constructor === this.date) {
      setConstructor(this.realDate, this.realDate);
    }
    if (timersPromises.setTimeout === this.promised) {
      Object.assign(timersPromises, { setTimeout: this.realPromised });
    }
    syncBuiltinESMExports();
  }

  start(timer: ClockTimer): void {
    // without a delay, a loop of timers would stop the time
    timer.due = this.time + (this.isMoving ? Math.max(timer.period, 1) : timer.period);
    timer.order = this.orders++;
    if (!this.isInstalled) {
      return;
    }
    this.running.set(timer.id, timer);
    if (timer.due === this.time) {
      inNextTurn(() => timer.due <= this.time && this.call(timer));
    }
  }

  stop(timer: ClockTimer): void {
    this.running.delete(timer.id);
  }

  private async moveTo(end: number): Promise<void> {
    const failures: unknown[] = [];
    this.isMoving = true;
    await settled();
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.time = Math.max(this.time, next);
      for (const timer of this.inOrder(({ due }) => due <= this.time)) {
        try {
          this.call(timer);
        } catch (error) {
          failures.push(error);
        }
      }
      await settled();
    }
    this.time = Math.max(this.time, end);
    this.isMoving = false;
    for (const timer of this.inOrder(({ period }) => period === 0)) {
      this.start(timer);
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  /** Returns when the next timer is due, if that is not after `end`. */
  private next(end: number): number | undefined {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { due } of this.running.values()) {
      earliest = Math.min(earliest, due);
    }
    return earliest <= end && this.running.size > 0 ? earliest : undefined;
  }

  /** Returns the timers for which `isWanted()` holds, in the order in which they are called. */
  private inOrder(isWanted: (timer: ClockTimer) => boolean): ClockTimer[] {
    return [...this.running.values()]
      .filter(isWanted)
      .sort((one, other) => one.due - other.due || one.order - other.order);
  }

  /** Calls a timer, unless an earlier one has stopped or refreshed it. */
  private call(timer: ClockTimer): void {
    if (!this.running.has(timer.id) || timer.due > this.time) {
      return;
    }
    if (timer.repeats) {
      this.start(timer);
    } else {
      this.stop(timer);
    }
    timer.callback();
  }

  private createFunctions(): Replaced {
    const create =
      (name: "setTimeout" | "setInterval") =>
      (callback: Listener, delay?: number, ...args: unknown[]): unknown => {
        // the real function refuses a callback that is not a function
        if (!this.isInstalled || typeof callback !== "function") {
          return this.real[name](callback, delay, ...args);
        }
        const repeats = name === "setInterval";
        const context = new KeptContext("SOCKET_IO_TEST_TIMER");
        const call = () => context.runInAsyncScope(callback, undefined, ...args);
        return new ClockTimer(this, call, periodOf(delay, repeats), repeats, this.ids++);
      };
    const clear = (name: "clearTimeout" | "clearInterval") => (given?: unknown) => {
      const timer = given instanceof ClockTimer ? given : this.byPrimitive(given);
      if (timer) {
        this.stop(timer);
      } else {
        this.real[name](given as NodeJS.Timeout);
      }
    };
    return {
      setTimeout: Object.assign(create("setTimeout"), { [promisify.custom]: this.promised }),
      setInterval: create("setInterval"),
      clearTimeout: clear("clearTimeout"),
      clearInterval: clear("clearInterval"),
    } as unknown as Replaced;
  }

  /** Returns `setTimeout()` of `node:timers/promises`. */
  private createPromised(): typeof timersPromises.setTimeout {
    return (delay, value, options) => {
      const signal = options?.signal;
      if (!this.isInstalled || signal?.aborted) {
        return this.realPromised(delay, value, options);
      }
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          this.functions.clearTimeout(timer);
          // with a signal that is aborted, it rejects at once
          this.realPromised(0, value, options).catch(reject);
        };
        const timer = this.functions.setTimeout(() => {
          signal?.removeEventListener("abort", onAbort);
          resolve(value as NonNullable<typeof value>);
        }, delay);
        signal?.addEventListener("abort", onAbort, { once: true });
      });
    };
  }

  /** Returns the timer that was converted to a number, or to a string. */
  private byPrimitive(given: unknown): ClockTimer | undefined {
    return typeof given === "number" || typeof given === "string"
      ? this.running.get(Number(given))
      : undefined;
  }

  private get real(): Replaced {
    return this.originals.get(globalThis as unknown as Replaced) as Replaced;
  }

  /** Returns `Date` with the time of this clock. */
  private createDate(): DateConstructor {
    const now = () => (this.isInstalled ? this.time : this.realDate.now());
    return new Proxy(this.realDate, {
      construct: (target, args, newTarget) =>
        Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
      apply: (target) => new target(now()).toString(),
      get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
    });
  }
}

/** The delay of a timer, as Node.js sees it, except that it may be 0. */
function periodOf(delay: unknown, repeats: boolean): number {
  const given = Number(delay ?? 0);
  if (given > MAX_DELAY) {
    return 1;
  }
  return given >= 1 ? Math.trunc(given) : Number(repeats);
}

/** Sets the constructor of all dates: they share the prototype of the real `Date`. */
function setConstructor(realDate: DateConstructor, value: DateConstructor): void {
  Reflect.set(realDate.prototype, "constructor", value);
}
