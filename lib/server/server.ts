/** The server: its options, its engine and its life. */
import type { Server as Engine, Socket as RawSocket } from "engine.io";
import { Decoder, Encoder } from "socket.io-parser";
import { Adapter } from "../adapter/memory";
import { SessionAwareAdapter } from "../adapter/session-aware";
import { Attachments } from "../attach/attachments";
import { clientFileHandler, offerRequestsFirst, type SendFile, sendClientFile } from "../attach/client-files";
import { httpServerFor, type ServerInsteadOfOptions, type TServerInstance } from "../attach/http";
import type { UwsApp, UwsOptions } from "../attach/uws/app";
import { attachUwsEngine, UwsLines } from "../attach/uws/attach";
import { serveClientFiles } from "../attach/uws/client-files";
import { Broadcaster } from "../broadcast/broadcaster";
import type { Chain } from "../broadcast/targets";
import { Client } from "../client/client";
import { isFast } from "../connection/make-engine";
import { type EngineServer, engineConnection } from "../connection/port";
import { logs } from "../diagnostics";
import { delegateEmitter } from "../events/main-facade";
import { Door } from "../guards/door";
import { payloadLimits } from "../guards/payload-limits";
import { milliseconds } from "../options/checks";
import { type CloseOptions, type CloseReport, checkCloseOptions } from "../options/close-options";
import {
  type AdapterConstructor,
  checkedPath,
  checkOptions,
  isOptions,
  type Parser,
  resolveOptions,
  type ServerOptions,
  type Settings,
} from "../options/server-options";
import { TextFirstEncoder } from "../parser/encode";
import type { Socket } from "../socket/socket";
import type { DefaultEventsMap, EventsMap, Untyped } from "../typed-events";
import { asyncDispose } from "./dispose";
import type { ExtendedError, Namespace, ServerReservedEventsMap } from "./namespace";
import { Namespaces, type ParentNspNameMatchFn } from "./namespaces";
import { Shutdown } from "./shutdown";

/**
 * A Socket.IO server.
 *
 * `ListenEvents` are the events that clients send, `EmitEvents` those that are sent to them, `ServerSideEvents` those
 * between the servers of a cluster, and `SocketData` is what `socket.data` holds.
 *
 * @example
 * import { Server } from "socket.io";
 *
 * const io = new Server();
 *
 * io.on("connection", (socket) => {
 *   console.log(`socket ${socket.id} connected`);
 *   socket.emit("foo", "bar");
 * });
 *
 * io.listen(3000);
 */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends Broadcaster<
  EmitEvents,
  ServerSideEvents,
  ServerReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  SocketData
> {
  /** The main namespace, `"/"`. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /**
   * The Engine.IO server; undefined until the server is attached.
   *
   * @example
   * io.engine.clientsCount; // how many connections there are
   * io.engine.generateId = (req) => crypto.randomUUID();
   * io.engine.use(helmet());
   */
  engine!: Engine;
  /** The HTTP server; undefined until the server is attached. */
  httpServer!: TServerInstance;
  /** @internal The options that were given, completed; adapters read them. */
  readonly opts: Settings;
  /** @internal */
  readonly _parser: Parser;
  /** @internal Adapters encode with it. */
  readonly encoder: Encoder;
  /** @internal */
  readonly usesDefaultParser: boolean;
  /** @internal */
  payloadLimits = payloadLimits({});
  /** @internal */
  readonly _door: Door;
  /** @internal The connections that can subscribe to rooms; undefined until `attachApp()`. */
  _lines?: UwsLines;

  /** @internal */
  readonly _namespaces: Namespaces<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** @internal All engines whose connections are taken; the last of them is {@link engine}. */
  readonly _engines: Set<EngineServer> = new Set();
  /** @internal */
  readonly _attachments = new Attachments(this._engines);

  /** @internal The options that the application gave; they win over those of `attach()`. */
  _opts: Partial<ServerOptions>;
  /** @internal Whether the browser client is served. */
  _serveClient: boolean;
  private _currentPath: string;
  private _currentConnectTimeout: number;
  private _adapterConstructor: AdapterConstructor;
  private readonly _shutdown: Shutdown;

  /**
   * Makes a server and, given an HTTP server or a port, attaches it.
   *
   * @throws an `INVALID_OPTION` error for an option of the wrong type
   * @example
   * const io = new Server(); // io.listen(3000) or io.attach(httpServer) later
   * const io = new Server(3000);
   * const io = new Server(httpServer, { cors: { origin: "https://example.com" } });
   */
  constructor(opts?: Partial<ServerOptions>);
  constructor(srv?: TServerInstance | number, opts?: Partial<ServerOptions>);
  constructor(
    srv: undefined | Partial<ServerOptions> | ServerInsteadOfOptions | number,
    opts?: Partial<ServerOptions>,
  );
  constructor(srv?: Partial<ServerOptions> | TServerInstance | number, opts?: Partial<ServerOptions>) {
    super();
    const givenOnlyOptions = isOptions(srv);
    this._opts = checkOptions((givenOnlyOptions ? srv : opts) ?? {});
    this.opts = resolveOptions(this._opts);
    this._currentPath = this.opts.path;
    this._serveClient = this.opts.serveClient;
    this._currentConnectTimeout = this.opts.connectTimeout;
    this._adapterConstructor =
      this.opts.adapter ?? (this.opts.connectionStateRecovery ? SessionAwareAdapter : Adapter);
    this._parser = this.opts.parser;
    this._door = new Door(this.opts);
    // whoever prints what the general parser does, has it do everything
    this.usesDefaultParser =
      this._parser.Encoder === Encoder && this._parser.Decoder === Decoder && !logs.parser.enabled;
    this.encoder = this.usesDefaultParser ? new TextFirstEncoder() : new this._parser.Encoder();
    this._namespaces = new Namespaces(this);
    this.sockets = this._namespaces.of("/");
    this._shutdown = new Shutdown(this);
    // port 0 is a port
    if (!givenOnlyOptions && (srv || typeof srv === "number")) {
      this.attach(srv as TServerInstance | number);
    }
  }

  /** @internal Sends one of the browser bundles; applications replace it where they carry the bundles elsewhere. */
  static sendFile: SendFile = sendClientFile;

  /** @internal The namespaces by their names. */
  get _nsps(): Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this._namespaces.byName;
  }

  /**
   * Whether WebSocket connections are served by the fast path: messages pass between the library and the connection
   * without the packets and events of the engine. False before `attach()`, with a `wsEngine` of your own, with an engine
   * given to `bind()`, and with the environment variable `SOCKET_IO_FAST_PATH=off`. A single connection may still be
   * served the usual way, such as with permessage-deflate or by long-polling.
   */
  get fastPath(): boolean {
    return isFast(this.engine);
  }

  /** The Engine.IO server, by another name. */
  get eio(): Engine {
    return this.engine;
  }

  /** Sets whether the browser client is served; to be called before `attach()`. Without an argument, returns it. */
  serveClient(v: boolean): this;
  serveClient(): boolean;
  serveClient(v?: boolean): this | boolean {
    if (v === undefined) {
      return this._serveClient;
    }
    this._serveClient = v;
    return this;
  }

  /** Sets the path under which the server answers; to be called before `attach()`. Without an argument, returns it. */
  path(v: string): this;
  path(): string;
  path(v?: string): this | string {
    if (v === undefined) {
      return this._currentPath;
    }
    this._currentPath = checkedPath(v);
    this._opts = { ...this._opts, path: this._currentPath };
    return this;
  }

  /**
   * Sets how long a client may be connected without joining a namespace, in milliseconds. Without an argument, returns
   * it.
   */
  connectTimeout(v: number): this;
  connectTimeout(): number;
  connectTimeout(v?: number): this | number {
    if (v === undefined) {
      return this._currentConnectTimeout;
    }
    this._currentConnectTimeout = milliseconds("connectTimeout", v);
    return this;
  }

  /**
   * Sets what makes the adapters of all namespaces, those included that are there already. Without an argument, returns
   * it.
   */
  adapter(): AdapterConstructor | undefined;
  adapter(v: AdapterConstructor): this;
  adapter(v?: AdapterConstructor): AdapterConstructor | undefined | this {
    if (v === undefined) {
      return this._adapterConstructor;
    }
    this._adapterConstructor = v;
    for (const nsp of this._nsps.values()) {
      nsp._initAdapter();
    }
    return this;
  }

  /**
   * Attaches the server to an HTTP server or a port. Options that were given to the constructor win over these. Attaching
   * it again to the same path of the same HTTP server changes nothing: the engine stays, with its options.
   *
   * @throws a `PATH_TAKEN` error if another server is attached to this path of the HTTP server
   * @throws an `EXPRESS_HANDLER` error if it is given an express application instead of a server
   * @example
   * const httpServer = createServer();
   * io.attach(httpServer);
   * httpServer.listen(3000);
   */
  attach(srv: TServerInstance | number | string, opts: Partial<ServerOptions> = {}): this {
    const httpServer = httpServerFor(srv);
    const merged = { ...checkOptions(opts), ...this._opts };
    const path = merged.path || this._currentPath;
    const files = this._serveClient ? clientFileHandler(this, () => Server.sendFile) : undefined;
    const gate = this._door.gateFor(merged);
    const engine = this._attachments.attach(httpServer, { ...merged, path }, gate, files);
    this.httpServer = httpServer;
    return engine ? this.bind(engine) : this;
  }

  /** @internal Serves the browser client from an HTTP server; packages that bring an engine of their own call it. */
  attachServe(srv: TServerInstance): void {
    offerRequestsFirst(
      srv,
      clientFileHandler(this, () => Server.sendFile),
    );
  }

  /** Does the same as {@link attach}. */
  listen(srv: TServerInstance | number | string, opts: Partial<ServerOptions> = {}): this {
    return this.attach(srv, opts);
  }

  /**
   * Attaches the server to an app of µWebSockets.js. Options that were given to the constructor win over these; those
   * of {@link UwsOptions} are for the app. Whether, and where, the app listens is left to you, and so is closing what it
   * listens with: {@link close} closes the connections.
   *
   * A text for one room, or for everybody, with nobody left out, is handed to µWebSockets.js once, and not for each
   * client. Then the raw connections (`socket.conn`) emit no `packetCreate`.
   *
   * @example
   * import { App } from "uWebSockets.js";
   *
   * const app = App();
   * const io = new Server();
   * io.attachApp(app);
   * app.listen(3000, (token) => console.log(token ? "listening" : "the port is taken"));
   */
  attachApp(app: UwsApp, opts: Partial<ServerOptions> & UwsOptions = {}): this {
    const merged = { ...checkOptions(opts), ...this._opts };
    const path = checkedPath(merged.path || this._currentPath);
    const engine = attachUwsEngine(app, merged, path, this._door.gateFor(merged));
    if (this._serveClient) {
      serveClientFiles(app, path, this.opts.cors);
    }
    // what is published cannot be held up for one of those who get it
    this._lines ??= this.opts.slowConsumer ? undefined : new UwsLines();
    return this.bind(engine);
  }

  /**
   * Takes the connections of an engine that was made elsewhere. Of the limits to connections, `limits.connections` and
   * `limits.connectionsPerAddress` hold for it; its requests are its own affair, with `allowedOrigins` and
   * `limits.handshakesPerSecond`.
   *
   * @example
   * import { Server as Engine } from "engine.io";
   *
   * const engine = new Engine();
   * engine.attach(httpServer, { path: "/socket.io/" });
   * io.bind(engine);
   */
  bind(engine: EngineServer): this {
    this.engine = engine as Engine;
    this._engines.add(engine);
    this.payloadLimits = payloadLimits(this.opts, this.engine.opts);
    engine.on("connection", (conn: RawSocket) => {
      logs.server.enabled && logs.server("incoming connection with id %s", engineConnection(conn).id);
      if (this._shutdown.refuses(engine)) {
        conn.close();
      } else if (!this._door.turnsAway(engineConnection(conn), engine)) {
        const client = new Client(this, conn);
        this._lines?.add(client, conn);
        client.open();
      }
    });
    return this;
  }

  /**
   * Gives the namespace of this name. For a regular expression or a function, the namespaces whose names match are
   * made when clients ask for them; `fn` is called for each socket that connects.
   *
   * @throws a `STATEFUL_REGEXP` error for a regular expression with the `g` or `y` flag
   * @example
   * const chat = io.of("/chat");
   * const workspaces = io.of(/^\/workspace-\d+$/);
   * const tenants = io.of((name, auth, next) => {
   *   next(null, isTenant(name, auth.token));
   * });
   */
  of(
    name: string | RegExp | ParentNspNameMatchFn,
    fn?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const nsp = this._namespaces.of(name);
    if (fn) {
      nsp.on("connect", fn);
    }
    return nsp;
  }

  /**
   * Disconnects all clients, closes the adapters, the engine and then the HTTP server.
   *
   * Resolves also if the server was never attached, or the HTTP server is not running (any more); the callback is then
   * called with the error of the HTTP server.
   *
   * With options, tells what became of the connections, or rejects with an `INVALID_OPTION` error. While clients leave in
   * batches, no new ones are let in; another call without `drain` has the rest leave at once.
   *
   * @see node_modules/socket.io/docs/shutdown.md
   * @example
   * await io.close();
   * await io.close({ closeHttpServer: false });
   * const { cut } = await io.close({ drain: { batchSize: 100, intervalMs: 100, timeoutMs: 10_000 } });
   */
  close(options: CloseOptions): Promise<CloseReport>;
  close(fn?: (err?: Error) => void): Promise<void>;
  async close(given?: CloseOptions | ((err?: Error) => void)): Promise<unknown> {
    if (typeof given === "object" && given !== null) {
      return this._shutdown.close(checkCloseOptions(given));
    }
    const error = await this._shutdown.now();
    given?.(error);
    return undefined;
  }

  /** Closes the server at the end of the block of an `await using`. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Adds a function that each client passes before it is let into the main namespace; see {@link Namespace.use}.
   *
   * @example
   * io.use((socket, next) => next());
   */
  use(
    fn: (
      socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      next: (err?: ExtendedError) => void,
    ) => void,
  ): this {
    this.sockets.use(fn);
    return this;
  }

  /** @internal */
  newBroadcastOperator(): Chain<EmitEvents, SocketData> {
    return this.sockets.newBroadcastOperator();
  }

  /** @internal */
  _sendToServers(args: unknown[]): void {
    this.sockets._sendToServers(args);
  }
}

delegateEmitter(Server.prototype, (io) => io.sockets);
