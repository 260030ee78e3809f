/** Encodes a packet once for all its receivers. */
import type { Encoder, Packet } from "socket.io-parser";
import { FramedWriteOptions } from "../connection/fast/framed";
import { messageFrame } from "../connection/fast/frames";
import type { EncodedChunk, EncodedWriteOptions } from "../connection/port";
import type { BroadcastFlags } from "./contract";

/** A packet as it goes to each receiver. */
export interface EncodedPacket {
  readonly chunks: EncodedChunk[];
  /** One object for all receivers. */
  readonly options: EncodedWriteOptions;
}

/** Encodes the packet, and frames it too if it is a single text message. */
export function encodeOnce(encoder: Encoder, packet: Packet, flags: BroadcastFlags = {}): EncodedPacket {
  const chunks = encoder.encode(packet);
  const { volatile, compress } = flags;
  const options =
    chunks.length === 1 && typeof chunks[0] === "string"
      ? new FramedWriteOptions(messageFrame(chunks[0]), volatile, compress)
      : { preEncoded: true, volatile, compress };
  return { chunks, options };
}

/** About how long an encoded packet is: text counts by its characters. */
export function bytesOf(chunks: readonly EncodedChunk[]): number {
  let bytes = 0;
  // a stand-in for an encoder, in tests of adapters, may give something else
  if (!Array.isArray(chunks)) {
    return bytes;
  }
  for (const chunk of chunks) {
    bytes += typeof chunk === "string" ? chunk.length : (chunk.byteLength ?? 0);
  }
  return bytes;
}
