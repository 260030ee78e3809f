/** Simulated time, for a server that may pause while its environment continues. */

interface Job {
  due: number;
  run: () => unknown;
}

/** Tasks run in the order of their time, and tasks with the same time in the order in which they were added. */
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

  /** Runs the tasks that are due, and those that become due meanwhile. */
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

  /** Delivers something to the server, after the timers that are due. */
  reachServer(delay: number, run: () => unknown): void {
    this.input.add({ due: this.now + delay, run });
  }

  /** Schedules a task outside the server, which its pauses do not delay. */
  happen(delay: number, run: () => unknown): void {
    this.world.add({ due: this.now + delay, run });
  }

  /** Pauses the server. */
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

  /** Replaces the real time by this time while `run` runs. */
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
