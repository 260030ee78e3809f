/** The latest events of a namespace, for clients that come back: as many as may be kept. */
import type { BroadcastOptions, Room } from "./contract";

/** One event, as it was sent. */
export interface LoggedPacket {
  readonly emittedAt: number;
  /** Its receivers; empty means everybody. */
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
  /** The arguments, the offset last; undefined if it could not be sent. */
  data: unknown[] | undefined;
  /** How long it is when it is encoded. */
  bytes: number;
}

/** How much may be kept. */
export interface LogLimits {
  readonly maxPackets: number;
  readonly maxBytes: number;
}

/** So many places of forgotten events are given back at a time. */
const SLACK = 1024;

const NO_ROOMS: readonly Room[] = [];

/** The oldest events go first. An event is found by its number, which is part of its offset. */
export class PacketLog {
  /** Those that are kept begin at `head`. */
  private packets: (LoggedPacket | undefined)[] = [];
  private head = 0;
  /** The number of the event at `head`. */
  private firstNumber = 0;
  private bytes = 0;

  constructor(
    /** Where the offsets of this log begin. */
    private readonly prefix: string,
    private readonly limits: LogLimits,
  ) {}

  /** How many events are kept. */
  get size(): number {
    return this.packets.length - this.head;
  }

  /** Adds an event, and its offset to its arguments. */
  add(data: unknown[], { rooms, except }: BroadcastOptions, emittedAt: number): LoggedPacket {
    data.push(this.nextOffset);
    const packet = { emittedAt, rooms: listOf(rooms), except: listOf(except), data, bytes: 0 };
    this.packets.push(packet);
    return packet;
  }

  /** Tells how long an event is when it is encoded. */
  weigh(packet: LoggedPacket, bytes: number): void {
    packet.bytes = bytes;
    this.bytes += bytes;
  }

  /** An event cannot be encoded, neither now nor later. */
  forget(packet: LoggedPacket): void {
    packet.data = undefined;
  }

  /** Drops what is older than `oldest`, then what is too much; true if there was too much. */
  trim(oldest: number): boolean {
    this.dropOlderThan(oldest);
    const wasTooLarge = this.isTooLarge;
    while (this.isTooLarge) {
      this.dropFirst();
    }
    return wasTooLarge;
  }

  /** Whether there is more than may be kept. */
  get isTooLarge(): boolean {
    return this.size > this.limits.maxPackets || this.bytes > this.limits.maxBytes;
  }

  private dropOlderThan(oldest: number): void {
    for (let first = this.first; first && first.emittedAt < oldest; first = this.first) {
      this.dropFirst();
    }
  }

  private get first(): LoggedPacket | undefined {
    return this.packets[this.head];
  }

  private dropFirst(): void {
    this.bytes -= this.first?.bytes ?? 0;
    this.packets[this.head] = undefined;
    this.head++;
    this.firstNumber++;
    if (this.head >= SLACK && this.head * 2 >= this.packets.length) {
      this.packets = this.packets.slice(this.head);
      this.head = 0;
    }
  }

  /** The number that the next event gets. */
  get end(): number {
    return this.firstNumber + this.size;
  }

  /** The offset that the next event gets. */
  get nextOffset(): string {
    return this.prefix + this.end.toString(36);
  }

  /** The number that belongs to an offset; undefined if this log has not given it. */
  numberOf(offset: string): number | undefined {
    const digits = offset.slice(this.prefix.length);
    const number = Number.parseInt(digits, 36);
    const isOurs = offset.startsWith(this.prefix) && number.toString(36) === digits;
    return isOurs && number >= 0 && number <= this.end ? number : undefined;
  }

  /** The number of the event after the one with this offset; undefined if that one is not kept. */
  after(offset: string): number | undefined {
    const number = this.numberOf(offset);
    return number !== undefined && number >= this.firstNumber && number < this.end ? number + 1 : undefined;
  }

  /**
   * The arguments of the events from this number on, for a socket in these rooms; undefined if some of them are not kept
   * any more.
   */
  since(number: number, joined: readonly Room[]): unknown[][] | undefined {
    if (number < this.firstNumber) {
      return undefined;
    }
    const rooms = new Set(joined);
    const found: unknown[][] = [];
    for (let i = this.head + number - this.firstNumber; i < this.packets.length; i++) {
      const packet = this.packets[i];
      if (packet?.data && isReceiver(rooms, packet)) {
        found.push(packet.data);
      }
    }
    return found;
  }
}

/** Whether a socket in these rooms was meant. */
function isReceiver(joined: ReadonlySet<Room>, { rooms, except }: LoggedPacket): boolean {
  const included = rooms.length === 0 || rooms.some((room) => joined.has(room));
  return included && !except.some((room) => joined.has(room));
}

/** A copy that takes little room. */
function listOf(rooms: ReadonlySet<Room> | undefined): readonly Room[] {
  return rooms && rooms.size > 0 ? [...rooms] : NO_ROOMS;
}
