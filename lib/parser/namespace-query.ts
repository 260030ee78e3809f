/** Parses the query that protocol 3 clients (Socket.IO v2) append to the name of a namespace. */
import { parse as parseQuery } from "node:querystring";
import { copyOf } from "../texts";

/** Splits a name into the name and its query parameters, which correspond to the `auth` of newer clients. */
export function splitNamespace(nsp: string): [name: string, auth: Record<string, unknown>] {
  const [name, query] = splitOnce(nsp, "?");
  return [name, lastValues(parseQuery(splitOnce(query, "#")[0]))];
}

function splitOnce(text: string, separator: string): [before: string, after: string] {
  const index = text.indexOf(separator);
  return index === -1 ? [text, ""] : [text.slice(0, index), text.slice(index + separator.length)];
}

/** Replaces the values of a repeated parameter by the last one. Copies the values, since sockets keep them. */
function lastValues(query: Record<string, string | string[] | undefined>): Record<string, unknown> {
  for (const [name, value] of Object.entries(query)) {
    query[name] = copyOf(String(Array.isArray(value) ? value[value.length - 1] : value));
  }
  return query;
}
