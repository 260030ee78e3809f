/** The agent with which a client opens its connections in memory: WebSockets and HTTP requests. */
import { Agent } from "node:http";
import { Server as TlsServer } from "node:tls";
import type { TServerInstance } from "../attach/http";
import { connectInMemory, connectionError, type MemorySocket } from "./memory-socket";
import { deliverLater } from "./network";

/** The HTTP servers that are observed, and whether each was closed and does not listen again. */
const closedByServer = new WeakMap<TServerInstance, boolean>();

/** Observes when an HTTP server is closed, and when it listens again. */
export function observeClose(httpServer: TServerInstance): void {
  if (!closedByServer.has(httpServer)) {
    closedByServer.set(httpServer, false);
    httpServer.on("close", () => closedByServer.set(httpServer, true));
    httpServer.on("listening", () => closedByServer.set(httpServer, false));
  }
}

/** Whether an HTTP server was closed since it is observed. */
export function isClosedServer(httpServer: TServerInstance): boolean {
  return closedByServer.get(httpServer) === true;
}

/** An agent of `node:http` that connects to an HTTP server in this process, which need not listen. */
export class MemoryAgent extends Agent {
  /** The open connections: the ends of the client. */
  readonly connections = new Set<MemorySocket>();
  /** Whether new connections are refused. */
  isClosed = false;

  /** `address` is the IP address that the server finds for the connections. */
  constructor(
    private readonly httpServer: TServerInstance,
    private readonly address: string,
  ) {
    super({ keepAlive: false });
  }

  /** Opens a connection. */
  override createConnection(): MemorySocket {
    const { client, server } = connectInMemory(this.address);
    if (this.isClosed || isClosedServer(this.httpServer)) {
      deliverLater({ deliver: () => client.destroy(connectionError("connect", "ECONNREFUSED")) });
      return client;
    }
    this.connections.add(client);
    client.once("close", () => this.connections.delete(client));
    deliverLater({ deliver: () => this.accept(server) });
    return client;
  }

  /** Closes all connections, and refuses new ones. */
  close(): void {
    this.isClosed = true;
    for (const connection of this.connections) {
      connection.closeBoth();
    }
    this.destroy();
  }

  private accept(connection: MemorySocket): void {
    if (connection.destroyed) {
      return;
    }
    connection.server = this.httpServer;
    if (this.httpServer instanceof TlsServer) {
      // the connection after the TLS handshake
      connection.encrypted = true;
      connection.alpnProtocol = "http/1.1";
      this.httpServer.emit("secureConnection", connection);
    } else {
      this.httpServer.emit("connection", connection);
    }
  }
}
