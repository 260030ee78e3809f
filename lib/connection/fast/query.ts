/** Parses the query of a URL, where that is simple. */
import type { ParsedUrlQuery } from "node:querystring";

/** Nothing is encoded. */
const SIMPLE = /^[\w.~=&-]+$/;

/**
 * The parameters by name, the last one of each; undefined if they are not simple, as with `%20` or `+`. Most requests of
 * clients are, and the general parser is slow.
 */
export function parseSimpleQuery(url: string): ParsedUrlQuery | undefined {
  const start = url.indexOf("?") + 1;
  const text = url.slice(start);
  // assigning to __proto__ makes no property
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
