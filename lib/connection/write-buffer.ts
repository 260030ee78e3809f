/** Counts the bytes in the write buffer of a connection, and removes whole events from it. */
import { Buffer } from "node:buffer";
import { FramedWriteOptions } from "./fast/framed";
import { headerLengthOf } from "./fast/frames";
import type { EncodedChunk, EngineWriteOptions, RawPacket } from "./port";

/** The packets that were not passed to the transport yet; the engine creates a new buffer whenever it passes them on. */
export type WriteBuffer = RawPacket[];

/**
 * The memory in addition to the data, in bytes, as measured with Node.js 20: for a packet in a buffer; for an event that may
 * be dropped; for the frame of a broadcast, beside its text; for an attachment.
 */
const PACKET_COST = 160;
const EVENT_COST = 70;
const FRAME_COST = 150;
const ATTACHMENT_COST = 150;

/** The length of the packet type of Engine.IO in a frame, in bytes. */
const MESSAGE_TYPE = 1;

/** An event whose packets are all in the buffer. */
interface BufferedEvent {
  readonly first: RawPacket;
  /** The number of its packets. */
  readonly packets: number;
  /** The bytes of its packets. */
  readonly bytes: number;
  /** The memory in addition to these bytes. */
  readonly cost: number;
  /** The index that its first packet would have if no packets had been removed from the buffer. */
  readonly at: number;
}

/** The counts of one buffer. */
class Tally {
  /** The number of packets that were counted, their bytes, and the memory in addition to these. */
  counted = 0;
  bytes = 0;
  cost = 0;
  /** The events that may be dropped, in their order; the events before `oldest` are dropped already. */
  events: BufferedEvent[] = [];
  oldest = 0;
  /** The bytes and the cost of the events that may be dropped. */
  droppable = 0;
  /** The number of packets that were removed. */
  removed = 0;

  /** Counts again, since other code has changed the buffer; the packets that are in it now cannot be dropped. */
  reset(): void {
    Object.assign(this, new Tally());
  }
}

/** The counts by buffer. */
const tallies = new WeakMap<WriteBuffer, Tally>();

/** Returns the number of bytes of a part of a packet; for a framed text, those of the frame. */
function sizeOf(data: unknown, options: EngineWriteOptions | undefined): number {
  if (typeof data !== "string") {
    return (data as Partial<Uint8Array> | undefined)?.byteLength ?? 0;
  }
  return options instanceof FramedWriteOptions
    ? (FramedWriteOptions.frameOf(options) as Buffer).length
    : Buffer.byteLength(data);
}

/** Returns the memory for a part of a packet in addition to these bytes. */
function costOf(data: unknown, bytes: number, options: EngineWriteOptions | undefined): number {
  if (typeof data !== "string") {
    return PACKET_COST + (data === undefined ? 0 : ATTACHMENT_COST);
  }
  if (options instanceof FramedWriteOptions) {
    const header = headerLengthOf(FramedWriteOptions.frameOf(options) as Buffer) + MESSAGE_TYPE;
    return PACKET_COST + FRAME_COST + charactersOf(data, bytes - header);
  }
  // other adapters pass a frame as several buffers
  const frame = options?.wsPreEncodedFrame ? 2 * FRAME_COST + bytes : 0;
  return PACKET_COST + frame + Math.max(charactersOf(data, bytes) - bytes, 0);
}

/** Returns the memory for the characters of a text: V8 uses two bytes for each, unless all are in Latin-1. */
function charactersOf({ length }: string, bytes: number): number {
  return length < bytes ? 2 * length : length;
}

/** Returns the number of bytes of an encoded packet. */
export function sizeOfChunks(chunks: readonly EncodedChunk[], options: EngineWriteOptions): number {
  let size = 0;
  for (const chunk of chunks) {
    size += sizeOf(chunk, options);
  }
  return size;
}

/** Returns the number of bytes in a buffer; each packet is counted once. */
export function bytesIn(buffer: WriteBuffer): number {
  return buffer.length === 0 ? 0 : tallyOf(buffer).bytes;
}

/** Returns the memory for the packets in a buffer in addition to their data, in bytes. */
export function packetCost(buffer: WriteBuffer): number {
  return buffer.length === 0 ? 0 : tallyOf(buffer).cost;
}

/** Returns the number of bytes of the events that may be dropped, including the memory in addition to their data. */
export function droppableIn(buffer: WriteBuffer): number {
  return buffer.length === 0 ? 0 : tallyOf(buffer).droppable;
}

/** Marks the packets from index `from` to the end as one event that may be dropped while it is in the buffer. */
export function markDroppable(buffer: WriteBuffer, from: number): void {
  const tally = tallyOf(buffer, from);
  const before = { bytes: tally.bytes, cost: tally.cost };
  tallyOf(buffer);
  tally.cost += EVENT_COST;
  const packets = buffer.length - from;
  const bytes = tally.bytes - before.bytes;
  const cost = tally.cost - before.cost;
  tally.droppable += bytes + cost;
  tally.events.push({ first: buffer[from], packets, bytes, cost, at: from + tally.removed });
}

/**
 * Removes the oldest droppable events, until `bytes` are freed or none is left; the memory in addition to their data counts
 * too. Returns the number of removed events.
 */
export function dropOldest(buffer: WriteBuffer, bytes: number): number {
  const tally = tallyOf(buffer);
  const { events } = tally;
  const start = tally.oldest;
  let freed = 0;
  while (freed < bytes && tally.oldest < events.length) {
    // events that are next to each other are removed by one call of splice()
    const at = events[tally.oldest].at - tally.removed;
    if (buffer[at] !== events[tally.oldest].first) {
      // other code has removed packets
      tally.reset();
      return 0;
    }
    let packets = 0;
    do {
      const event = events[tally.oldest++];
      packets += event.packets;
      freed += event.bytes + event.cost;
      tally.bytes -= event.bytes;
      tally.cost -= event.cost;
    } while (
      freed < bytes &&
      tally.oldest < events.length &&
      events[tally.oldest].at - tally.removed === at + packets
    );
    buffer.splice(at, packets);
    tally.removed += packets;
    tally.counted -= packets;
  }
  tally.droppable -= freed;
  const dropped = tally.oldest - start;
  if (tally.oldest * 2 > events.length) {
    events.splice(0, tally.oldest);
    tally.oldest = 0;
  }
  return dropped;
}

function tallyOf(buffer: WriteBuffer, upTo = buffer.length): Tally {
  let tally = tallies.get(buffer);
  if (!tally) {
    tally = new Tally();
    tallies.set(buffer, tally);
  }
  if (tally.counted > buffer.length) {
    tally.reset();
  }
  while (tally.counted < upTo) {
    const { data, options } = buffer[tally.counted++];
    const bytes = sizeOf(data, options);
    tally.bytes += bytes;
    tally.cost += costOf(data, bytes, options);
  }
  return tally;
}
