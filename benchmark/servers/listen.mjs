/** Starts an HTTP, HTTPS, TCP or TLS server on a free port of this machine. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";

const fixture = (name) => readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url));

export const certificate = () => ({ key: fixture("localhost.key"), cert: fixture("localhost.crt") });

/** @param {{ tls?: boolean }} config */
export const httpServer = ({ tls }) => (tls ? createHttpsServer(certificate()) : createHttpServer());

/** @param {{ tls?: boolean }} config @param {(socket: import("node:net").Socket) => void} onSocket */
export const tcpServer = ({ tls }, onSocket) =>
  tls ? createTlsServer(certificate(), onSocket) : createTcpServer({ noDelay: true }, onSocket);

/** @returns {Promise<number>} the port */
export async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}
