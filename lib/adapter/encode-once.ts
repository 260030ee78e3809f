/** Encodes the packet of a broadcast once for all its receivers. */
import type { Encoder, Packet } from "socket.io-parser";
import { FramedWriteOptions } from "../connection/fast/framed";
import { messageFrame } from "../connection/fast/frames";
import type { EncodedChunk, EncodedWriteOptions } from "../connection/port";
import type { BroadcastFlags } from "./contract";

/** An encoded packet, which is written to each receiver. */
export interface EncodedPacket {
  readonly chunks: EncodedChunk[];
  /** The write options, a single object for all receivers. */
  readonly options: EncodedWriteOptions;
}

/** Encodes a packet, and also creates its WebSocket frame if it is a single text message. */
export function encodeOnce(encoder: Encoder, packet: Packet, flags: BroadcastFlags = {}): EncodedPacket {
  const chunks = encoder.encode(packet);
  const { volatile, compress } = flags;
  const options =
    chunks.length === 1 && typeof chunks[0] === "string"
      ? new FramedWriteOptions(messageFrame(chunks[0]), volatile, compress)
      : { preEncoded: true, volatile, compress };
  return { chunks, options };
}
