/** The in-memory adapter with connection state recovery: stores the sessions and events of disconnected clients. */
import { randomBytes } from "node:crypto";
import { PacketType } from "socket.io-parser";
import { reportGuard } from "../diagnostics";
import { networkOf } from "../guards/addresses";
import type {
  AdapterHost,
  BroadcastOptions,
  BroadcastPacket,
  PrivateSessionId,
  Session,
  SessionToPersist,
  SocketId,
} from "./contract";
import { Adapter } from "./memory";
import { type LogLimits, type MissedEvents, PacketLog } from "./packet-log";
import { maxUnconfirmedRounds, ROUND, roundsWithin } from "./rounds";
import { type KeptSession, SessionStore } from "./session-store";
import { SingleEvents } from "./single-events";
import { decodedWhenRead, storeEvent } from "./stored-event";

/** The time after an overflow within which another one is not reported, in milliseconds. */
const OVERFLOW_PAUSE = 60_000;

/** The default of `maxDisconnectionDuration`, in milliseconds. */
const DEFAULT_MAX_DISCONNECTION_DURATION = 120_000;

const DEFAULT_LIMITS: LogLimits = { maxPackets: 100_000, maxBytes: 64 * 1024 * 1024 };

/**
 * Stores the sessions of disconnected clients for `maxDisconnectionDuration`, and the events that they may have missed,
 * within `maxPackets` and `maxBytes`.
 *
 * The adapter appends an offset to the arguments of each event, except for events with an acknowledgement. A volatile event
 * is not stored. It still gets the offset of the last stored event, since clients read a string at the end of any event as
 * an offset.
 *
 * A client that reconnects receives the stored events after its offset. If some events after its offset are no longer
 * stored, its session is restored only if it has certainly received the ones that were addressed to it. This is certain for
 * events that were older than {@link maxUnconfirmedRounds} when its connection ended. Events to single clients may be removed
 * before others (see {@link SingleEvents}).
 *
 * If a client loses its connection again soon after a reconnection, it may not have received the events that were sent to
 * it at that reconnection, although they are old. Then only the events that were certain for its previous connection are
 * still certain, unless the offset of the client proves that it has received the others.
 */
export class SessionAwareAdapter extends Adapter {
  private readonly maxDisconnectionDuration: number;
  private readonly limits: LogLimits;
  private readonly sessions: SessionStore;
  private readonly log: PacketLog;
  private readonly singleEvents: SingleEvents;
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
    this.sessions = new SessionStore(this.limits);
    // random, so that offsets from before a restart of the server are not valid
    this.log = new PacketLog(randomBytes(6).toString("base64url"), this.limits);
    this.singleEvents = new SingleEvents(this, this.log, this.sessions);
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

  override persistSession(session: SessionToPersist, address?: string): void {
    const network = address === undefined ? undefined : networkOf(address);
    const returned = this.sessions.returnOf(session.pid);
    const received = returned?.received ?? this.log.firstWithin(maxUnconfirmedRounds(this.nsp.server));
    const discarded = Math.max(
      this.singleEvents.lastDiscarded(session.sid, session.pid),
      returned?.discarded ?? 0,
    );
    this.keep({ ...session, disconnectedAt: Date.now(), received, returned, network, discarded });
  }

  private keep(session: Parameters<typeof this.sessions.keep>[0]): void {
    if (this.sessions.keep(session)) {
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
    // the offset may be older than this session, if the client has it from an earlier one; `numberOf()` does not know
    // `since` if another server has created the session
    const first = since === undefined ? 0 : (this.log.numberOf(since) ?? 0);
    const received = Math.max(kept.received, first, next ?? 0, receivedSinceReturn(kept, next));
    if (next === undefined || received < this.log.start || received <= kept.discarded) {
      // events after the offset may be missing, and the client would not notice the gap
      return Promise.resolve(null);
    }
    const from = Math.max(next, first, this.log.start);
    const { events, last } = this.log.since(from, rooms) as MissedEvents;
    this.sessions.beginRestoring({
      session: kept,
      received: events.length > 0 ? received : this.log.end,
      lastMissed: last,
      next: this.log.end,
    });
    // a subclass may modify the events
    const missedPackets = this.restoresItself
      ? events.map((event) => event.arguments())
      : decodedWhenRead(events);
    return Promise.resolve({ sid, pid, rooms, data, since, missedPackets });
  }

  /** @internal Whether the session of a connected socket could be restored from this offset. */
  knowsOffset(offset: string, id = "", pid?: PrivateSessionId): boolean {
    if (this.restoresItself) {
      // its offsets may have another form
      return true;
    }
    const next = this.log.after(offset);
    if (next === undefined) {
      return false;
    }
    const received = Math.max(next, this.log.firstWithin(maxUnconfirmedRounds(this.nsp.server)));
    return received >= this.log.start && received > this.singleEvents.lastDiscarded(id, pid);
  }

  /** Whether a subclass restores sessions in its own way. */
  private get restoresItself(): boolean {
    return this.restoreSession !== SessionAwareAdapter.prototype.restoreSession;
  }

  /** @internal Called when the client of a restored session is connected; returns the events since it was restored. */
  takeSession(pid: PrivateSessionId): unknown[][] | undefined {
    const restoring = this.sessions.endRestoring(pid);
    if (!restoring) {
      // a subclass may have restored the session itself
      return [];
    }
    const meanwhile = this.log.since(restoring.next, restoring.session.rooms);
    this.sessions.recordReturn(pid, {
      round: this.log.round,
      received: restoring.received,
      lastMissed: Math.max(restoring.lastMissed, meanwhile?.last ?? 0),
      end: this.log.end,
      discarded: restoring.session.discarded,
    });
    this.scheduleSweep();
    return meanwhile && decodedWhenRead(meanwhile.events);
  }

  /** @internal Called when a session was restored, but its client was not connected; stores the session again. */
  returnSession(pid: PrivateSessionId): void {
    const restoring = this.sessions.endRestoring(pid);
    if (restoring) {
      this.keep(restoring.session);
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
    const logged = this.log.add(packet.data, options, this.singleReceiver(options));
    const encoded = this.encode(packet, options);
    const { encoder } = this.nsp.server;
    const sent = { nsp: this.nsp.name, data: packet.data, chunks: encoded.chunks };
    this.log.store(logged, storeEvent(sent, encoder, this.limits.maxBytes));
    if (this.log.isTooLarge) {
      this.makeRoom();
    }
    this.scheduleSweep();
    this.deliver(packet, encoded, options);
  }

  /** Returns the id of the connected socket whose own room is the only room of the receivers, if there is one. */
  private singleReceiver({ rooms, except }: BroadcastOptions): SocketId | undefined {
    if (rooms?.size !== 1 || except?.size) {
      return undefined;
    }
    const [room] = rooms as Set<SocketId>;
    return this.nsp.sockets.has(room as SocketId) ? room : undefined;
  }

  /** Removes events from the log until the limits are met. */
  private makeRoom(): void {
    const isDiscarded = this.singleEvents.discard();
    if (this.log.trim(roundsWithin(this.maxDisconnectionDuration)) || isDiscarded) {
      this.onOverflow();
    }
  }

  /** The earliest time of a disconnection after which a session is still restored, in milliseconds since the epoch. */
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
    const unconfirmed = maxUnconfirmedRounds(this.nsp.server);
    this.log.endRound(unconfirmed + roundsWithin(this.maxDisconnectionDuration));
    this.sessions.dropOlderThan(this.oldest);
    this.sessions.dropReturnsBefore(this.log.round - unconfirmed);
    this.scheduleSweep();
  }
}

/**
 * Returns the number of the next event at the latest reconnection, if the offset of the client proves that it has received
 * all events that it had missed until then; otherwise 0.
 */
function receivedSinceReturn({ returned }: KeptSession, next = 0): number {
  return returned && next > returned.lastMissed ? returned.end : 0;
}
