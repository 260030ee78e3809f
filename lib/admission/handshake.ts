/** Creates the handshake of a socket from the request that opened the connection. */
import type { EngineConnection } from "../connection/port";
import type { Handshake } from "../socket/types";

/** Creates the handshake. `issued` is the time in milliseconds since the epoch. WebTransport has no request. */
export function buildHandshake(
  conn: Pick<EngineConnection, "request" | "requestParts" | "remoteAddress">,
  auth: Record<string, unknown>,
  issued: number,
): Handshake {
  const request = conn.requestParts ?? conn.request;
  const connection = request?.connection as { encrypted?: boolean } | undefined;
  return {
    headers: request?.headers ?? {},
    time: String(new Date(issued)),
    address: conn.remoteAddress as string,
    xdomain: Boolean(request?.headers.origin),
    secure: !request || Boolean(connection?.encrypted),
    issued,
    url: request?.url as string,
    query: request?._query ?? {},
    auth,
  };
}
