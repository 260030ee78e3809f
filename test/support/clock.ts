/** A clock that stands still until it is told to go on, for whatever takes minutes otherwise. */
import { onTestEnd } from "./cleanup";

class FakeTimer {
  constructor(
    readonly callback: () => void,
    public due: number,
    readonly interval: number | undefined,
  ) {}

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
}

/** Stops `Date.now()` and the timers that are set from now on; those that run already do so in real time. */
export function stopClock(): Clock {
  const real = { setTimeout, setInterval, clearTimeout, clearInterval, now: Date.now };
  const timers = new Set<FakeTimer>();
  let now = real.now();

  const start = (repeat: boolean) =>
    (callback: (...args: any[]) => void, delay = 1, ...args: any[]) => {
      const period = Math.max(1, delay);
      const timer = new FakeTimer(() => callback(...args), now + period, repeat ? period : undefined);
      timers.add(timer);
      return timer;
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
        if (next.interval === undefined) {
          timers.delete(next);
        } else {
          next.due += next.interval;
        }
        next.callback();
      }
      now = end;
    },
  };
}
