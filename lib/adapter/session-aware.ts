/** The in-memory adapter with connection state recovery: stores the sessions and events of disconnected clients. */
import { randomBytes } from "node:crypto";
import { PacketType } from "socket.io-parser";
import { reportGuard } from "../diagnostics";
import type {
  AdapterHost,
  BroadcastOptions,
  BroadcastPacket,
  PrivateSessionId,
  Session,
  SessionToPersist,
} from "./contract";
import { bytesOf, type EncodedPacket } from "./encode-once";
import { Adapter } from "./memory";
import { type LoggedPacket, type LogLimits, PacketLog } from "./packet-log";
import { maxUnconfirmedRounds, ROUND, roundsWithin } from "./rounds";
import { type KeptSession, SessionStore } from "./session-store";

/** The time after an overflow within which another one is not reported, in milliseconds. */
const OVERFLOW_PAUSE = 60_000;

/** The default of `maxDisconnectionDuration`, in milliseconds. */
const DEFAULT_MAX_DISCONNECTION_DURATION = 120_000;

const DEFAULT_LIMITS: LogLimits = { maxPackets: 100_000, maxBytes: 64 * 1024 * 1024 };

/**
 * Stores the sessions of disconnected clients for `maxDisconnectionDuration`, and the events that they may have missed,
 * within `maxPackets` and `maxBytes`.
 *
 * An offset is appended to the arguments of each event, except for events with an acknowledgement. A volatile event is
 * not stored, and has the offset of the last stored event: clients read a string at the end of any event as an offset.
 *
 * A client that reconnects receives the events after its offset. If some of these events were dropped, the session is
 * restored only if the client has certainly received those that were addressed to it. This is the case if they were
 * older than {@link maxUnconfirmedRounds} when its connection ended. If a client loses its connection soon after it has
 * reconnected, it may not have received the older events that it had missed. The value that was computed for its
 * previous connection is then used again, unless the offset of the client proves that it has received these events.
 */
export class SessionAwareAdapter extends Adapter {
  private readonly maxDisconnectionDuration: number;
  private readonly limits: LogLimits;
  private readonly sessions: SessionStore;
  private readonly log: PacketLog;
  /** The timer that ends the round. */
  private sweeper?: NodeJS.Timeout;
  private lastOverflow = Number.NEGATIVE_INFINITY;

  constructor(nsp: AdapterHost) {
    super(nsp);
    const options = nsp.server.opts.connectionStateRecovery;
    this.maxDisconnectionDuration = options?.maxDisconnectionDuration ?? DEFAULT_MAX_DISCONNECTION_DURATION;
    this.limits = {
      maxPackets: options?.maxPackets ?? DEFAULT_LIMITS.maxPackets,
      maxBytes: options?.maxBytes ?? DEFAULT_LIMITS.maxBytes,
    };
    this.sessions = new SessionStore(this.limits.maxPackets);
    // random, so that offsets from before a restart of the server are not valid
    this.log = new PacketLog(randomBytes(6).toString("base64url"), this.limits);
  }

  override close(): Promise<void> | void {
    clearTimeout(this.sweeper);
    this.sweeper = undefined;
    return super.close();
  }

  /** @internal Returns the offset of the next event. */
  sessionStart(): string {
    return this.log.nextOffset;
  }

  override persistSession(session: SessionToPersist): void {
    const returned = this.sessions.returnOf(session.pid);
    const received = returned?.received ?? this.log.firstWithin(maxUnconfirmedRounds(this.nsp.server));
    if (this.sessions.keep({ ...session, disconnectedAt: Date.now(), received, returned })) {
      this.onOverflow();
    }
    this.scheduleSweep();
  }

  override restoreSession(pid: PrivateSessionId, offset: string): Promise<Session | null> {
    const kept = this.sessions.find(pid);
    if (!kept) {
      return Promise.resolve(null);
    }
    if (kept.disconnectedAt < this.oldest) {
      this.sessions.forget(pid);
      return Promise.resolve(null);
    }
    const { sid, rooms, data, since } = kept;
    const next = this.log.after(offset);
    // the offset may precede this session, if the client still has that of an earlier one; `since` is not valid here if
    // it is from another server
    const first = since === undefined ? 0 : (this.log.numberOf(since) ?? 0);
    const received = Math.max(kept.received, first, next ?? 0, receivedSinceReturn(kept, next));
    if (next === undefined || received < this.log.start) {
      // events after the offset may be missing: the session is not restored, since the client would not notice the gap
      return Promise.resolve(null);
    }
    const from = Math.max(next, first, this.log.start);
    const missedPackets = this.log.since(from, rooms) as unknown[][];
    this.sessions.give({
      session: kept,
      received: missedPackets.length > 0 ? received : this.log.end,
      lastMissed: this.lastNumberIn(missedPackets),
      next: this.log.end,
    });
    return Promise.resolve({ sid, pid, rooms, data, since, missedPackets });
  }

  /** @internal Whether a session could be restored from this offset. */
  knowsOffset(offset: string): boolean {
    // a subclass may have other offsets
    const isOwn = this.restoreSession === SessionAwareAdapter.prototype.restoreSession;
    const next = this.log.after(offset);
    if (!isOwn || next === undefined) {
      return !isOwn;
    }
    return Math.max(next, this.log.firstWithin(maxUnconfirmedRounds(this.nsp.server))) >= this.log.start;
  }

  /** @internal Called when the client of a restored session is connected; returns the events since it was restored. */
  takeSession(pid: PrivateSessionId): unknown[][] | undefined {
    const given = this.sessions.settle(pid);
    if (!given) {
      // a subclass may have restored the session itself
      return [];
    }
    const meanwhile = this.log.since(given.next, given.session.rooms);
    this.sessions.recordReturn(pid, {
      round: this.log.round,
      received: given.received,
      lastMissed: Math.max(given.lastMissed, this.lastNumberIn(meanwhile ?? [])),
      end: this.log.end,
    });
    this.scheduleSweep();
    return meanwhile;
  }

  /** Returns the number of the last of these events, which its offset contains; 0 if there are none. */
  private lastNumberIn(events: readonly unknown[][]): number {
    const last = events.at(-1);
    return last ? (this.log.numberOf(last.at(-1) as string) ?? 0) : 0;
  }

  /** @internal Called when the client of a restored session was not connected; stores the session again. */
  returnSession(pid: PrivateSessionId): void {
    const given = this.sessions.settle(pid);
    if (given) {
      this.sessions.keep(given.session);
    }
  }

  override broadcast(packet: BroadcastPacket, options: BroadcastOptions): void {
    const isPlainEvent = packet.type === PacketType.EVENT && packet.id === undefined;
    if (!isPlainEvent) {
      super.broadcast(packet, options);
      return;
    }
    if (options.flags?.volatile) {
      packet.data.push(this.log.lastOffset);
      super.broadcast(packet, options);
      return;
    }
    const logged = this.log.add(packet.data, options);
    const encoded = this.encodeLogged(packet, options, logged);
    this.log.weigh(logged, bytesOf(encoded.chunks));
    if (this.log.isTooLarge && this.log.trim(roundsWithin(this.maxDisconnectionDuration))) {
      this.onOverflow();
    }
    this.scheduleSweep();
    this.deliver(packet, encoded, options);
  }

  private encodeLogged(
    packet: BroadcastPacket,
    options: BroadcastOptions,
    logged: LoggedPacket,
  ): EncodedPacket {
    try {
      return this.encode(packet, options);
    } catch (error) {
      // the event could not be encoded for a client that reconnects either
      this.log.forget(logged);
      throw error;
    }
  }

  /** The time before which a disconnected client is too old to be recovered, in milliseconds since the epoch. */
  private get oldest(): number {
    return Date.now() - this.maxDisconnectionDuration;
  }

  /** Reports an overflow, unless there was another one within the last minute. */
  private onOverflow(): void {
    const now = Date.now();
    if (now - this.lastOverflow >= OVERFLOW_PAUSE) {
      reportGuard({ code: "RECOVERY_OVERFLOW", nsp: this.nsp, detail: this.limits });
    }
    this.lastOverflow = now;
  }

  private scheduleSweep(): void {
    if (!this.sessions.isEmpty || this.log.size > 0) {
      this.sweeper ??= setTimeout(() => this.sweep(), ROUND).unref();
    }
  }

  private sweep(): void {
    this.sweeper = undefined;
    const doubt = maxUnconfirmedRounds(this.nsp.server);
    this.log.endRound(doubt + roundsWithin(this.maxDisconnectionDuration));
    this.sessions.dropOlderThan(this.oldest);
    this.sessions.dropReturnsBefore(this.log.round - doubt);
    this.scheduleSweep();
  }
}

/**
 * Returns the number below which the client has received all events addressed to it. Returns 0 unless its offset proves
 * that it has received the events that it had missed at its latest reconnection.
 */
function receivedSinceReturn({ returned }: KeptSession, next = 0): number {
  return returned && next > returned.lastMissed ? returned.end : 0;
}
