/** Chooses the encoding of the files of the browser client, and compresses each file once for each encoding. */
import type { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, deflate, gzip } from "node:zlib";
import accepts from "accepts";

const COMPRESSORS = {
  br: promisify(brotliCompress),
  gzip: promisify(gzip),
  deflate: promisify(deflate),
} as const;

/** The content encodings of the bundles. */
export type Encoding = keyof typeof COMPRESSORS;

/** Returns the encoding that a client prefers; `undefined` if it accepts none. */
export function acceptedEncoding(req: IncomingMessage): Encoding | undefined {
  const accepted = accepts(req).encodings(["br", "gzip", "deflate"]);
  return accepted && Object.hasOwn(COMPRESSORS, accepted) ? (accepted as Encoding) : undefined;
}

/** The compressed files of this process, about 1 MB for all bundles. */
const compressed = new Map<string, Promise<Buffer>>();

/** Returns a compressed file. Concurrent requests share one compression; a failed one is tried again. */
export function compressedFile(folder: string, filename: string, encoding: Encoding): Promise<Buffer> {
  const path = join(folder, filename);
  const key = `${encoding} ${path}`;
  let file = compressed.get(key);
  if (!file) {
    file = readFile(path).then(COMPRESSORS[encoding]);
    compressed.set(key, file);
    file.catch(() => compressed.delete(key));
  }
  return file;
}
