/** Discards stored events to single clients when the log is full, before events to many clients are dropped. */
import type { AdapterHost, PrivateSessionId, Room, SocketId } from "./contract";
import type { PacketLog, SinglePacket } from "./packet-log";
import type { KeptSession, SessionStore } from "./session-store";

/** The share of the limits that is free after events were discarded, so that it happens rarely. */
const FREED = 1 / 16;

/** The share of the limits that events to single clients may use if the log is full. */
const SHARE = 1 / 2;

/** The members of an adapter that are used. */
interface Rooms {
  readonly nsp: Pick<AdapterHost, "sockets" | "_holders">;
  readonly rooms: ReadonlyMap<Room, ReadonlySet<SocketId>>;
}

/** The events of a log to the sessions that may need them, the oldest first. */
interface NeededEvents {
  readonly connected: (readonly [SinglePacket, object])[];
  readonly absent: (readonly [SinglePacket, KeptSession])[];
}

/**
 * The events in a log that were each sent to one connected client only. No other client has to receive such an event when it
 * reconnects, so a discarded event can prevent only the session of its own receiver from being restored.
 *
 * If the client may need a discarded event, the number of that event is recorded. Then its session is restored only if the
 * client has certainly received the event.
 */
export class SingleEvents {
  /** The numbers of the last discarded events of connected clients, by socket. */
  private readonly discarded = new WeakMap<object, number>();
  /** Nothing is discarded before the event with this number, since little could be discarded. */
  private next = 0;

  constructor(
    private readonly adapter: Rooms,
    private readonly log: PacketLog,
    private readonly sessions: SessionStore,
  ) {}

  /**
   * Returns the number of the last discarded event that was sent to the connected client with this session alone; 0 if there
   * is none. The socket is also found by `id`, for a namespace that does not know its sockets by their sessions.
   */
  lastDiscarded(id: SocketId, pid: PrivateSessionId | undefined): number {
    const { sockets, _holders } = this.adapter.nsp;
    // the application may have set another `socket.id`, perhaps that of another socket
    const holder = pid === undefined ? undefined : _holders?.find(pid);
    return Math.max(this.lastDiscardedOf(holder), this.lastDiscardedOf(sockets.get(id)));
  }

  private lastDiscardedOf(socket: object | undefined): number {
    return (socket && this.discarded.get(socket)) ?? 0;
  }

  /**
   * Discards the events to clients that will not return. If the log is still full, and events to single clients use more
   * than half of it, also discards the oldest of these, first those to connected clients. Returns whether a client may
   * need one of them.
   */
  discard(): boolean {
    const { log } = this;
    if (log.end < this.next) {
      return false;
    }
    const needed = this.discardGone(log.single());
    const isNeeded = this.discardOldest(needed);
    if (isFull(log)) {
      this.next = log.end + Math.ceil(log.size * FREED);
    }
    return isNeeded;
  }

  /** Discards the events to clients that will not return, and returns the others that may be discarded. */
  private discardGone(events: readonly SinglePacket[]): NeededEvents {
    const needed: NeededEvents = { connected: [], absent: [] };
    if (events.length === 0) {
      return needed;
    }
    const receivers = new Set(events.map(({ rooms }) => rooms));
    const absent = new Map<SocketId, KeptSession>();
    const shared = new Set<Room>();
    this.sessions.visit((session) => {
      if (absent.has(session.sid) || this.adapter.nsp.sockets.has(session.sid)) {
        // the application has given several sockets the same id
        shared.add(session.sid);
      }
      absent.set(session.sid, session);
      for (const room of session.rooms) {
        if (room !== session.sid && receivers.has(room)) {
          shared.add(room);
        }
      }
    });
    const gone = new Set<SinglePacket>();
    for (const event of events) {
      const { rooms: receiver } = event;
      const socket = this.adapter.nsp.sockets.get(receiver);
      const session = absent.get(receiver);
      if (shared.has(receiver) || this.hasOthers(receiver)) {
        // others have joined the room of the receiver
      } else if (socket) {
        needed.connected.push([event, socket]);
      } else if (session) {
        needed.absent.push([event, session]);
      } else {
        gone.add(event);
      }
    }
    this.log.discard(gone);
    return needed;
  }

  /** Whether other sockets than the one with this id have joined its room. */
  private hasOthers(id: SocketId): boolean {
    const members = this.adapter.rooms.get(id);
    return members !== undefined && members.size > (members.has(id) ? 1 : 0);
  }

  private discardOldest({ connected, absent }: NeededEvents): boolean {
    const excess = new Excess(this.log, [...connected, ...absent]);
    const discarded = new Set<SinglePacket>();
    for (const [event, socket] of connected) {
      if (excess.takes(event)) {
        discarded.add(event);
        this.discarded.set(socket, Math.max(event.number, this.lastDiscardedOf(socket)));
      }
    }
    for (const [event, session] of absent) {
      if (excess.takes(event)) {
        discarded.add(event);
        session.discarded = Math.max(event.number, session.discarded);
      }
    }
    this.log.discard(discarded);
    return discarded.size > 0;
  }
}

/** Computes how many events must be discarded from a full log. */
class Excess {
  private packets: number;
  private bytes: number;
  private singlePackets: number;
  private singleBytes = 0;

  constructor(
    private readonly log: PacketLog,
    events: readonly (readonly [SinglePacket, unknown])[],
  ) {
    this.packets = log.size;
    this.bytes = log.weight;
    this.singlePackets = events.length;
    for (const [{ weight }] of events) {
      this.singleBytes += weight;
    }
  }

  /** Whether another event must be discarded; if so, counts this one as discarded. */
  takes({ weight }: SinglePacket): boolean {
    const { maxPackets, maxBytes } = this.log.limits;
    const areMany = this.packets > maxPackets * (1 - FREED) && this.singlePackets > maxPackets * SHARE;
    const areLarge = this.bytes > maxBytes * (1 - FREED) && this.singleBytes > maxBytes * SHARE;
    if (!areMany && !areLarge) {
      return false;
    }
    this.packets--;
    this.bytes -= weight;
    this.singlePackets--;
    this.singleBytes -= weight;
    return true;
  }
}

function isFull({ size, weight, limits }: PacketLog): boolean {
  return size > limits.maxPackets * (1 - FREED) || weight > limits.maxBytes * (1 - FREED);
}
