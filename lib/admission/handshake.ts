/** Turns the first request of a connection into the handshake of a socket. */
import type { EngineConnection } from "../engine/contract";
import type { Handshake } from "../socket-types";

/** The handshake of a socket that is made now. Connections over WebTransport have no request. */
export function buildHandshake(
  { request, remoteAddress }: Pick<EngineConnection, "request" | "remoteAddress">,
  auth: Record<string, unknown>,
): Handshake {
  const now = new Date();
  const connection = request?.connection as { encrypted?: boolean } | undefined;
  return {
    headers: request?.headers ?? {},
    time: String(now),
    address: remoteAddress as string,
    xdomain: Boolean(request?.headers.origin),
    secure: !request || Boolean(connection?.encrypted),
    issued: now.getTime(),
    url: request?.url as string,
    query: request?._query ?? {},
    auth,
  };
}
