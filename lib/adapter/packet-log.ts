/** The latest events of a namespace, for clients that come back: as many as may be kept. */
import type { BroadcastOptions, Room } from "./contract";

/** One event, as it was sent. */
export interface LoggedPacket {
  /** The round in which it was sent. */
  readonly round: number;
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

/** The oldest events go first. An event is found by its number, which is part of its offset; the first one has 1. */
export class PacketLog {
  /** Those that are kept begin at `head`. */
  private packets: (LoggedPacket | undefined)[] = [];
  private head = 0;
  private firstNumber = 1;
  private bytes = 0;
  private currentRound = 0;
  private lastDroppedRound = Number.NEGATIVE_INFINITY;

  constructor(
    /** Where the offsets of this log begin. */
    private readonly prefix: string,
    private readonly limits: LogLimits,
  ) {}

  /** How many events are kept. */
  get size(): number {
    return this.packets.length - this.head;
  }

  /** The number of the round; the first one has 0. */
  get round(): number {
    return this.currentRound;
  }

  /** Ends the round, and drops the events that are older than this many rounds. */
  endRound(kept: number): void {
    this.currentRound++;
    this.dropOlderThan(this.currentRound - kept);
  }

  /** Adds an event, and its offset to its arguments. */
  add(data: unknown[], { rooms, except }: BroadcastOptions): LoggedPacket {
    data.push(this.nextOffset);
    const packet = { round: this.currentRound, rooms: listOf(rooms), except: listOf(except), data, bytes: 0 };
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

  /** Drops the oldest events until no more are kept than may be; true if one of them was from the last `rounds` rounds. */
  trim(rounds: number): boolean {
    const oldest = this.currentRound - rounds;
    let wasYoung = false;
    while (this.isTooLarge) {
      this.dropFirst();
      wasYoung ||= this.lastDroppedRound >= oldest;
    }
    return wasYoung;
  }

  /** Whether there is more than may be kept. */
  get isTooLarge(): boolean {
    return this.size > this.limits.maxPackets || this.bytes > this.limits.maxBytes;
  }

  private dropOlderThan(oldest: number): void {
    for (let first = this.first; first && first.round < oldest; first = this.first) {
      this.dropFirst();
    }
  }

  private get first(): LoggedPacket | undefined {
    return this.packets[this.head];
  }

  private dropFirst(): void {
    this.bytes -= this.first?.bytes ?? 0;
    this.lastDroppedRound = this.first?.round ?? this.lastDroppedRound;
    this.packets[this.head] = undefined;
    this.head++;
    this.firstNumber++;
    if (this.head >= SLACK && this.head * 2 >= this.packets.length) {
      this.packets = this.packets.slice(this.head);
      this.head = 0;
    }
  }

  /** The number of the first event that is kept. */
  get start(): number {
    return this.firstNumber;
  }

  /** The number that the next event gets. */
  get end(): number {
    return this.firstNumber + this.size;
  }

  /** The offset that the next event gets. */
  get nextOffset(): string {
    return this.offsetOf(this.end);
  }

  /** The offset of the last event; that of number 0 if there was none. */
  get lastOffset(): string {
    return this.offsetOf(this.end - 1);
  }

  private offsetOf(number: number): string {
    return this.prefix + number.toString(36);
  }

  /** The number that belongs to an offset; undefined if this log has not given it. */
  numberOf(offset: string): number | undefined {
    const digits = offset.slice(this.prefix.length);
    const number = Number.parseInt(digits, 36);
    const isOurs = offset.startsWith(this.prefix) && number.toString(36) === digits;
    return isOurs && number >= 0 && number <= this.end ? number : undefined;
  }

  /** The number after the one with this offset, of an event that may have been dropped; undefined for a foreign offset. */
  after(offset: string): number | undefined {
    const number = this.numberOf(offset);
    return number !== undefined && number < this.end ? number + 1 : undefined;
  }

  /**
   * The number of the first event of the last `rounds` rounds and of this one, or the number that the next event gets;
   * 0 if that event was dropped.
   */
  firstWithin(rounds: number): number {
    const oldest = this.currentRound - rounds;
    if (this.lastDroppedRound >= oldest) {
      return 0;
    }
    let [low, high] = [this.head, this.packets.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.packets[middle] as LoggedPacket).round < oldest) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return this.firstNumber + low - this.head;
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
