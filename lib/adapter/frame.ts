/** Encodes a packet once for all its receivers. */
import type { Encoder, Packet } from "socket.io-parser";
import type { BroadcastFlags, EncodedChunk, EncodedWriteOptions } from "./contract";

/** A packet as it goes to each receiver. */
export interface EncodedPacket {
  readonly chunks: EncodedChunk[];
  /** One object for all receivers. */
  readonly options: EncodedWriteOptions;
}

/** The type of an Engine.IO packet that carries data (Engine.IO protocol 4, "message"). */
const ENGINE_MESSAGE = "4";

/** Encodes the packet, and frames it too if it is a single text message. */
export function encodeOnce(encoder: Encoder, packet: Packet, flags: BroadcastFlags = {}): EncodedPacket {
  const chunks = encoder.encode(packet);
  const options: EncodedWriteOptions = {
    preEncoded: true,
    volatile: flags.volatile,
    compress: flags.compress,
  };
  if (chunks.length === 1 && typeof chunks[0] === "string") {
    options.wsPreEncodedFrame = textFrame(ENGINE_MESSAGE + chunks[0]);
  }
  return { chunks, options };
}

/** The header and the payload of an unmasked, unfragmented text frame (RFC 6455, section 5.2). */
export function textFrame(text: string): [header: Buffer, payload: Buffer] {
  const payload = Buffer.from(text, "utf8");
  const length = payload.byteLength;
  const finalText = 0x81;
  if (length < 126) {
    return [Buffer.from([finalText, length]), payload];
  }
  if (length <= 0xffff) {
    return [Buffer.from([finalText, 126, length >> 8, length & 0xff]), payload];
  }
  const header = Buffer.allocUnsafe(10);
  header[0] = finalText;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return [header, payload];
}
