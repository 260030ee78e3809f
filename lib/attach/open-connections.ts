/** Follows the connections of one HTTP server, to end those without a request when the server is closed. */
import type { Server as HttpServer } from "node:http";
import type { Http2Session, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { earlierConnections } from "./earlier-connections";
import { switchListener } from "./listener-switch";

/** A connection, with undocumented fields that Node.js sets. Other packages that close HTTP servers read the first two too. */
interface HttpConnection extends Duplex {
  /** Parses requests of HTTP/1; not an object once the connection was upgraded, or if it uses HTTP/2. */
  readonly parser?: object | null;
  /** The response to the current request. */
  readonly _httpMessage?: object | null;
  /** The TCP connection that a TLS connection uses. */
  readonly _parent?: Duplex | null;
  readonly bytesRead?: number;
}

/**
 * The connections of one HTTP server that are not upgraded. When the server is closed, Node.js ends those that have
 * had a request before, but waits without a bound for the others, and for sessions of HTTP/2.
 */
export class OpenConnections {
  private readonly open = new Set<HttpConnection>();
  /** The sessions of HTTP/2, each with its connection. */
  private readonly sessions = new Map<Http2Session, Duplex>();
  /** The TCP connections whose TLS handshake is not complete. */
  private readonly handshakes = new Set<HttpConnection>();
  private readonly isSecure: boolean;
  /** One function for all connections: `this` is the connection. */
  private readonly onClose: (this: HttpConnection) => void;
  private readonly onHandshakeClose: (this: HttpConnection) => void;

  constructor(private readonly httpServer: HttpServer) {
    this.isSecure = "setSecureContext" in httpServer;
    const { open, handshakes } = this;
    this.onClose = function () {
      open.delete(this);
    };
    this.onHandshakeClose = function () {
      handshakes.delete(this);
    };
  }

  /** Adds the listeners to the HTTP server, or removes them. */
  watch(isNeeded: boolean): void {
    const { httpServer, isSecure } = this;
    switchListener(httpServer, "session", this.onSession, isNeeded);
    switchListener(httpServer, "stream", this.onStream, isNeeded);
    switchListener(httpServer, "connection", this.onHandshake, isNeeded && isSecure);
    if (!isNeeded) {
      this.forgetHandshakes(this.handshakes);
    }
    const event = isSecure ? "secureConnection" : "connection";
    if (switchListener(httpServer, event, this.onConnection, isNeeded)) {
      for (const connection of earlierConnections(httpServer)) {
        this.follow(connection);
      }
    }
  }

  /** To be called when a connection is upgraded. */
  forget(connection: Duplex): void {
    if (this.open.delete(connection)) {
      connection.removeListener("close", this.onClose);
    }
  }

  /** Asks the clients of HTTP/2 to finish: a session ends with its last stream. */
  closeSessions(): void {
    for (const session of this.sessions.keys()) {
      session.close();
    }
  }

  /** Destroys the connections on which nothing has been received. */
  endUnused(): void {
    destroyIf(this.open, ({ parser, bytesRead }) => parser && bytesRead === 0);
    destroyIf(this.handshakes, ({ bytesRead }) => bytesRead === 0);
  }

  /**
   * Destroys the connections on which no request is being handled: nothing or only a part of a request has been received,
   * the TLS handshake is not complete, or the session of HTTP/2 has ended and the client has not ended the connection.
   * Returns their number.
   */
  endWithoutRequest(): number {
    const ended = [...this.sessions].filter(([{ destroyed }]) => destroyed);
    return (
      destroyIf(this.open, ({ parser, _httpMessage }) => parser && !_httpMessage) +
      destroyIf(this.handshakes, () => true) +
      destroyIf(
        ended.map(([, connection]) => connection),
        ({ destroyed }) => !destroyed,
      )
    );
  }

  private follow(connection: HttpConnection): void {
    if (!this.open.has(connection)) {
      this.open.add(connection);
      connection.once("close", this.onClose);
    }
  }

  private readonly onSession = (session: Http2Session): void => {
    // a listener of the application may have destroyed it
    if (session.destroyed || this.sessions.has(session)) {
      return;
    }
    // the socket of a session is a proxy; this method returns the connection itself
    const connection = session.socket.once("close", () => this.sessions.delete(session));
    this.sessions.set(session, connection);
  };

  /** Finds the sessions that were accepted before the server was attached. */
  private readonly onStream = ({ session }: ServerHttp2Stream): void => {
    if (session) {
      this.onSession(session);
    }
  };

  private readonly onHandshake = (connection: HttpConnection): void => {
    this.handshakes.add(connection);
    connection.once("close", this.onHandshakeClose);
  };

  private readonly onConnection = (connection: HttpConnection): void => {
    if (this.isSecure) {
      this.endHandshake(connection);
    }
    this.follow(connection);
  };

  private endHandshake({ _parent: parent }: HttpConnection): void {
    // without the field, each of them may be the one
    this.forgetHandshakes(parent ? [parent] : this.handshakes);
  }

  /** Forgets handshakes that are complete, or whose end will not be noticed. */
  private forgetHandshakes(connections: Iterable<HttpConnection>): void {
    for (const connection of connections) {
      if (this.handshakes.delete(connection)) {
        connection.removeListener("close", this.onHandshakeClose);
      }
    }
  }
}

/** Destroys some of the connections. Returns their number. */
function destroyIf<Connection extends Duplex>(
  connections: Iterable<Connection>,
  isUnused: (connection: Connection) => unknown,
): number {
  const unused = [...connections].filter(isUnused);
  for (const connection of unused) {
    connection.destroy();
  }
  return unused.length;
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
