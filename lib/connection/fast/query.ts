/** Parses the query of a URL, if it is simple, faster than the general parser. */
import type { ParsedUrlQuery } from "node:querystring";

const AND = "&".charCodeAt(0);
const EQUALS = "=".charCodeAt(0);

/** For each character code, whether the character needs no decoding. */
const SIMPLE = Uint8Array.from({ length: 128 }, (_, code) =>
  /[\w.~-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * Returns the last parameter of each name; undefined if the query is not simple, for example with `%20` or `+`. Most clients
 * send simple queries, and the general parser is slow.
 */
export function parseSimpleQuery(url: string): ParsedUrlQuery | undefined {
  let start = url.indexOf("?") + 1;
  if (start === 0 || url.lastIndexOf("#", start) !== -1) {
    return undefined;
  }
  const query: ParsedUrlQuery = {};
  let equals = 0;
  for (let at = start; at <= url.length; at++) {
    const code = at === url.length ? AND : url.charCodeAt(at);
    if (code === AND) {
      const name = url.slice(start, equals);
      // an assignment to __proto__ makes no property
      if (equals === 0 || name === "__proto__") {
        return undefined;
      }
      query[name] = url.slice(equals + 1, at);
      start = at + 1;
      equals = 0;
    } else if (code === EQUALS) {
      equals ||= at;
    } else if (SIMPLE[code] !== 1) {
      return undefined;
    }
  }
  return query;
}

/** Parses any query, as engine.io does. */
export function generalQuery(url: string): ParsedUrlQuery {
  return Object.fromEntries(new URL(url, "https://socket.io").searchParams);
}

/** The URL of a client without a query of its own. */
const USUAL_URL = /^\/[\w./-]{0,40}\?EIO=4&transport=websocket$/;

let lastUrl = "";

/** Saves memory: returns the same string for the clients that use the same URL, if it has no secrets. */
export function sharedUrl(url: string): string {
  if (url !== lastUrl && USUAL_URL.test(url)) {
    lastUrl = url;
  }
  return url === lastUrl ? lastUrl : url;
}
