/** The in-memory adapter that also remembers, for a while, what disconnected clients miss. */
import { randomBytes } from "node:crypto";
import { PacketType } from "socket.io-parser";
import { tellGuard } from "../diagnostics";
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
import { ROUND, roundsOfDoubt, roundsWithin } from "./rounds";
import { type KeptSession, SessionStore } from "./session-store";

/** How long after an overflow another one counts as the same, in milliseconds. */
const OVERFLOW_PAUSE = 60_000;

/** How long a client may stay away where the server's options do not say, in milliseconds. */
const DEFAULT_MAX_DISCONNECTION_DURATION = 120_000;

const DEFAULT_LIMITS: LogLimits = { maxPackets: 100_000, maxBytes: 64 * 1024 * 1024 };

/**
 * Keeps the sessions of disconnected clients for `maxDisconnectionDuration`, and the events that they may have missed, as
 * far as `maxPackets` and `maxBytes` allow.
 *
 * Each event gets an offset as its last argument, but for events with an acknowledgement. A volatile event, which is not
 * kept, has the offset of the last event that is: clients take a text at the end of any event for an offset.
 *
 * A client that comes back has to get the events that follow its offset. Those that were dropped may be passed over only
 * if the client has received all of them that were for it. That is so if they are older than {@link roundsOfDoubt} at
 * the end of its connection. A client that lost the connection soon after it came back may not have received what it
 * missed before, though that is older: then what is known of the connection before still counts, unless its offset proves
 * that it has received what it missed.
 */
export class SessionAwareAdapter extends Adapter {
  private readonly maxDisconnectionDuration: number;
  private readonly limits: LogLimits;
  private readonly sessions: SessionStore;
  private readonly log: PacketLog;
  /** Ends the round. */
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
    // offsets of this adapter differ from those of the server before a restart
    this.log = new PacketLog(randomBytes(6).toString("base64url"), this.limits);
  }

  override close(): Promise<void> | void {
    clearTimeout(this.sweeper);
    this.sweeper = undefined;
    return super.close();
  }

  /** @internal The offset that the next event gets. */
  sessionStart(): string {
    return this.log.nextOffset;
  }

  override persistSession(session: SessionToPersist): void {
    const returned = this.sessions.returnOf(session.pid);
    const received = returned?.received ?? this.log.firstWithin(roundsOfDoubt(this.nsp.server));
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
    // the client may still have the offset of an earlier session; one of another server has its own beginning
    const first = since === undefined ? 0 : (this.log.numberOf(since) ?? 0);
    const received = Math.max(kept.received, first, next ?? 0, receivedSinceReturn(kept, next));
    if (next === undefined || received < this.log.start) {
      // what came after it is unknown: better no recovery than a gap
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

  /** @internal Whether a session could be restored from here. */
  knowsOffset(offset: string): boolean {
    // a subclass may have offsets of its own
    const isOwn = this.restoreSession === SessionAwareAdapter.prototype.restoreSession;
    const next = this.log.after(offset);
    if (!isOwn || next === undefined) {
      return !isOwn;
    }
    return Math.max(next, this.log.firstWithin(roundsOfDoubt(this.nsp.server))) >= this.log.start;
  }

  /** @internal The client of a restored session is in. */
  takeSession(pid: PrivateSessionId): unknown[][] | undefined {
    const given = this.sessions.settle(pid);
    if (!given) {
      // a subclass may give sessions out by itself
      return [];
    }
    const meanwhile = this.log.since(given.next, given.session.rooms);
    this.sessions.noteReturn(pid, {
      round: this.log.round,
      received: given.received,
      lastMissed: Math.max(given.lastMissed, this.lastNumberIn(meanwhile ?? [])),
      end: this.log.end,
    });
    this.scheduleSweep();
    return meanwhile;
  }

  /** The number of the last of these events, which is in its offset; 0 if there are none. */
  private lastNumberIn(events: readonly unknown[][]): number {
    const last = events.at(-1);
    return last ? (this.log.numberOf(last.at(-1) as string) ?? 0) : 0;
  }

  /** @internal The client of a restored session was not let in. */
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
      // what cannot be encoded now could not be sent later either
      this.log.forget(logged);
      throw error;
    }
  }

  /** Clients that were lost before are not recovered. */
  private get oldest(): number {
    return Date.now() - this.maxDisconnectionDuration;
  }

  /** Told once, until a minute has passed without another. */
  private onOverflow(): void {
    const now = Date.now();
    if (now - this.lastOverflow >= OVERFLOW_PAUSE) {
      tellGuard({ code: "RECOVERY_OVERFLOW", nsp: this.nsp, detail: this.limits });
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
    const doubt = roundsOfDoubt(this.nsp.server);
    this.log.endRound(doubt + roundsWithin(this.maxDisconnectionDuration));
    this.sessions.dropOlderThan(this.oldest);
    this.sessions.dropReturnsBefore(this.log.round - doubt);
    this.scheduleSweep();
  }
}

/**
 * Returns the number up to which a client has received all events for it, as far as its offset proves that it has received
 * what it had missed when it came back the last time; otherwise 0.
 */
function receivedSinceReturn({ returned }: KeptSession, next = 0): number {
  return returned && next > returned.lastMissed ? returned.end : 0;
}
