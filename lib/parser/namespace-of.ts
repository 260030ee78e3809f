/** Reads the namespace of an encoded packet. */
import type { Decoder, Packet } from "socket.io-parser";
import type { EncodedChunk } from "../connection/port";

/**
 * Matches the type, the number of attachments, and a namespace except the main one (Socket.IO protocol 5, "Format").
 */
const HEAD = /^[0-6](?:\d+-)?(\/[^,]*)?/;

/** Returns the namespace of a packet in the format of socket.io-parser; `undefined` for other texts. */
export function namespaceOfText(text: string): string | undefined {
  const head = HEAD.exec(text);
  return head ? (head[1] ?? "/") : undefined;
}

/**
 * Returns the namespace of a packet in the format of any parser; `undefined` if its first chunk does not contain it.
 * `usesDefaultParser` is whether the server uses socket.io-parser; then the text is read without its decoder.
 */
export function namespaceOf(
  [first]: readonly EncodedChunk[],
  usesDefaultParser: boolean,
  makeDecoder: () => Decoder,
): string | undefined {
  let namespace = usesDefaultParser && typeof first === "string" ? namespaceOfText(first) : undefined;
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
    // the text may still have the format of socket.io-parser
  }
  return namespace ?? (typeof first === "string" ? namespaceOfText(first) : undefined);
}
