/** Reads for which namespace an encoded packet is. */
import type { Decoder, Packet } from "socket.io-parser";
import type { EncodedChunk } from "../connection/port";

/** The type, the number of attachments, and a namespace other than the main one (Socket.IO protocol 5, "Format"). */
const HEAD = /^[0-6](?:\d+-)?(\/[^,]*)?/;

/** The namespace of a packet that is written as socket.io-parser does it; undefined for other texts. */
export function namespaceOfText(text: string): string | undefined {
  const head = HEAD.exec(text);
  return head ? (head[1] ?? "/") : undefined;
}

/** The namespace of a packet that any parser has encoded; undefined if its first part does not tell. */
export function namespaceOf(
  [first]: readonly EncodedChunk[],
  isUsual: boolean,
  makeDecoder: () => Decoder,
): string | undefined {
  let namespace = isUsual && typeof first === "string" ? namespaceOfText(first) : undefined;
  if (namespace !== undefined) {
    return namespace;
  }
  try {
    const decoder = makeDecoder();
    decoder.on("decoded", (packet: Packet) => {
      namespace = packet.nsp;
    });
    decoder.add(first);
    decoder.destroy();
  } catch {
    // it may be written in the usual way all the same
  }
  return namespace ?? (typeof first === "string" ? namespaceOfText(first) : undefined);
}
