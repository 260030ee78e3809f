/** Starts a server on a free port, and connects clients to it. Both are closed when the test ends. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import {
  type Socket as ClientSocket,
  io as clientIo,
  type ManagerOptions,
  type SocketOptions,
} from "socket.io-client";
import type { ServerOptions } from "../../lib";
import { onTestEnd } from "./cleanup";
import { Server, type ServerType, type SocketType } from "./subject";
import { nextEvent, nextValue } from "./waiting";

export type { ClientSocket };

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

export interface Running {
  /** The server under test, without event maps. */
  io: ServerType;
  httpServer: HttpServer;
  port: number;
  /** `http://localhost:<port>` */
  url: string;
  /** Creates a client, which connects over a new connection: `connect("/chat", { auth })`. */
  connect(namespace?: string, options?: ClientOptions): ClientSocket;
  /** Resolves with a connected client and its socket on the server. */
  pair(namespace?: string, options?: ClientOptions): Promise<{ client: ClientSocket; socket: SocketType }>;
}

/**
 * Options for all servers. With the variable in deflate.env, messages pass through zlib in both directions, but servers send
 * them with their full size: tests fill the buffers of the operating system with data that would be compressed well.
 */
const general =
  process.env.TEST_PER_MESSAGE_DEFLATE === "on"
    ? { perMessageDeflate: { zlibDeflateOptions: { level: 0 } } }
    : undefined;

/** Starts `new Server(httpServer, options)`. */
export async function startServer(options?: Partial<ServerOptions>): Promise<Running> {
  const httpServer = createServer();
  const io = new Server(httpServer, general ? { ...general, ...options } : options);
  return listen(io, httpServer);
}

/** Has a server listen on a free port, and resolves with the port. */
export async function listenOnFreePort(server: NetServer): Promise<number> {
  server.listen(0);
  await nextEvent(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Has the HTTP server of `io` listen on a free port. */
export async function listen(io: ServerType, httpServer: HttpServer): Promise<Running> {
  const port = await listenOnFreePort(httpServer);
  const url = `http://localhost:${port}`;
  onTestEnd(async () => {
    await io.close();
    if (httpServer.listening) {
      httpServer.close();
    }
    httpServer.closeAllConnections();
  });
  const connect = (namespace = "/", clientOptions: ClientOptions = {}) =>
    connectClient(url + (namespace === "/" ? "" : namespace), clientOptions);
  return {
    io,
    httpServer,
    port,
    url,
    connect,
    async pair(namespace = "/", clientOptions = {}) {
      const connected = nextValue(io.of(namespace), "connection");
      const client = connect(namespace, clientOptions);
      const ready = nextEvent(client, "connect");
      const socket = await connected;
      await ready;
      return { client, socket };
    },
  };
}

/** Creates a client for any address, and disconnects it when the test ends. */
export function connectClient(url: string, options: ClientOptions = {}): ClientSocket {
  const client = clientIo(url, { forceNew: true, ...options });
  onTestEnd(() => {
    // otherwise sockets of other namespaces reconnect, and keep the process alive
    client.io.reconnection(false);
    client.disconnect();
  });
  return client;
}
