/** Stores the sessions of disconnected clients, and the sessions that are being restored. */
import type { PrivateSessionId, SessionToPersist } from "./contract";

/** A stored session of a disconnected client. */
export interface KeptSession extends SessionToPersist {
  /** The time of the disconnection, in milliseconds since the epoch. */
  readonly disconnectedAt: number;
  /** The client has received all events addressed to it with numbers below this. */
  readonly received: number;
  /** The latest reconnection of the client, if it was shortly before the client disconnected again. */
  readonly returned?: Return | undefined;
}

/** A reconnection of a client, with the events that it was sent. */
export interface Return {
  /** The client had received all events addressed to it with numbers below this before the reconnection. */
  readonly received: number;
  /** The number of the last missed event; 0 if the client had missed none. */
  readonly lastMissed: number;
  /** The number of the next event at the time of the reconnection. */
  readonly end: number;
}

/** A session that is being restored, while its client is not yet connected. */
export interface RestoringSession {
  readonly session: KeptSession;
  /** The client has received all events addressed to it with numbers below this. */
  readonly received: number;
  /** The number of the last missed event; 0 if the client has missed none. */
  readonly lastMissed: number;
  /** The number of the first event after the missed ones. */
  readonly next: number;
}

/** A recent reconnection, and the round in which it happened. */
interface ReturnedSession extends Return {
  readonly round: number;
}

/** The sessions of one adapter. If there are more than `max`, the oldest is deleted. */
export class SessionStore {
  private readonly kept = new Map<PrivateSessionId, KeptSession>();
  private readonly restoring = new Map<PrivateSessionId, RestoringSession>();
  private readonly returned = new Map<PrivateSessionId, ReturnedSession>();

  constructor(private readonly max: number) {}

  /** Whether the store has no entries that expire. */
  get isEmpty(): boolean {
    return this.kept.size === 0 && this.returned.size === 0;
  }

  /** Stores a session. Returns whether the oldest session was deleted for it. */
  keep(session: KeptSession): boolean {
    this.restoring.delete(session.pid);
    this.returned.delete(session.pid);
    this.kept.delete(session.pid);
    this.kept.set(session.pid, session);
    if (this.kept.size <= this.max) {
      return false;
    }
    for (const pid of this.kept.keys()) {
      this.kept.delete(pid);
      break;
    }
    return true;
  }

  /** Returns a stored session. A session that is being restored is not returned. */
  find(pid: PrivateSessionId): KeptSession | undefined {
    return this.kept.get(pid);
  }

  /** Marks a session as being restored. */
  beginRestoring(restoring: RestoringSession): void {
    const { pid } = restoring.session;
    this.kept.delete(pid);
    this.restoring.set(pid, restoring);
  }

  /** Ends the restoring of a session, and returns it. */
  endRestoring(pid: PrivateSessionId): RestoringSession | undefined {
    const restoring = this.restoring.get(pid);
    this.restoring.delete(pid);
    return restoring;
  }

  /** Records that the client of a session has reconnected in this round. */
  recordReturn(pid: PrivateSessionId, returned: ReturnedSession): void {
    this.returned.set(pid, returned);
  }

  /** Returns the recent reconnection of a client, if any. */
  returnOf(pid: PrivateSessionId): Return | undefined {
    return this.returned.get(pid);
  }

  forget(pid: PrivateSessionId): void {
    this.kept.delete(pid);
  }

  /** Deletes the records of clients that have reconnected before this round. */
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
