/** Finds the connections that an HTTP server has accepted before the library was attached to it. */
import type { Duplex } from "node:stream";

/** The list of the connections of HTTP/1 that an HTTP server keeps under a symbol: undocumented, so nothing is assumed. */
interface ConnectionList {
  all?: () => Iterable<{ readonly socket?: Duplex | null }>;
}

const LIST_NAME = "http.server.connections";

/** Returns the open connections of HTTP/1, without those that were upgraded; none if Node.js has no such list. */
export function earlierConnections(httpServer: object): Duplex[] {
  const key = Object.getOwnPropertySymbols(httpServer).find(({ description }) => description === LIST_NAME);
  const list = key && (Reflect.get(httpServer, key) as ConnectionList | undefined);
  const parsers = typeof list?.all === "function" ? [...list.all()] : [];
  return parsers.flatMap(({ socket }) => (socket && !socket.destroyed ? [socket] : []));
}
