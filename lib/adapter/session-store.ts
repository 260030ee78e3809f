/** The sessions of absent clients, each of which is given out once. */
import type { PrivateSessionId, SessionToPersist } from "./contract";

/** A session, and since when its client is absent. */
export interface KeptSession extends SessionToPersist {
  readonly disconnectedAt: number;
  /** The client has received all events for it with lower numbers. */
  readonly received: number;
  /** The latest return of the client, if that was a short time before it left again. */
  readonly returned?: Return | undefined;
}

/** What a client was sent when it came back. */
export interface Return {
  /** The client had received all events for it with lower numbers before. */
  readonly received: number;
  /** The number of the last event that it had missed; 0 if it had missed none. */
  readonly lastMissed: number;
  /** The number that the next event had at that time. */
  readonly end: number;
}

/** A session that was given out: its client is being let in. */
export interface GivenSession {
  readonly session: KeptSession;
  /** The client has received all events for it with lower numbers. */
  readonly received: number;
  /** The number of the last event that is sent to the client since it has missed it; 0 if it has missed none. */
  readonly lastMissed: number;
  /** The number of the next event that the client has to get. */
  readonly next: number;
}

/** A session whose client has come back a short time ago. */
interface ReturnedSession extends Return {
  readonly round: number;
}

/** The oldest sessions go first. */
export class SessionStore {
  private readonly kept = new Map<PrivateSessionId, KeptSession>();
  private readonly given = new Map<PrivateSessionId, GivenSession>();
  private readonly returned = new Map<PrivateSessionId, ReturnedSession>();

  constructor(private readonly most: number) {}

  /** Whether there is nothing that gets old. */
  get isEmpty(): boolean {
    return this.kept.size === 0 && this.returned.size === 0;
  }

  /** Keeps a session; true if another one had to go for it. */
  keep(session: KeptSession): boolean {
    this.given.delete(session.pid);
    this.returned.delete(session.pid);
    this.kept.delete(session.pid);
    this.kept.set(session.pid, session);
    if (this.kept.size <= this.most) {
      return false;
    }
    for (const pid of this.kept.keys()) {
      this.kept.delete(pid);
      break;
    }
    return true;
  }

  /** The session, if it is there and was not given out. */
  find(pid: PrivateSessionId): KeptSession | undefined {
    return this.kept.get(pid);
  }

  /** Gives a session out. */
  give(given: GivenSession): void {
    const { pid } = given.session;
    this.kept.delete(pid);
    this.given.set(pid, given);
  }

  /** Ends the time in which a session is given out. */
  settle(pid: PrivateSessionId): GivenSession | undefined {
    const given = this.given.get(pid);
    this.given.delete(pid);
    return given;
  }

  /** Remembers for a while that the client of a session has come back in this round. */
  noteReturn(pid: PrivateSessionId, returned: ReturnedSession): void {
    this.returned.set(pid, returned);
  }

  /** The return of a client that has come back a short time ago. */
  returnOf(pid: PrivateSessionId): Return | undefined {
    return this.returned.get(pid);
  }

  forget(pid: PrivateSessionId): void {
    this.kept.delete(pid);
  }

  /** Forgets the returns before this round. */
  dropReturnsBefore(oldest: number): void {
    for (const [pid, { round }] of this.returned) {
      if (round < oldest) {
        this.returned.delete(pid);
      }
    }
  }

  dropOlderThan(oldest: number): void {
    for (const [pid, { disconnectedAt }] of this.kept) {
      if (disconnectedAt < oldest) {
        this.kept.delete(pid);
      }
    }
  }
}
