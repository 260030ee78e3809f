/** Saves memory: many requests have the same header names and values, of which one copy is kept. */
import type { IncomingMessage } from "node:http";

/** Headers whose values are the same for many clients, and not secret. */
const SHARED_VALUES = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "connection",
  "host",
  "origin",
  "pragma",
  "sec-ch-ua",
  "sec-ch-ua-mobile",
  "sec-ch-ua-platform",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-websocket-extensions",
  "sec-websocket-version",
  "upgrade",
  "user-agent",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
]);

/** The maximum length of a string that is kept, in characters. */
const MAX_LENGTH = 256;

/** The maximum number of strings that are kept. */
const MAX_STRINGS = 2_000;

const kept = new Map<string, string>();

/** Replaces names and values by the shared copies. Must be called before `req.headers` is first read. */
export function shareHeaders({ rawHeaders = [] }: Partial<IncomingMessage>): void {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = shared(rawHeaders[i]);
    rawHeaders[i] = name;
    if (SHARED_VALUES.has(name.toLowerCase())) {
      rawHeaders[i + 1] = shared(rawHeaders[i + 1]);
    }
  }
}

function shared(text: string): string {
  const known = kept.get(text);
  if (known !== undefined) {
    return known;
  }
  if (text.length > MAX_LENGTH) {
    return text;
  }
  if (kept.size === MAX_STRINGS) {
    // so that a client that always sends different strings cannot fill the memory
    kept.clear();
  }
  kept.set(text, text);
  return text;
}
