/** Follows the connections of one HTTP server, to end those without a request when the server is closed. */
import type { Server as HttpServer } from "node:http";
import type { Http2Session } from "node:http2";
import type { Duplex } from "node:stream";
import type { Listener } from "../typed-events";

/** A connection, with two undocumented fields that Node.js sets. Other packages that close HTTP servers read them too. */
interface HttpConnection extends Duplex {
  /** Parses requests of HTTP/1; not an object once the connection was upgraded. */
  readonly parser?: object | null;
  /** The response to the current request. */
  readonly _httpMessage?: object | null;
  readonly bytesRead?: number;
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
  /** A server for TLS reports connections that receive requests with an event of their own. */
  private readonly event: "connection" | "secureConnection";
  /** One function for all connections: `this` is the connection. */
  private readonly onClose: (this: HttpConnection) => void;

  constructor(private readonly httpServer: HttpServer) {
    this.event = "setSecureContext" in httpServer ? "secureConnection" : "connection";
    const { open } = this;
    this.onClose = function () {
      open.delete(this);
    };
  }

  /** Adds the listeners to the HTTP server, or removes them. */
  watch(isNeeded: boolean): void {
    this.toggle("session", this.onSession, isNeeded);
    this.toggle(this.event, this.onConnection, isNeeded);
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
  }

  /**
   * Destroys the connections on which no request is being handled: nothing or only a part of a request has been received,
   * or the session of HTTP/2 has ended and the client has not ended the connection. Returns their number.
   */
  endWithoutRequest(): number {
    return this.destroyIf((connection, session) =>
      session ? session.destroyed : connection.parser && !connection._httpMessage,
    );
  }

  private destroyIf(isUnused: (connection: HttpConnection, session?: Http2Session) => unknown): number {
    const unused = [...this.open].filter(([connection, session]) => isUnused(connection, session));
    for (const [connection] of unused) {
      connection.destroy();
    }
    return unused.length;
  }

  private toggle(event: string, listener: Listener, isNeeded: boolean): void {
    if (!isNeeded) {
      this.httpServer.removeListener(event, listener);
    } else if (!this.httpServer.listeners(event).includes(listener)) {
      this.httpServer.on(event, listener);
    }
  }

  private readonly onSession = (session: Http2Session): void => {
    this.newSession = session;
  };

  private readonly onConnection = (connection: HttpConnection): void => {
    this.open.set(connection, this.newSession);
    this.newSession = undefined;
    connection.once("close", this.onClose);
  };
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
