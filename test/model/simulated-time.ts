/** Time that passes as fast as it can be computed, for a server that may stall while the world around it goes on. */

interface Job {
  due: number;
  run: () => unknown;
}

/** What is due first is taken first; of what is due at once, what was added first. */
class Agenda {
  private readonly jobs: Job[] = [];

  add(job: Job): void {
    let at = this.jobs.length;
    while (at > 0 && this.jobs[at - 1].due > job.due) {
      at--;
    }
    this.jobs.splice(at, 0, job);
  }

  remove(job: Job): void {
    const at = this.jobs.indexOf(job);
    if (at !== -1) {
      this.jobs.splice(at, 1);
    }
  }

  get next(): number {
    return this.jobs[0]?.due ?? Number.POSITIVE_INFINITY;
  }

  /** Runs what is due, and what becomes due meanwhile. */
  async run(now: number): Promise<void> {
    while (this.next <= now) {
      const done = this.jobs.shift()?.run();
      if (done instanceof Promise) {
        await done;
      }
    }
  }
}

export interface Timer {
  cancel(): void;
  refresh(): void;
}

export class SimulatedTime {
  now = 0;
  private readonly timers = new Agenda();
  private readonly input = new Agenda();
  private readonly world = new Agenda();
  private busyUntil = 0;

  /** A timer of the server. */
  timer(delay: number, callback: () => void): Timer {
    const job = { due: this.now + delay, run: callback };
    this.timers.add(job);
    return {
      cancel: () => this.timers.remove(job),
      refresh: () => {
        this.timers.remove(job);
        job.due = this.now + delay;
        this.timers.add(job);
      },
    };
  }

  /** Something reaches the server: it is taken when the timers that are due have run. */
  reachServer(delay: number, run: () => unknown): void {
    this.input.add({ due: this.now + delay, run });
  }

  /** Something happens elsewhere, whatever the server does. */
  happen(delay: number, run: () => unknown): void {
    this.world.add({ due: this.now + delay, run });
  }

  /** The server does nothing for so long. */
  stall(duration: number): void {
    this.busyUntil = this.now + duration;
  }

  async run(end: number): Promise<void> {
    for (;;) {
      const server = Math.max(Math.min(this.timers.next, this.input.next), this.busyUntil);
      this.now = Math.max(this.now, Math.min(server, this.world.next));
      if (this.now > end) {
        return;
      }
      if (this.world.next < server) {
        await this.world.run(this.now);
      } else {
        await this.timers.run(this.now);
        await this.input.run(this.now);
      }
    }
  }

  /** Puts this time in the place of the real one while `run` runs. */
  async replacingTimers(run: () => Promise<void>): Promise<void> {
    const real = { setTimeout, setInterval, clearTimeout, clearInterval };
    const { now } = Date;
    const handleOf = (timer: Timer) => Object.assign(timer, { unref: () => timer });
    const every = (callback: () => void, delay: number): unknown => {
      const timer = this.timer(delay, () => {
        callback();
        timer.refresh();
      });
      return handleOf(timer);
    };
    Object.assign(globalThis, {
      setTimeout: (callback: () => void, delay: number) => handleOf(this.timer(delay, callback)),
      setInterval: every,
      clearTimeout: (timer?: Timer) => timer?.cancel(),
      clearInterval: (timer?: Timer) => timer?.cancel(),
    });
    Date.now = () => this.now;
    try {
      await run();
    } finally {
      Object.assign(globalThis, real);
      Date.now = now;
    }
  }
}
