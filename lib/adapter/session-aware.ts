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
import { bytesOf, type EncodedPacket } from "./frame";
import { Adapter } from "./memory";
import { type LoggedPacket, type LogLimits, PacketLog } from "./packet-log";
import { SessionStore } from "./session-store";

/** How often expired sessions and packets are looked for, in milliseconds. */
const SWEEP_INTERVAL = 60_000;

/** How long a client may stay away where the server's options do not say, in milliseconds. */
const DEFAULT_MAX_DISCONNECTION_DURATION = 120_000;

const DEFAULT_LIMITS: LogLimits = { maxPackets: 100_000, maxBytes: 64 * 1024 * 1024 };

/**
 * Keeps the sessions of disconnected clients, and the events that were emitted, for `maxDisconnectionDuration`, as far as
 * `maxPackets` and `maxBytes` allow.
 *
 * Each event that a client may have to be given again gets an offset as its last argument: events with an
 * acknowledgement and volatile events get none.
 */
export class SessionAwareAdapter extends Adapter {
  private readonly maxDisconnectionDuration: number;
  private readonly limits: LogLimits;
  private readonly sessions: SessionStore;
  private readonly log: PacketLog;
  private sweeper?: NodeJS.Timeout;
  /** Whether something had to go before its time since the last sweep. */
  private overflowed = false;
  private overflowTold = false;

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
    if (this.sessions.keep({ ...session, disconnectedAt: Date.now() })) {
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
    const missedPackets = next === undefined ? undefined : this.log.since(Math.max(next, first), rooms);
    if (!missedPackets) {
      // what came after it is unknown: better no recovery than a gap
      return Promise.resolve(null);
    }
    this.sessions.give(kept, this.log.end);
    return Promise.resolve({ sid, pid, rooms, data, since, missedPackets });
  }

  /** @internal Whether a session could be restored from here. */
  knowsOffset(offset: string): boolean {
    // a subclass may have offsets of its own
    const isOwn = this.restoreSession === SessionAwareAdapter.prototype.restoreSession;
    return !isOwn || this.log.after(offset) !== undefined;
  }

  /** @internal The client of a restored session is in. */
  takeSession(pid: PrivateSessionId): unknown[][] | undefined {
    const given = this.sessions.settle(pid);
    // a subclass may give sessions out by itself
    return given ? this.log.since(given.next, given.session.rooms) : [];
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
    if (!isPlainEvent || options.flags?.volatile) {
      super.broadcast(packet, options);
      return;
    }
    const logged = this.log.add(packet.data, options, Date.now());
    const encoded = this.encodeLogged(packet, options, logged);
    this.log.weigh(logged, bytesOf(encoded.chunks));
    if (this.log.isTooLarge && this.log.trim(this.oldest)) {
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

  /** What is older is not kept any more. */
  private get oldest(): number {
    return Date.now() - this.maxDisconnectionDuration;
  }

  /** Told once, until a minute has passed without another. */
  private onOverflow(): void {
    this.overflowed = true;
    if (!this.overflowTold) {
      this.overflowTold = true;
      tellGuard({ code: "RECOVERY_OVERFLOW", nsp: this.nsp, detail: this.limits });
    }
  }

  private scheduleSweep(): void {
    if (this.sessions.size > 0 || this.log.size > 0) {
      this.sweeper ??= setTimeout(() => this.sweep(), SWEEP_INTERVAL).unref();
    }
  }

  private sweep(): void {
    this.sweeper = undefined;
    this.sessions.dropOlderThan(this.oldest);
    this.log.trim(this.oldest);
    this.overflowTold = this.overflowed;
    this.overflowed = false;
    this.scheduleSweep();
  }
}
