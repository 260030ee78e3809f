/** HTTP servers with connections on which no request is being handled, and their end when the server is closed. */
import { createServer, type Server as HttpServer } from "node:http";
import type { Http2Server } from "node:http2";
import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { onTestEnd } from "./cleanup";
import { stopClock } from "./clock";
import { listenOnFreePort } from "./server";
import { Server, type ServerType } from "./subject";
import { nextValue, turn } from "./waiting";

type AnyServer = HttpServer | Http2Server;

/** The option `closeTimeoutMs` of the servers, in milliseconds. */
export const CLOSE_TIMEOUT = 5_000;
/** The first part of a request head. */
export const HALF_HEAD = "GET / HTTP/1.1\r\nHost: local";

export interface Started {
  io: ServerType;
  httpServer: AnyServer;
  port: number;
}

/** Starts a server on a port. With `attachLater`, `io` is not attached to the HTTP server. */
export async function start(
  httpServer: AnyServer = createServer(),
  { attachLater = false } = {},
): Promise<Started> {
  const io = new Server({ limits: { closeTimeoutMs: CLOSE_TIMEOUT } });
  if (!attachLater) {
    io.attach(httpServer as HttpServer);
  }
  const port = await listenOnFreePort(httpServer as HttpServer);
  onTestEnd(() => {
    httpServer.close();
    (httpServer as HttpServer).closeAllConnections?.();
  });
  return { io, httpServer, port };
}

/** Opens a TCP connection; resolves with both ends when the server has accepted it. */
export async function openConnection(
  { httpServer, port }: Started,
  { allowHalfOpen = false } = {},
): Promise<{ tcp: TcpSocket; accepted: TcpSocket }> {
  const accepted = nextValue<TcpSocket>(httpServer as HttpServer, "connection");
  const tcp = connectTcp({ port, host: "localhost", allowHalfOpen });
  tcp.on("error", () => {});
  onTestEnd(() => tcp.destroy());
  return { tcp, accepted: await accepted };
}

/** Sends a text, and waits until the server has received it. */
export async function send(
  { tcp, accepted }: { tcp: TcpSocket; accepted: TcpSocket },
  text: string,
): Promise<void> {
  const expected = accepted.bytesRead + text.length;
  tcp.write(text);
  while (accepted.bytesRead < expected) {
    await turn();
  }
}

/** Closes a server while the clock is stopped. */
export async function close(io: ServerType, how: object = {}) {
  const clock = stopClock();
  let report: any;
  const closed = io.close(how as any).then((result) => {
    report = result;
  });
  await turn();
  const isClosed = async () => {
    await turn();
    return report !== undefined;
  };
  return { clock, closed, isClosed, report: () => report };
}
