/** The Listener of the legacy API, on top of today's Server. */
import { EventEmitter } from "node:events";
import { type DisconnectReason, type Namespace, Server } from "../../index";
import { quoted } from "../../texts";
import type { Listener as EventListener, Untyped } from "../../typed-events";
import { type ClientEvents, NAMESPACE, type ServerEvents, sendable } from "../wire";
import { Client, type LegacySocket } from "./client";
import { completeOptions, type ListenerOptions, type ListenerSettings, serverOptions } from "./options";
import { servePageScript } from "./page-script";

/**
 * The HTTP servers that a {@link Listener} can be attached to.
 *
 * @since 4.9.0
 */
export type HttpServer = Server["httpServer"];

/**
 * The events that a {@link Listener} emits. In a handler, `this` is the listener.
 *
 * @since 4.9.0
 */
export interface ListenerEvents {
  /** A client has connected. It is in `clients` already. */
  clientConnect: (this: Listener, client: Client) => void;
  /** The same event as `clientConnect`, with its name since 0.5. */
  connection: (this: Listener, client: Client) => void;
  /** A client has sent a message. An object is given as its JSON text. */
  clientMessage: (this: Listener, message: string, client: Client) => void;
  /** A client has not returned within `timeout`, or the listener is closed. */
  clientDisconnect: (this: Listener, client: Client) => void;
}

/** A session, with its place in the array `clients`. */
interface Session {
  readonly client: Client;
  readonly place: number;
  socket: LegacySocket;
  /** Runs while the client is disconnected. */
  timer?: NodeJS.Timeout;
}

/** The codes of the engine for requests that it refuses. */
const UNKNOWN_TRANSPORT = 0;
const UNKNOWN_SESSION = 1;

/** The reasons after which a client cannot resume its session. */
const FINAL_REASONS: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "client namespace disconnect",
  "server namespace disconnect",
  "parse error",
  "server shutting down",
]);

/**
 * The server of the API of Socket.IO 0.x; {@link listen} creates it.
 *
 * @since 4.9.0
 */
export class Listener extends EventEmitter {
  /** The HTTP server. */
  readonly server: HttpServer;
  /** The options, with defaults. */
  readonly options: ListenerSettings;
  /**
   * The clients, in the order in which they connected. When a client is disconnected, its place becomes `null`; the array
   * never gets shorter.
   */
  readonly clients: (Client | null)[] = [];
  /** The clients that are not disconnected, by their session ids. */
  readonly clientsIndex: Record<string, Client> = {};
  /** Today's server, which handles the connections. Clients of today can connect to it too. */
  readonly io: Server;
  private readonly sessions = new Map<string, Session>();

  /**
   * Creates a listener, and attaches it to an HTTP server.
   *
   * @throws an `INVALID_OPTION` error if an option has an invalid value
   * @throws a `PATH_TAKEN` error if another server is attached to this resource of the HTTP server
   * @throws an `INVALID_SERVER` error if `server` is not an HTTP server
   */
  constructor(server: HttpServer, options: ListenerOptions = {}) {
    super();
    this.server = server;
    this.options = completeOptions(options);
    this.io = new Server(server, serverOptions(this.options));
    this.start();
  }

  /**
   * The namespace of today's server in which the clients of this API are. The id of a socket there is the `sessionId` of
   * its client.
   */
  get namespace(): Namespace<ClientEvents, ServerEvents, Record<never, never>, Untyped> {
    return this.io.of(NAMESPACE) as unknown as Namespace<
      ClientEvents,
      ServerEvents,
      Record<never, never>,
      Untyped
    >;
  }

  /**
   * Sends a message to all clients. `except` is the session id of a client that does not receive it, or an array of
   * session ids. For a client that is disconnected at the moment, the message is kept until it returns or `timeout` has
   * elapsed. See {@link Client.send} for the values that can be sent.
   *
   * @example
   * listener.broadcast("hello");
   * listener.broadcast("hello, others", client.sessionId);
   */
  broadcast(message: unknown, except: string | readonly string[] = []): this {
    this.namespace.except(except as string[]).emit("message", sendable(message));
    return this;
  }

  /**
   * Disconnects all clients, for each of which `clientDisconnect` is emitted, and closes today's server and the HTTP
   * server. Resolves when they are closed.
   */
  async close(): Promise<void> {
    const closed = this.io.close();
    for (const session of this.sessions.values()) {
      this.end(session);
    }
    await closed;
  }

  override on<Name extends keyof ListenerEvents>(event: Name, listener: ListenerEvents[Name]): this;
  override on(event: string | symbol, listener: EventListener): this;
  /** Adds a listener of an event. */
  override on(event: string | symbol, listener: EventListener): this {
    return super.on(event, listener);
  }

  override addListener<Name extends keyof ListenerEvents>(event: Name, listener: ListenerEvents[Name]): this;
  override addListener(event: string | symbol, listener: EventListener): this;
  /** Adds a listener of an event. */
  override addListener(event: string | symbol, listener: EventListener): this {
    return super.addListener(event, listener);
  }

  private start(): void {
    for (const [name, handler] of Object.entries(this.options)) {
      if (/^on[A-Z]/.test(name) && typeof handler === "function") {
        this.on(name[2].toLowerCase() + name.slice(3), handler as EventListener);
      }
    }
    this.namespace.on("connection", (socket) => this.onConnection(socket));
    this.io.engine.on("connection_error", (error) => this.onRefusal(error));
    if (this.io.serveClient()) {
      servePageScript(this.io);
    }
    this.log("socket.io ready - accepting connections");
  }

  private onConnection(socket: LegacySocket): void {
    const known = this.sessions.get(socket.id);
    const session = known ?? this.newSession(socket);
    socket.on("message", (message) => this.onMessage(session, message));
    socket.on("disconnect", (reason) => this.onDisconnect(session, socket, reason));
    if (known) {
      this.resume(known, socket);
    } else {
      socket.emit("handshake", { sessionid: socket.id, timeout: this.options.timeout });
      this.log(`Client ${socket.id} connected`);
      this.emit("clientConnect", session.client);
      this.emit("connection", session.client);
    }
  }

  private newSession(socket: LegacySocket): Session {
    const client = new Client(this, socket);
    const session = { client, place: this.clients.length, socket };
    this.clients.push(client);
    this.clientsIndex[socket.id] = client;
    this.sessions.set(socket.id, session);
    return session;
  }

  private resume(session: Session, socket: LegacySocket): void {
    clearTimeout(session.timer);
    session.socket = socket;
    session.client.request = socket.request;
    session.client.connected = true;
    session.client.connections++;
  }

  private onMessage({ client }: Session, given: unknown): void {
    // without a message, the first argument is the acknowledgement that a client of today has asked for
    const message = sendable(typeof given === "function" ? undefined : given);
    if (this.listenerCount("clientMessage") > 0) {
      this.emit("clientMessage", typeof message === "string" ? message : JSON.stringify(message), client);
    }
    client.emit("message", message);
  }

  private onDisconnect(session: Session, socket: LegacySocket, reason: DisconnectReason): void {
    if (session.socket !== socket) {
      return;
    }
    session.client.connected = false;
    if (FINAL_REASONS.has(reason)) {
      this.end(session);
    } else {
      clearTimeout(session.timer);
      session.timer = setTimeout(() => this.end(session), this.options.timeout);
    }
  }

  /** Ends a session, once. */
  private end(session: Session): void {
    const { client, place } = session;
    clearTimeout(session.timer);
    if (!this.sessions.delete(client.sessionId)) {
      return;
    }
    client.connected = false;
    this.clients[place] = null;
    delete this.clientsIndex[client.sessionId];
    this.log(`Client ${client.sessionId} disconnected`);
    this.emit("clientDisconnect", client);
    client.emit("disconnect");
  }

  private onRefusal({ code, context }: { code: number; context?: Record<string, unknown> }): void {
    if (code === UNKNOWN_TRANSPORT) {
      this.log(`Illegal transport ${quoted(context?.transport)}`);
    } else if (code === UNKNOWN_SESSION) {
      this.log(`Could not find the client with session id ${quoted(context?.sid)}`);
    }
  }

  private log(line: string): void {
    const { log } = this.options;
    if (log) {
      log(line);
    }
  }
}

/**
 * Attaches a {@link Listener} to an HTTP server, which may listen already.
 *
 * @since 4.9.0
 * @throws an `INVALID_OPTION` error if an option has an invalid value
 * @throws a `PATH_TAKEN` error if another server is attached to this resource of the HTTP server
 * @throws an `INVALID_SERVER` error if `server` is not an HTTP server
 * @example
 * const server = http.createServer(handler);
 * server.listen(8080);
 *
 * const listener = io.listen(server, {
 *   onClientConnect(client) {
 *     client.send("hello");
 *   },
 *   onClientMessage(message, client) {
 *     client.broadcast(message);
 *   },
 * });
 */
export function listen(server: HttpServer, options?: ListenerOptions): Listener {
  return new Listener(server, options);
}
