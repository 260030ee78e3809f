/** The sessions of absent clients, each of which is given out once. */
import type { PrivateSessionId, SessionToPersist } from "./contract";

/** A session, and since when its client is absent. */
export interface KeptSession extends SessionToPersist {
  readonly disconnectedAt: number;
}

/** A session that was given out: its client is being let in. */
export interface GivenSession {
  readonly session: KeptSession;
  /** The number of the next event that the client has to get. */
  readonly next: number;
}

/** The oldest sessions go first. */
export class SessionStore {
  private readonly kept = new Map<PrivateSessionId, KeptSession>();
  private readonly given = new Map<PrivateSessionId, GivenSession>();

  constructor(private readonly most: number) {}

  /** How many sessions are kept. */
  get size(): number {
    return this.kept.size;
  }

  /** Keeps a session; true if another one had to go for it. */
  keep(session: KeptSession): boolean {
    this.given.delete(session.pid);
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
  give(session: KeptSession, next: number): void {
    this.kept.delete(session.pid);
    this.given.set(session.pid, { session, next });
  }

  /** The client is in: what was given out is gone. */
  settle(pid: PrivateSessionId): GivenSession | undefined {
    const given = this.given.get(pid);
    this.given.delete(pid);
    return given;
  }

  forget(pid: PrivateSessionId): void {
    this.kept.delete(pid);
  }

  dropOlderThan(oldest: number): void {
    for (const [pid, { disconnectedAt }] of this.kept) {
      if (disconnectedAt < oldest) {
        this.kept.delete(pid);
      }
    }
  }
}
