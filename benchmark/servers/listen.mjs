/** Starts an HTTP, HTTPS, TCP or TLS server on a free port of this machine. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";

const fixture = (name) => readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url));

export const certificate = () => ({ key: fixture("localhost.key"), cert: fixture("localhost.crt") });

/** @param {{ tls?: boolean }} config */
export const httpServer = ({ tls }) => (tls ? createHttpsServer(certificate()) : createHttpServer());

/** @param {{ tls?: boolean }} config @param {(socket: import("node:net").Socket) => void} onSocket */
export const tcpServer = ({ tls }, onSocket) =>
  tls ? createTlsServer(certificate(), onSocket) : createTcpServer({ noDelay: true }, onSocket);

/**
 * Listens on a port, which another process may still use.
 *
 * @param {{ port?: number }} [config] the default is any free port
 * @returns {Promise<number>} the port
 */
export async function listen(server, { port = 0 } = {}) {
  for (;;) {
    server.listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
      return server.address().port;
    } catch (error) {
      if (error.code !== "EADDRINUSE") {
        throw error;
      }
      await pause(10);
    }
  }
}

/** A port that is free now. */
export async function freePort() {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  return port;
}
