/** A stopped clock, which a test advances, for timeouts that would take minutes. */
import timers from "node:timers";
import { onTestEnd } from "./cleanup";

class FakeTimer {
  due = 0;

  constructor(
    readonly callback: () => void,
    readonly period: number,
    readonly repeats: boolean,
    private readonly start: (timer: FakeTimer) => void,
  ) {
    start(this);
  }

  refresh() {
    this.start(this);
    return this;
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  hasRef() {
    return true;
  }
}

export interface Clock {
  /** Advances the clock: timers fire in the order in which they are due. */
  tick(milliseconds: number): void;
  /** The number of active timers. */
  readonly running: number;
}

interface StopOptions {
  /**
   * Whether to stop the timers of the engine too: the heartbeat of servers and `upgradeTimeout`. They come from the module
   * `node:timers`, all others are global. Default: false.
   */
  engine?: boolean;
  /** Timers with a shorter delay run in real time, in milliseconds. The client of today needs them for long-polling. Default: 0. */
  shortest?: number;
}

/** Stops `Date.now()` and all timers that are set from now on; earlier timers run in real time. */
export function stopClock({ engine = false, shortest = 0 }: StopOptions = {}): Clock {
  const real = { setTimeout, setInterval, clearTimeout, clearInterval, now: Date.now };
  const running = new Set<FakeTimer>();
  let now = real.now();

  const start =
    (repeats: boolean) =>
    (callback: (...args: any[]) => void, delay = 1, ...args: any[]) => {
      if (delay < shortest) {
        return (repeats ? real.setInterval : real.setTimeout)(callback, delay, ...args);
      }
      return new FakeTimer(
        () => callback(...args),
        Math.max(1, delay),
        repeats,
        (timer) => {
          timer.due = now + timer.period;
          running.add(timer);
        },
      );
    };
  const stop = (timer: any) => {
    if (!running.delete(timer) && !(timer instanceof FakeTimer)) {
      real.clearTimeout(timer);
    }
  };
  const sources: object[] = engine ? [globalThis, timers] : [globalThis];
  const replaceWith = (functions: object) => {
    for (const source of sources) {
      Object.assign(source, functions);
    }
  };
  replaceWith({
    setTimeout: start(false),
    setInterval: start(true),
    clearTimeout: stop,
    clearInterval: stop,
  });
  Date.now = () => now;
  onTestEnd(() => {
    const { now: realNow, ...functions } = real;
    replaceWith(functions);
    Date.now = realNow;
  });

  return {
    tick(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const [next] = [...running].sort((a, b) => a.due - b.due);
        if (!next || next.due > end) {
          break;
        }
        now = next.due;
        if (next.repeats) {
          next.due += next.period;
        } else {
          running.delete(next);
        }
        next.callback();
      }
      now = end;
    },
    get running() {
      return running.size;
    },
  };
}
