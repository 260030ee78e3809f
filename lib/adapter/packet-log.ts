/** Stores the latest events of a namespace, within limits, for clients that reconnect. */
import type { BroadcastOptions, Room } from "./contract";
import { roomsWeight, type StoredEvent } from "./stored-event";

/** An event that was sent. */
export interface LoggedPacket {
  /** The round (see rounds.ts) in which it was sent. */
  readonly round: number;
  /** The rooms of its receivers. An empty array stands for all sockets of the namespace. */
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
  /** The arguments; `undefined` until the event is encoded, or if it cannot be encoded. */
  event: StoredEvent | undefined;
  /** The memory for the event and its rooms, in bytes. */
  weight: number;
}

/** The events that a client has missed. */
export interface MissedEvents {
  readonly events: StoredEvent[];
  /** The number of the last of them; 0 if there are none. */
  readonly last: number;
}

/** The maximum number of the stored events, and the maximum memory for them. */
export interface LogLimits {
  readonly maxPackets: number;
  readonly maxBytes: number;
}

/** The minimum number of empty elements at the beginning of the array before they are removed. */
const SLACK = 1024;

const NO_ROOMS: readonly Room[] = [];

/**
 * The log of one adapter. Events are numbered from 1, and the number is part of the offset. The oldest are dropped
 * first.
 */
export class PacketLog {
  /** The stored events, from the index `head` on. */
  private packets: (LoggedPacket | undefined)[] = [];
  private head = 0;
  private firstNumber = 1;
  private bytes = 0;
  private currentRound = 0;
  private lastDroppedRound = Number.NEGATIVE_INFINITY;

  constructor(
    /** The prefix of all offsets of this log. */
    private readonly prefix: string,
    private readonly limits: LogLimits,
  ) {}

  /** The number of stored events. */
  get size(): number {
    return this.packets.length - this.head;
  }

  /** The number of the current round, beginning with 0. */
  get round(): number {
    return this.currentRound;
  }

  /** Ends the round, and drops the events that are older than `kept` rounds. */
  endRound(kept: number): void {
    this.currentRound++;
    this.dropOlderThan(this.currentRound - kept);
  }

  /** Adds an event, and appends its offset to its arguments. */
  add(data: unknown[], { rooms, except }: BroadcastOptions): LoggedPacket {
    data.push(this.nextOffset);
    const packet: LoggedPacket = {
      round: this.currentRound,
      rooms: listOf(rooms),
      except: listOf(except),
      event: undefined,
      weight: 0,
    };
    this.packets.push(packet);
    return packet;
  }

  /** Sets the arguments of an event that was added. Without this call, only its number is in use. */
  store(packet: LoggedPacket, event: StoredEvent): void {
    packet.event = event;
    packet.weight = event.weight + roomsWeight(packet.rooms) + roomsWeight(packet.except);
    this.bytes += packet.weight;
  }

  /**
   * Drops the oldest events until the limits are met. Returns whether one of them was from the last `rounds` rounds.
   */
  trim(rounds: number): boolean {
    const oldest = this.currentRound - rounds;
    let wasYoung = false;
    while (this.isTooLarge) {
      this.dropFirst();
      wasYoung ||= this.lastDroppedRound >= oldest;
    }
    return wasYoung;
  }

  /** Whether a limit is exceeded. */
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
    this.bytes -= this.first?.weight ?? 0;
    this.lastDroppedRound = this.first?.round ?? this.lastDroppedRound;
    this.packets[this.head] = undefined;
    this.head++;
    this.firstNumber++;
    if (this.head >= SLACK && this.head * 2 >= this.packets.length) {
      this.packets = this.packets.slice(this.head);
      this.head = 0;
    }
  }

  /** The number of the first stored event. */
  get start(): number {
    return this.firstNumber;
  }

  /** The number of the next event. */
  get end(): number {
    return this.firstNumber + this.size;
  }

  /** The offset of the next event. */
  get nextOffset(): string {
    return this.offsetOf(this.end);
  }

  /** The offset of the last event, or the offset of number 0 if there was none. */
  get lastOffset(): string {
    return this.offsetOf(this.end - 1);
  }

  private offsetOf(number: number): string {
    return this.prefix + number.toString(36);
  }

  /** Returns the number of an offset; `undefined` if the offset is not from this log. */
  numberOf(offset: string): number | undefined {
    const digits = offset.slice(this.prefix.length);
    const number = Number.parseInt(digits, 36);
    const isOurs = offset.startsWith(this.prefix) && number.toString(36) === digits;
    return isOurs && number >= 0 && number <= this.end ? number : undefined;
  }

  /**
   * Returns the number that follows an offset, even if it was dropped; `undefined` if the offset is not from this log.
   */
  after(offset: string): number | undefined {
    const number = this.numberOf(offset);
    return number !== undefined && number < this.end ? number + 1 : undefined;
  }

  /**
   * Returns the number of the first event within the last `rounds` rounds and the current one, or the number of the
   * next event if there is none. Returns 0 if an event within these rounds was dropped.
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
   * Returns the events from this number on whose receivers include a socket in these rooms; `undefined` if some events were
   * dropped.
   */
  since(number: number, joined: readonly Room[]): MissedEvents | undefined {
    if (number < this.firstNumber) {
      return undefined;
    }
    const rooms = new Set(joined);
    const events: StoredEvent[] = [];
    let last = 0;
    for (let i = this.head + number - this.firstNumber; i < this.packets.length; i++) {
      const packet = this.packets[i];
      if (packet?.event && isReceiver(rooms, packet)) {
        events.push(packet.event);
        last = this.firstNumber + i - this.head;
      }
    }
    return { events, last };
  }
}

/** Whether a socket in these rooms is a receiver of the event. */
function isReceiver(joined: ReadonlySet<Room>, { rooms, except }: LoggedPacket): boolean {
  const included = rooms.length === 0 || rooms.some((room) => joined.has(room));
  return included && !except.some((room) => joined.has(room));
}

/** Returns a copy as an array, which needs less memory than a set. */
function listOf(rooms: ReadonlySet<Room> | undefined): readonly Room[] {
  return rooms && rooms.size > 0 ? [...rooms] : NO_ROOMS;
}
