/** Starts a server on a free loopback port and connects real clients to it; both are closed when the test ends. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
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
  /** The server under test, with its types left open as an untyped application has them. */
  io: ServerType;
  httpServer: HttpServer;
  port: number;
  /** `http://localhost:<port>` */
  url: string;
  /** Makes a client (it connects by itself; `forceNew` is set); `connect("/chat", { auth })`. */
  connect(namespace?: string, options?: ClientOptions): ClientSocket;
  /** A connected client with the server's socket of the same connection. */
  pair(namespace?: string, options?: ClientOptions): Promise<{ client: ClientSocket; socket: SocketType }>;
}

/** Starts `new Server(httpServer, options)`. */
export async function startServer(options?: Partial<ServerOptions>): Promise<Running> {
  const httpServer = createServer();
  const io = new Server(httpServer, options);
  return listen(io, httpServer);
}

/** Listens on a free port with a server that is attached already. */
export async function listen(io: ServerType, httpServer: HttpServer): Promise<Running> {
  httpServer.listen(0);
  await nextEvent(httpServer, "listening");
  const { port } = httpServer.address() as AddressInfo;
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

/** A client for any address, disconnected when the test ends. */
export function connectClient(url: string, options: ClientOptions = {}): ClientSocket {
  const client = clientIo(url, { forceNew: true, ...options });
  onTestEnd(() => {
    // the sockets of other namespaces would connect again, and keep the process alive
    client.io.reconnection(false);
    client.disconnect();
  });
  return client;
}
