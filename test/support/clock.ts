/** A clock that stands still until it is told to go on, for whatever takes minutes otherwise. */
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
  /** Lets this many milliseconds pass: timers fire in the order in which they are due. */
  tick(milliseconds: number): void;
  /** How many timers run. */
  readonly running: number;
}

/** Stops `Date.now()` and the timers that are set from now on; those that run already do so in real time. */
export function stopClock(): Clock {
  const real = { setTimeout, setInterval, clearTimeout, clearInterval, now: Date.now };
  const timers = new Set<FakeTimer>();
  let now = real.now();

  const start =
    (repeats: boolean) =>
    (callback: (...args: any[]) => void, delay = 1, ...args: any[]) => {
      return new FakeTimer(
        () => callback(...args),
        Math.max(1, delay),
        repeats,
        (timer) => {
          timer.due = now + timer.period;
          timers.add(timer);
        },
      );
    };
  const stop = (timer: any) => {
    if (!timers.delete(timer) && !(timer instanceof FakeTimer)) {
      real.clearTimeout(timer);
    }
  };
  Object.assign(globalThis, {
    setTimeout: start(false),
    setInterval: start(true),
    clearTimeout: stop,
    clearInterval: stop,
  });
  Date.now = () => now;
  onTestEnd(() => {
    const { now: realNow, ...functions } = real;
    Object.assign(globalThis, functions);
    Date.now = realNow;
  });

  return {
    tick(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const [next] = [...timers].sort((a, b) => a.due - b.due);
        if (!next || next.due > end) {
          break;
        }
        now = next.due;
        if (next.repeats) {
          next.due += next.period;
        } else {
          timers.delete(next);
        }
        next.callback();
      }
      now = end;
    },
    get running() {
      return timers.size;
    },
  };
}
