/** Follows the connections of one HTTP server, to end those without a request when the server is closed. */
import type { Server as HttpServer } from "node:http";
import type { Http2Session } from "node:http2";
import type { Socket as TcpSocket } from "node:net";
import type { Duplex } from "node:stream";
import { switchListener } from "./listener-switch";

/** A connection, with two undocumented fields that Node.js sets. Other packages that close HTTP servers read them too. */
interface HttpConnection extends Duplex {
  /** Parses requests of HTTP/1; not an object once the connection was upgraded. */
  readonly parser?: object | null;
  /** The response to the current request. */
  readonly _httpMessage?: object | null;
  readonly bytesRead?: number;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/**
 * The connections of one HTTP server that are not upgraded. When the server is closed, Node.js ends those that have
 * had a request before, but waits without a bound for the others, and for sessions of HTTP/2.
 */
export class OpenConnections {
  /** The connections, each with its session if it uses HTTP/2. */
  private readonly open = new Map<HttpConnection, Http2Session | undefined>();
  /** The session whose connection is reported next: Node.js emits both events in the same call. */
  private newSession: Http2Session | undefined;
  /** The TCP connections whose TLS handshake is not complete, by the address and port of the client. */
  private readonly handshakes = new Map<string, TcpSocket>();
  private readonly clients = new WeakMap<TcpSocket, string>();
  private readonly isSecure: boolean;
  /** One function for all connections: `this` is the connection. */
  private readonly onClose: (this: HttpConnection) => void;
  private readonly onHandshakeClose: (this: TcpSocket) => void;

  constructor(private readonly httpServer: HttpServer) {
    this.isSecure = "setSecureContext" in httpServer;
    const { open, handshakes, clients } = this;
    this.onClose = function () {
      open.delete(this);
    };
    this.onHandshakeClose = function () {
      const client = clients.get(this) as string;
      // the next connection may have the same address and port
      if (handshakes.get(client) === this) {
        handshakes.delete(client);
      }
    };
  }

  /** Adds the listeners to the HTTP server, or removes them. */
  watch(isNeeded: boolean): void {
    const { httpServer, isSecure } = this;
    switchListener(httpServer, "session", this.onSession, isNeeded);
    switchListener(httpServer, isSecure ? "secureConnection" : "connection", this.onConnection, isNeeded);
    switchListener(httpServer, "connection", this.onHandshake, isNeeded && isSecure);
  }

  /** To be called when a connection is upgraded. */
  forget(connection: Duplex): void {
    if (this.open.delete(connection)) {
      connection.removeListener("close", this.onClose);
    }
  }

  /** Asks the clients of HTTP/2 to finish: a session ends with its last stream. */
  closeSessions(): void {
    for (const session of this.open.values()) {
      session?.close();
    }
  }

  /** Destroys the connections on which nothing has been received. */
  endUnused(): void {
    this.destroyIf((connection, session) => !session && connection.parser && connection.bytesRead === 0);
    destroyAll([...this.handshakes.values()].filter(({ bytesRead }) => bytesRead === 0));
  }

  /**
   * Destroys the connections on which no request is being handled: nothing or only a part of a request has been received,
   * the TLS handshake is not complete, or the session of HTTP/2 has ended and the client has not ended the connection.
   * Returns their number.
   */
  endWithoutRequest(): number {
    const unused = this.destroyIf((connection, session) =>
      session ? session.destroyed : connection.parser && !connection._httpMessage,
    );
    return unused + destroyAll([...this.handshakes.values()]);
  }

  private destroyIf(isUnused: (connection: HttpConnection, session?: Http2Session) => unknown): number {
    const unused = [...this.open].filter(([connection, session]) => isUnused(connection, session));
    return destroyAll(unused.map(([connection]) => connection));
  }

  private readonly onSession = (session: Http2Session): void => {
    this.newSession = session;
  };

  private readonly onHandshake = (connection: TcpSocket): void => {
    const client = clientOf(connection);
    this.handshakes.set(client, connection);
    this.clients.set(connection, client);
    connection.once("close", this.onHandshakeClose);
  };

  private endHandshake(client: string): void {
    const connection = this.handshakes.get(client);
    if (connection) {
      this.handshakes.delete(client);
      this.clients.delete(connection);
      connection.removeListener("close", this.onHandshakeClose);
    }
  }

  private readonly onConnection = (connection: HttpConnection): void => {
    if (this.isSecure) {
      this.endHandshake(clientOf(connection));
    }
    this.open.set(connection, this.newSession);
    this.newSession = undefined;
    connection.once("close", this.onClose);
  };
}

/** Returns the address and the port of the client: both are the same for a TCP connection and the TLS connection over it. */
function clientOf({
  remoteAddress,
  remotePort,
}: Pick<HttpConnection, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress} ${remotePort}`;
}

function destroyAll(connections: readonly Duplex[]): number {
  for (const connection of connections) {
    connection.destroy();
  }
  return connections.length;
}

const known = new WeakMap<object, OpenConnections>();

/** Returns the connections of an HTTP server. They are followed while a Socket.IO server is attached to it. */
export function openConnectionsOf(httpServer: HttpServer): OpenConnections {
  let connections = known.get(httpServer);
  if (!connections) {
    connections = new OpenConnections(httpServer);
    known.set(httpServer, connections);
  }
  return connections;
}
