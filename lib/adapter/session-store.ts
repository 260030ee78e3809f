/** Stores the sessions of disconnected clients, and the sessions that are being restored. */
import type { PrivateSessionId, SessionToPersist } from "./contract";
import type { LogLimits } from "./packet-log";
import { SessionGroups } from "./session-groups";
import { roomsWeight } from "./stored-event";

/** The memory for a stored session without its rooms, in bytes. The data belong to the application. */
const SESSION_WEIGHT = 500;

/** A stored session of a disconnected client. */
export interface KeptSession extends SessionToPersist {
  /** The time of the disconnection, in milliseconds since the epoch. */
  readonly disconnectedAt: number;
  /** The client has received all events addressed to it with numbers below this. */
  readonly received: number;
  /** The latest reconnection of the client, if it was shortly before the client disconnected again. */
  readonly returned?: Return | undefined;
  /** The network of the client, if it is known. */
  readonly network?: string | undefined;
  /** The number of the last event to this session alone that is no longer stored; 0 if all are stored. */
  discarded: number;
}

/** A reconnection of a client, with the events that it was sent. */
export interface Return {
  /** The client had received all events addressed to it with numbers below this before the reconnection. */
  readonly received: number;
  /** The number of the last missed event; 0 if the client had missed none. */
  readonly lastMissed: number;
  /** The number of the next event at the time of the reconnection. */
  readonly end: number;
  /** See {@link KeptSession.discarded}. */
  readonly discarded: number;
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

/** A stored session, and the memory for it, in bytes. */
interface Entry {
  readonly session: KeptSession;
  readonly weight: number;
}

/**
 * The sessions of one adapter. If there are too many, the oldest of the network with the most sessions are deleted, so that
 * one network cannot push out the sessions of others. If they need too much memory, the oldest of all are deleted.
 */
export class SessionStore {
  private readonly kept = new Map<PrivateSessionId, Entry>();
  private readonly restoring = new Map<PrivateSessionId, RestoringSession>();
  private readonly returned = new Map<PrivateSessionId, ReturnedSession>();

  private readonly groups = new SessionGroups();

  /** The memory for the stored sessions, in bytes. */
  private weight = 0;

  constructor(private readonly limits: LogLimits) {}

  /** Whether the store has no entries that expire. */
  get isEmpty(): boolean {
    return this.kept.size === 0 && this.returned.size === 0;
  }

  /** Stores a session. Returns whether other sessions, or this one, were deleted because of a limit. */
  keep(session: KeptSession): boolean {
    this.restoring.delete(session.pid);
    this.returned.delete(session.pid);
    this.forget(session.pid);
    const weight = SESSION_WEIGHT + roomsWeight(session.rooms);
    this.kept.set(session.pid, { session, weight });
    this.groups.add(session.pid, session.network);
    this.weight += weight;
    let overflow = false;
    while (this.kept.size > this.limits.maxPackets) {
      this.forget(this.groups.oldestOfLargest as PrivateSessionId);
      overflow = true;
    }
    if (this.weight > this.limits.maxBytes) {
      this.dropHeavy();
      overflow = true;
    }
    return overflow;
  }

  /** Deletes the oldest sessions until the others need no more memory than allowed. */
  private dropHeavy(): void {
    for (const pid of this.kept.keys()) {
      if (this.weight <= this.limits.maxBytes) {
        break;
      }
      this.forget(pid);
    }
  }

  /** Calls a function with each session, also those that are being restored. */
  visit(see: (session: KeptSession) => void): void {
    for (const { session } of this.kept.values()) {
      see(session);
    }
    for (const { session } of this.restoring.values()) {
      see(session);
    }
  }

  /** Returns a stored session. A session that is being restored is not returned. */
  find(pid: PrivateSessionId): KeptSession | undefined {
    return this.kept.get(pid)?.session;
  }

  /** Marks a session as being restored. */
  beginRestoring(restoring: RestoringSession): void {
    const { pid } = restoring.session;
    this.forget(pid);
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
    const entry = this.kept.get(pid);
    if (entry) {
      this.weight -= entry.weight;
      this.groups.remove(pid, entry.session.network);
      this.kept.delete(pid);
    }
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
    for (const [pid, { session }] of this.kept) {
      if (session.disconnectedAt < oldest) {
        this.forget(pid);
      }
    }
  }
}
