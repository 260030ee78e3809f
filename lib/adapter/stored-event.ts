/** Stores the arguments of a sent event in a compact form, and determines how much memory they need. */
import { Buffer } from "node:buffer";
import type { Encoder } from "socket.io-parser";
import type { EncodedChunk } from "../connection/port";
import { TextFirstEncoder } from "../parser/encode";
import { textWeight } from "../parser/text-weight";
import type { Room, SocketId } from "./contract";
import { valueWeight } from "./weight";

/** The memory for a stored event, in addition to its arguments and rooms, in bytes. */
const EVENT_WEIGHT = 128;

/** The memory for a buffer, in addition to its bytes. */
const BUFFER_WEIGHT = 200;

/** The memory for a list, and for each of its elements. */
const LIST_WEIGHT = 48;
const ELEMENT_WEIGHT = 8;

/** The arguments of a stored event. */
export abstract class StoredEvent {
  /** The memory for the event without its rooms, in bytes. */
  abstract readonly weight: number;
  /** The encoded packet, if it is stored. */
  abstract readonly chunks: EncodedChunk[] | undefined;
  /** Returns the arguments, followed by the offset. */
  abstract arguments(): unknown[];
}

/** The text of a packet without attachments. The decoded arguments would need up to 21 times as much memory. */
class TextEvent extends StoredEvent {
  readonly weight: number;

  constructor(
    private readonly text: string,
    /** The index at which the arguments begin. */
    private readonly start: number,
  ) {
    super();
    this.weight = EVENT_WEIGHT + textWeight(text);
  }

  get chunks(): EncodedChunk[] {
    return [this.text];
  }

  arguments(): unknown[] {
    return JSON.parse(this.text.slice(this.start));
  }
}

/** The text and the attachments of a packet. */
class BinaryEvent extends StoredEvent {
  readonly weight: number;
  private readonly attachments: readonly EncodedChunk[];

  constructor(
    private readonly text: string,
    private readonly start: number,
    attachments: readonly EncodedChunk[],
  ) {
    super();
    this.attachments = attachments.map(withoutPool);
    let weight = EVENT_WEIGHT + textWeight(text);
    for (const attachment of this.attachments) {
      weight += BUFFER_WEIGHT + sizeOf(attachment);
    }
    this.weight = weight;
  }

  get chunks(): EncodedChunk[] {
    return [this.text, ...this.attachments];
  }

  arguments(): unknown[] {
    // a placeholder without an attachment is an object of the application
    return JSON.parse(this.text.slice(this.start), (_key, value) =>
      value?._placeholder === true ? (this.attachments[value.num] ?? value) : value,
    );
  }
}

/** The arguments of a packet that only the encoder of a custom parser can encode. */
class EmittedEvent extends StoredEvent {
  readonly weight: number;
  readonly chunks = undefined;

  constructor(
    private readonly data: unknown[],
    chunks: readonly EncodedChunk[],
    maxWeight: number,
  ) {
    super();
    let encoded = 0;
    // encoder mocks in the tests of adapters may return other values
    for (const chunk of Array.isArray(chunks) ? chunks : []) {
      encoded += sizeOf(chunk);
    }
    this.weight = EVENT_WEIGHT + Math.max(encoded, valueWeight(data, maxWeight));
  }

  arguments(): unknown[] {
    return this.data;
  }
}

/** Returns a copy of a part of a larger buffer, which would keep the whole buffer in memory; other chunks as they are. */
function withoutPool(chunk: EncodedChunk): EncodedChunk {
  if (!ArrayBuffer.isView(chunk) || chunk.byteLength === chunk.buffer.byteLength) {
    return chunk;
  }
  const copy = Buffer.allocUnsafeSlow(chunk.byteLength);
  copy.set(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  return copy;
}

function sizeOf(chunk: EncodedChunk): number {
  return typeof chunk === "string" ? chunk.length : (chunk?.byteLength ?? 0);
}

/** An event that was sent: its namespace, its arguments with the offset, and the encoded packet. */
interface SentEvent {
  readonly nsp: string;
  readonly data: unknown[];
  readonly chunks: readonly EncodedChunk[];
}

/** Stores an event that this encoder has encoded. A weight above `maxWeight` may be inexact. */
export function storeEvent(
  { nsp, data, chunks }: SentEvent,
  encoder: Encoder,
  maxWeight: number,
): StoredEvent {
  const [text, ...attachments] = Array.isArray(chunks) ? chunks : [];
  if (encoder instanceof TextFirstEncoder && typeof text === "string") {
    // the packet type and the number of attachments, then the namespace (Socket.IO protocol 5, "Packet encoding")
    const type = attachments.length > 0 ? text.indexOf("-") + 1 : 1;
    const start = type + (nsp === "/" ? 0 : nsp.length + 1);
    if (text[start] === "[") {
      return attachments.length > 0 ? new BinaryEvent(text, start, attachments) : new TextEvent(text, start);
    }
  }
  return new EmittedEvent(data, chunks, maxWeight);
}

/** Returns the memory for a list of rooms, or for a single id, in bytes. */
export function roomsWeight(rooms: readonly Room[] | SocketId): number {
  if (typeof rooms === "string") {
    return textWeight(rooms);
  }
  let weight = rooms.length > 0 ? LIST_WEIGHT : 0;
  for (const room of rooms) {
    weight += ELEMENT_WEIGHT + textWeight(room);
  }
  return weight;
}

/** The events of each array that {@link decodedWhenRead} has returned. */
const undecoded = new WeakMap<unknown[][], readonly (StoredEvent | unknown[])[]>();

/**
 * Returns an array of the arguments of each event. They are decoded whenever an element is read, since the arguments of all
 * events together may need too much memory.
 */
export function decodedWhenRead(events: StoredEvent[]): unknown[][] {
  const decoded = new Proxy(events as unknown[] as unknown[][], {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      return value instanceof StoredEvent ? value.arguments() : value;
    },
  });
  undecoded.set(decoded, events);
  return decoded;
}

/** Returns the stored events of an array that is decoded when it is read, or any other array as it is. */
export function withoutDecoding(events: unknown[][]): readonly (StoredEvent | unknown[])[] {
  return undecoded.get(events) ?? events;
}
