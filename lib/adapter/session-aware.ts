/** The in-memory adapter that also remembers, for a while, what disconnected clients miss. */
import { randomBytes } from "node:crypto";
import { PacketType } from "socket.io-parser";
import type {
  AdapterHost,
  BroadcastOptions,
  BroadcastPacket,
  PrivateSessionId,
  Room,
  Session,
  SessionToPersist,
} from "./contract";
import { Adapter } from "./memory";

interface KeptSession extends SessionToPersist {
  readonly disconnectedAt: number;
}

interface KeptPacket {
  readonly offset: string;
  readonly emittedAt: number;
  readonly options: BroadcastOptions;
  readonly data: unknown[];
}

/** How often expired sessions and packets are looked for, in milliseconds. */
const SWEEP_INTERVAL = 60_000;

/** How long a client may stay away where the server's options do not say, in milliseconds. */
const DEFAULT_MAX_DISCONNECTION_DURATION = 120_000;

/**
 * Keeps the sessions of disconnected clients, and the events that were emitted, for `maxDisconnectionDuration`.
 *
 * Each event that a client may have to be given again gets an offset as its last argument: events with an
 * acknowledgement and volatile events get none.
 */
export class SessionAwareAdapter extends Adapter {
  private readonly maxDisconnectionDuration: number;
  private readonly sessions = new Map<PrivateSessionId, KeptSession>();
  private packets: KeptPacket[] = [];
  /** Makes offsets of this adapter differ from those of the server before a restart. */
  private readonly epoch = randomBytes(6).toString("base64url");
  private emitted = 0;
  private sweeper?: NodeJS.Timeout;

  constructor(nsp: AdapterHost) {
    super(nsp);
    this.maxDisconnectionDuration =
      nsp.server.opts.connectionStateRecovery?.maxDisconnectionDuration ?? DEFAULT_MAX_DISCONNECTION_DURATION;
  }

  override close(): Promise<void> | void {
    clearTimeout(this.sweeper);
    this.sweeper = undefined;
    return super.close();
  }

  override persistSession(session: SessionToPersist): void {
    this.sessions.set(session.pid, { ...session, disconnectedAt: Date.now() });
    this.scheduleSweep();
  }

  override restoreSession(pid: PrivateSessionId, offset: string): Promise<Session | null> {
    const session = this.sessions.get(pid);
    if (!session) {
      return Promise.resolve(null);
    }
    if (session.disconnectedAt + this.maxDisconnectionDuration < Date.now()) {
      this.sessions.delete(pid);
      return Promise.resolve(null);
    }
    const lastSeen = this.packets.findIndex((packet) => packet.offset === offset);
    if (lastSeen === -1) {
      // what came after it is unknown: better no recovery than a gap
      return Promise.resolve(null);
    }
    const missedPackets = this.packets
      .slice(lastSeen + 1)
      .filter((packet) => isReceiver(session.rooms, packet.options))
      .map((packet) => packet.data);
    const { sid, rooms, data } = session;
    return Promise.resolve({ sid, pid, rooms, data, missedPackets });
  }

  override broadcast(packet: BroadcastPacket, options: BroadcastOptions): void {
    const isPlainEvent = packet.type === PacketType.EVENT && packet.id === undefined;
    if (isPlainEvent && !options.flags?.volatile) {
      const offset = `${this.epoch}${(this.emitted++).toString(36)}`;
      packet.data.push(offset);
      const kept = { offset, options, data: packet.data, emittedAt: Date.now() };
      this.packets.push(kept);
      this.scheduleSweep();
      try {
        super.broadcast(packet, options);
      } catch (error) {
        // what cannot be encoded now could not be sent later either
        this.packets.splice(this.packets.lastIndexOf(kept), 1);
        throw error;
      }
    } else {
      super.broadcast(packet, options);
    }
  }

  private scheduleSweep(): void {
    this.sweeper ??= setTimeout(() => this.sweep(), SWEEP_INTERVAL).unref();
  }

  private sweep(): void {
    this.sweeper = undefined;
    const oldest = Date.now() - this.maxDisconnectionDuration;
    for (const [pid, session] of this.sessions) {
      if (session.disconnectedAt < oldest) {
        this.sessions.delete(pid);
      }
    }
    const firstKept = this.packets.findIndex((packet) => packet.emittedAt >= oldest);
    this.packets = firstKept === -1 ? [] : this.packets.slice(firstKept);
    if (this.sessions.size > 0 || this.packets.length > 0) {
      this.scheduleSweep();
    }
  }
}

/** Whether a socket that was in these rooms was meant. */
function isReceiver(joined: readonly Room[], { rooms, except }: BroadcastOptions): boolean {
  const included = rooms.size === 0 || joined.some((room) => rooms.has(room));
  return included && !joined.some((room) => except?.has(room));
}
