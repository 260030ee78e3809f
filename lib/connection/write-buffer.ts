/** Counts what waits in the buffer of an engine's connection, and takes whole events out of it again. */
import { Buffer } from "node:buffer";
import { FramedWriteOptions } from "./fast/framed";
import type { EncodedChunk, EngineWriteOptions, RawPacket } from "./port";

/** Where the packets wait that the transport cannot take yet; each time when it takes them, there is a new buffer. */
export type WriteBuffer = RawPacket[];

/** An event that waits as a whole. */
interface WaitingEvent {
  readonly first: RawPacket;
  /** How many packets it has. */
  readonly packets: number;
  readonly bytes: number;
  /** Where it begins, if nothing had been taken out of the buffer. */
  readonly at: number;
}

/** What is known of a buffer. */
class Tally {
  /** How many packets are counted, and their bytes. */
  counted = 0;
  bytes = 0;
  /** The events that may be dropped, in their order; those before `oldest` are dropped. */
  events: WaitingEvent[] = [];
  oldest = 0;
  droppable = 0;
  /** How many packets were taken out. */
  removed = 0;

  /** The buffer is not as it was left: it is counted again, and what is in it now stays. */
  reset(): void {
    Object.assign(this, new Tally());
  }
}

/** Known as long as the buffer itself. */
const tallies = new WeakMap<WriteBuffer, Tally>();

/** The bytes of a part of a packet, with its frame if it has one. */
export function sizeOf(data: unknown, options: EngineWriteOptions | undefined): number {
  if (typeof data !== "string") {
    return (data as Partial<Uint8Array> | undefined)?.byteLength ?? 0;
  }
  return options instanceof FramedWriteOptions
    ? (FramedWriteOptions.frameOf(options) as Buffer).length
    : Buffer.byteLength(data);
}

/** The bytes of an encoded packet. */
export function sizeOfChunks(chunks: readonly EncodedChunk[], options: EngineWriteOptions): number {
  let size = 0;
  for (const chunk of chunks) {
    size += sizeOf(chunk, options);
  }
  return size;
}

/** How many bytes wait in a buffer; each packet is looked at once. */
export function bytesIn(buffer: WriteBuffer): number {
  return buffer.length === 0 ? 0 : tallyOf(buffer).bytes;
}

/** How many of them are of events that may be dropped. */
export function droppableIn(buffer: WriteBuffer): number {
  return buffer.length === 0 ? 0 : tallyOf(buffer).droppable;
}

/** Lets an event be dropped as long as it waits: that of all packets from this one on. */
export function letDrop(buffer: WriteBuffer, from: number): void {
  const tally = tallyOf(buffer, from);
  const before = tally.bytes;
  tallyOf(buffer);
  const bytes = tally.bytes - before;
  tally.droppable += bytes;
  tally.events.push({
    first: buffer[from],
    packets: buffer.length - from,
    bytes,
    at: from + tally.removed,
  });
}

/** Takes the oldest events out, until so many bytes are free or none is left; gives how many events. */
export function dropOldest(buffer: WriteBuffer, bytes: number): number {
  const tally = tallyOf(buffer);
  const { events } = tally;
  const start = tally.oldest;
  let freed = 0;
  while (freed < bytes && tally.oldest < events.length) {
    // those that lie side by side go at once
    const at = events[tally.oldest].at - tally.removed;
    if (buffer[at] !== events[tally.oldest].first) {
      // somebody else has taken packets out
      tally.reset();
      return 0;
    }
    let packets = 0;
    do {
      const event = events[tally.oldest++];
      packets += event.packets;
      freed += event.bytes;
    } while (
      freed < bytes &&
      tally.oldest < events.length &&
      events[tally.oldest].at - tally.removed === at + packets
    );
    buffer.splice(at, packets);
    tally.removed += packets;
    tally.counted -= packets;
  }
  tally.bytes -= freed;
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
    tally.bytes += sizeOf(data, options);
  }
  return tally;
}
