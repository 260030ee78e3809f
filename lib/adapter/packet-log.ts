/** Stores the latest events of a namespace, within limits, for clients that reconnect. */
import type { BroadcastOptions, Room, SocketId } from "./contract";
import { roomsWeight, type StoredEvent } from "./stored-event";

/** An event that was sent. */
export interface LoggedPacket {
  readonly number: number;
  /**
   * The rooms of its receivers. An empty array stands for all sockets of the namespace; a string is the id of the only
   * socket that the event was sent to.
   */
  readonly rooms: readonly Room[] | SocketId;
  readonly except: readonly Room[];
  /** The arguments; `undefined` until the event is encoded, or if it cannot be encoded. */
  event: StoredEvent | undefined;
  /** The memory for the event and its rooms, in bytes. */
  weight: number;
}

/** An event that was sent to a single socket. */
export type SinglePacket = LoggedPacket & { readonly rooms: SocketId };

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
 * first; events to a single socket can be discarded before these.
 */
export class PacketLog {
  /** The stored events, from the index `head` on, by ascending numbers. */
  private packets: (LoggedPacket | undefined)[] = [];
  private head = 0;
  /** The number after that of the last dropped event. */
  private firstNumber = 1;
  private nextNumber = 1;
  private bytes = 0;
  private currentRound = 0;
  /** The numbers of the first events of the latest rounds (see rounds.ts), the current one included. */
  private readonly roundStarts = [1];

  constructor(
    /** The prefix of all offsets of this log. */
    private readonly prefix: string,
    readonly limits: LogLimits,
  ) {}

  /** The number of stored events. */
  get size(): number {
    return this.packets.length - this.head;
  }

  /** The memory for the stored events, in bytes. */
  get weight(): number {
    return this.bytes;
  }

  /** The number of the current round, beginning with 0. */
  get round(): number {
    return this.currentRound;
  }

  /** Ends the round, and drops the events that are older than `kept` rounds. */
  endRound(kept: number): void {
    this.currentRound++;
    this.roundStarts.push(this.nextNumber);
    while (this.roundStarts.length > kept + 2) {
      this.roundStarts.shift();
    }
    this.dropBefore(this.startOf(this.currentRound - kept));
  }

  /** Returns the number of the first event since the beginning of a round; 1 if the round is too long ago. */
  private startOf(round: number): number {
    return this.roundStarts[this.roundStarts.length - 1 - (this.currentRound - round)] ?? 1;
  }

  /**
   * Adds an event, and appends its offset to its arguments. `receiver` is the id of the only socket that it is sent to, if
   * there is only one.
   */
  add(data: unknown[], { rooms, except }: BroadcastOptions, receiver?: SocketId): LoggedPacket {
    data.push(this.nextOffset);
    const packet: LoggedPacket = {
      number: this.nextNumber++,
      rooms: receiver ?? listOf(rooms),
      except: listOf(except),
      event: undefined,
      weight: 0,
    };
    this.packets.push(packet);
    return packet;
  }

  /**
   * Sets the arguments of an event that was added. Without this call, only its number is in use. Has no effect if the event
   * was removed meanwhile: `toJSON()` of an argument may emit other events while this one is encoded.
   */
  store(packet: LoggedPacket, event: StoredEvent): void {
    if (!this.contains(packet)) {
      return;
    }
    packet.event = event;
    packet.weight = event.weight + roomsWeight(packet.rooms) + roomsWeight(packet.except);
    this.bytes += packet.weight;
  }

  private contains(packet: LoggedPacket): boolean {
    const { packets } = this;
    return packets[packets.length - 1] === packet || packets[this.indexOf(packet.number)] === packet;
  }

  /**
   * Drops the oldest events until the limits are met. Returns whether one of them was from the last `rounds` rounds.
   */
  trim(rounds: number): boolean {
    const young = this.startOf(this.currentRound - rounds);
    let wasYoung = false;
    while (this.isTooLarge && this.size > 0) {
      this.dropFirst();
      wasYoung ||= this.firstNumber > young;
    }
    return wasYoung;
  }

  /** Whether a limit is exceeded. */
  get isTooLarge(): boolean {
    return this.size > this.limits.maxPackets || this.bytes > this.limits.maxBytes;
  }

  /** Returns the stored events that were sent to a single socket, the oldest first. */
  single(): SinglePacket[] {
    const { packets, head } = this;
    const found: SinglePacket[] = [];
    for (let i = head; i < packets.length; i++) {
      if (typeof packets[i]?.rooms === "string") {
        found.push(packets[i] as SinglePacket);
      }
    }
    return found;
  }

  /**
   * Removes these events, also from the middle of the log. `since()` then returns the other events, as if these had never been
   * sent, so the caller must record which clients may need them.
   */
  discard(discarded: ReadonlySet<LoggedPacket>): void {
    if (discarded.size === 0) {
      return;
    }
    const { packets } = this;
    this.packets = packets.slice(this.head).filter((packet) => !discarded.has(packet as LoggedPacket));
    this.head = 0;
    for (const { weight } of discarded) {
      this.bytes -= weight;
    }
  }

  private dropBefore(number: number): void {
    for (let first = this.first; first && first.number < number; first = this.first) {
      this.dropFirst();
    }
  }

  private get first(): LoggedPacket | undefined {
    return this.packets[this.head];
  }

  private dropFirst(): void {
    const first = this.first as LoggedPacket;
    this.bytes -= first.weight;
    this.firstNumber = first.number + 1;
    this.packets[this.head] = undefined;
    this.head++;
    if (this.head >= SLACK && this.head * 2 >= this.packets.length) {
      this.packets = this.packets.slice(this.head);
      this.head = 0;
    }
  }

  /** The number from which on no event was dropped. */
  get start(): number {
    return this.firstNumber;
  }

  /** The number of the next event. */
  get end(): number {
    return this.nextNumber;
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
    const first = this.startOf(this.currentRound - rounds);
    return first < this.firstNumber ? 0 : first;
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
    for (let i = this.indexOf(number); i < this.packets.length; i++) {
      const packet = this.packets[i];
      if (packet?.event && isReceiver(rooms, packet)) {
        events.push(packet.event);
        last = packet.number;
      }
    }
    return { events, last };
  }

  /** Returns the index of the first stored event from this number on. */
  private indexOf(number: number): number {
    let [low, high] = [this.head, this.packets.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.packets[middle] as LoggedPacket).number < number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/** Whether a socket in these rooms is a receiver of the event. */
function isReceiver(joined: ReadonlySet<Room>, { rooms, except }: LoggedPacket): boolean {
  if (typeof rooms === "string") {
    return joined.has(rooms);
  }
  const included = rooms.length === 0 || rooms.some((room) => joined.has(room));
  return included && !except.some((room) => joined.has(room));
}

/** Returns a copy as an array, which needs less memory than a set. */
function listOf(rooms: ReadonlySet<Room> | undefined): readonly Room[] {
  return rooms && rooms.size > 0 ? [...rooms] : NO_ROOMS;
}
