/** Parses the query of a URL, if it is simple, faster than the general parser. */
import type { ParsedUrlQuery } from "node:querystring";

/** A query without encoded characters. */
const SIMPLE = /^[\w.~=&-]+$/;

/**
 * Returns the last parameter of each name; undefined if the query is not simple, for example with `%20` or `+`. Most clients
 * send simple queries, and the general parser is slow.
 */
export function parseSimpleQuery(url: string): ParsedUrlQuery | undefined {
  const start = url.indexOf("?") + 1;
  const text = url.slice(start);
  // an assignment to __proto__ makes no property
  if (start === 0 || url.includes("#") || !SIMPLE.test(text) || text.includes("__proto__")) {
    return undefined;
  }
  const query: ParsedUrlQuery = {};
  for (const part of text.split("&")) {
    const separator = part.indexOf("=");
    if (separator === -1) {
      return undefined;
    }
    query[part.slice(0, separator)] = part.slice(separator + 1);
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
