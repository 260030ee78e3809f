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

/** Stands for a value in a shared list, and separates the own values. */
const OWN = "\n";

/** Whether `expandHeaders()` can restore the headers. With `insecureHTTPParser`, values may contain any character. */
export function isCompactable(rawHeaders: readonly string[]): boolean {
  return !rawHeaders.some((text) => text.includes(OWN));
}

/** The maximum length of the names and values in a list that is kept, in characters. */
const MAX_LIST_LENGTH = 2_000;

/** The maximum number of lists that are kept. */
const MAX_LISTS = 500;

const keptLists = new Map<string, readonly string[]>();

/** Returns `rawHeaders` without the values that other requests do not have: one list for all requests with the same. */
export function sharedHeaders(rawHeaders: readonly string[]): readonly string[] {
  const list = rawHeaders.map((text, i) => (isOwn(rawHeaders, i) ? OWN : text));
  const key = list.join(OWN);
  const known = keptLists.get(key);
  if (known || key.length > MAX_LIST_LENGTH) {
    return known ?? list;
  }
  if (keptLists.size === MAX_LISTS) {
    // as for the strings
    keptLists.clear();
  }
  keptLists.set(key, list);
  return list;
}

/** Returns the values that other requests do not have, in their order. */
export function ownHeaders(rawHeaders: readonly string[]): string {
  return rawHeaders.filter((_text, i) => isOwn(rawHeaders, i)).join(OWN);
}

/** Returns a new list that equals the original `rawHeaders`. */
export function expandHeaders(list: readonly string[], own: string): string[] {
  const values = own.split(OWN);
  let next = 0;
  return list.map((text) => (text === OWN ? values[next++] : text));
}

/** Whether the text at an index is a value that is not shared. */
function isOwn(rawHeaders: readonly string[], index: number): boolean {
  return index % 2 === 1 && !isShared(rawHeaders[index - 1], rawHeaders[index]);
}

function isShared(name: string, value: string): boolean {
  return value.length <= MAX_LENGTH && SHARED_VALUES.has(name.toLowerCase());
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
