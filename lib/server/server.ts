/** The Server class: holds the options, accepts the connections of its engines, and creates namespaces. */
import type { Server as Engine, Socket as RawSocket } from "engine.io";
import { Decoder, Encoder } from "socket.io-parser";
import { Adapter } from "../adapter/memory";
import { SessionAwareAdapter } from "../adapter/session-aware";
import type { Attachments } from "../attach/attachments";
import type { SendFile } from "../attach/client-files";
import type { ServerInsteadOfOptions, TServerInstance } from "../attach/http";
import type { UwsApp, UwsOptions } from "../attach/uws/app";
import type { UwsSubscribers } from "../attach/uws/attach";
import { Broadcaster } from "../broadcast/broadcaster";
import { BroadcastOperator } from "../broadcast/operator";
import type { Chain } from "../broadcast/targets";
import { type EngineServer, engineConnection } from "../connection/port";
import type { CloseDeadline } from "../connection/remains";
import { logs } from "../diagnostics";
import { channels } from "../diagnostics/channels";
import { delegateEmitter } from "../events/main-facade";
import type { ConnectionGuard } from "../guards/connection-guard";
import { payloadLimits } from "../guards/payload-limits";
import { milliseconds } from "../options/checks";
import { type CloseOptions, type CloseReport, checkCloseOptions } from "../options/close-options";
import {
  type AdapterConstructor,
  type ContractOptions,
  checkedPath,
  checkNamespaceOptions,
  checkOptions,
  isOptions,
  type NamespaceOptions,
  type Parser,
  resolveOptions,
  type ServerOptions,
  type Settings,
} from "../options/server-options";
import { TextFirstEncoder } from "../parser/encode";
import type { Socket } from "../socket/socket";
import { shortId } from "../texts";
import type { DefaultEventsMap, EventsMap, Untyped } from "../typed-events";
// loaded with the package, so not in the asynchronous context in which the first server is created
import "../at-load";
import { asyncDispose } from "./dispose";
import type { ExtendedError, Namespace, ServerReservedEventsMap } from "./namespace";
import { Namespaces, type ParentNspNameMatchFn } from "./namespaces";
import type { Shutdown } from "./shutdown";

/** Loads what only a process with a server needs, when the first server is created. */
const firstUse = () => require("./first-use") as typeof import("./first-use");

/** Loads the attachment to apps of µWebSockets.js, which few servers use. */
const uws = () => ({
  ...(require("../attach/uws/attach") as typeof import("../attach/uws/attach")),
  ...(require("../attach/uws/client-files") as typeof import("../attach/uws/client-files")),
});

/**
 * A Socket.IO server.
 *
 * Type parameters:
 *
 * - `ListenEvents`: the events that clients send to the server
 * - `EmitEvents`: the events that the server sends to clients
 * - `ServerSideEvents`: the events that the servers of a cluster send to each other
 * - `SocketData`: the type of `socket.data`
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
  /** The main namespace, `"/"`. Methods of the server such as `emit()` and `use()` act on it. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /**
   * The Engine.IO server, which handles the connections. `undefined` until the server is attached.
   *
   * @example
   * io.engine.clientsCount; // the number of open connections
   * io.engine.generateId = (req) => crypto.randomUUID();
   * io.engine.use(helmet());
   */
  engine!: Engine;
  /** The HTTP server. `undefined` until the server is attached. */
  httpServer!: TServerInstance;
  /** @internal The options of the constructor, with defaults; adapters read them. */
  readonly opts: Settings;
  /** @internal */
  readonly _parser: Parser;
  /** @internal The encoder of packets; adapters use it too. */
  readonly encoder: Encoder;
  /** @internal Whether the fast encoder and decoder of this library may be used in place of the `parser`. */
  readonly usesDefaultParser: boolean;
  /** @internal */
  payloadLimits = payloadLimits({});
  /** @internal */
  readonly _connectionGuard: ConnectionGuard;
  /** @internal The connections over µWebSockets.js, which subscribe to rooms; `undefined` until `attachApp()`. */
  _subscribers?: UwsSubscribers;

  /** @internal */
  readonly _namespaces: Namespaces<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** @internal All engines whose connections this server accepts; the latest is {@link engine}. */
  readonly _engines: Set<EngineServer> = new Set();
  /** @internal */
  readonly _closeDeadline: CloseDeadline;
  /** @internal */
  readonly _attachments: Attachments;

  /** @internal The options of the constructor, without defaults; they take precedence over those of `attach()`. */
  _opts: Partial<ServerOptions>;
  /** @internal Whether the server serves the browser client. */
  _serveClient: boolean;
  private _currentPath: string;
  private _currentConnectTimeout: number;
  private _adapterConstructor: AdapterConstructor;
  private readonly _shutdown: Shutdown;

  /**
   * Creates a server. If the first argument is an HTTP server or a port, the new server is attached to it, as by
   * {@link attach}.
   *
   * @throws an `INVALID_OPTION` error if an option has an invalid value, or its name is misspelt
   * @example
   * const io = new Server(); // io.listen(3000) or io.attach(httpServer) later
   * const io = new Server(3000);
   * const io = new Server(httpServer, { cors: { origin: "https://example.com" } });
   */
  constructor(opts: Partial<ServerOptions> & ContractOptions<ListenEvents, EmitEvents, ServerSideEvents>);
  constructor(
    srv: TServerInstance | number | undefined,
    opts: Partial<ServerOptions> & ContractOptions<ListenEvents, EmitEvents, ServerSideEvents>,
  );
  constructor(opts?: Partial<ServerOptions>);
  constructor(srv?: TServerInstance | number, opts?: Partial<ServerOptions>);
  constructor(
    srv: undefined | Partial<ServerOptions> | ServerInsteadOfOptions | number,
    opts?: Partial<ServerOptions>,
  );
  constructor(srv?: Partial<ServerOptions> | TServerInstance | number, opts?: Partial<ServerOptions>) {
    super();
    const { Attachments, CloseDeadline, ConnectionGuard, Shutdown } = firstUse();
    const givenOnlyOptions = isOptions(srv);
    this._opts = checkOptions((givenOnlyOptions ? srv : opts) ?? {});
    this.opts = resolveOptions(this._opts);
    this._currentPath = this.opts.path;
    this._serveClient = this.opts.serveClient;
    this._currentConnectTimeout = this.opts.connectTimeout;
    this._adapterConstructor =
      this.opts.adapter ?? (this.opts.connectionStateRecovery ? SessionAwareAdapter : Adapter);
    this._parser = this.opts.parser;
    this._connectionGuard = new ConnectionGuard(this.opts);
    this._closeDeadline = new CloseDeadline(this.opts.limits.closeTimeoutMs);
    this._attachments = new Attachments(this._engines, this._closeDeadline);
    // with DEBUG=socket.io-parser, that package encodes and decodes every packet, so that its logs are complete
    this.usesDefaultParser =
      this._parser.Encoder === Encoder && this._parser.Decoder === Decoder && !logs.parser.enabled;
    this.encoder = this.usesDefaultParser ? new TextFirstEncoder() : new this._parser.Encoder();
    this._namespaces = new Namespaces(this);
    this.sockets = this._namespaces.of("/");
    this._shutdown = new Shutdown(this);
    // 0 is a valid port
    if (!givenOnlyOptions && (srv || typeof srv === "number")) {
      this.attach(srv as TServerInstance | number);
    }
    if (channels.server.isActive) {
      channels.server.publish({ server: this as Untyped });
    }
  }

  /** @internal Sends one of the browser bundles; applications that keep the bundles elsewhere replace it. */
  static sendFile: SendFile = (filename, req, res) => firstUse().sendClientFile(filename, req, res);

  /** @internal The namespaces, by name. */
  get _nsps(): Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this._namespaces.byName;
  }

  /**
   * Whether the fast path is enabled: the library then reads and writes WebSocket messages itself, without the packets
   * and events of engine.io. Connections over long-polling do not use the fast path.
   *
   * The value is `false`:
   *
   * - before `attach()`
   * - with the option `wsEngine`, or with an engine given to `bind()`
   * - if the installed versions of engine.io or ws do not allow the fast path
   * - if the environment variable `SOCKET_IO_FAST_PATH` is `off`
   *
   * @since 4.9.0
   */
  get fastPath(): boolean {
    return firstUse().isFast(this.engine);
  }

  /** An alias of {@link engine}. */
  get eio(): Engine {
    return this.engine;
  }

  /**
   * Sets whether the server serves the browser client, or returns the current value if called without an argument. Call
   * it before `attach()`.
   */
  serveClient(v: boolean): this;
  serveClient(): boolean;
  serveClient(v?: boolean): this | boolean {
    if (v === undefined) {
      return this._serveClient;
    }
    this._serveClient = v;
    return this;
  }

  /**
   * Sets the path at which the server handles requests, or returns the current path if called without an argument. Call
   * it before `attach()`.
   *
   * @throws an `INVALID_OPTION` error if the path does not begin with a slash
   */
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
   * Sets how long a client may stay connected without joining a namespace, in milliseconds, or returns the current
   * value if called without an argument.
   *
   * @throws an `INVALID_OPTION` error if the value is not a number of milliseconds
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
   * Sets the adapter of all namespaces, as a class or a function, or returns the current one if called without an
   * argument. Namespaces that exist already get a new adapter, so call it before clients connect.
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
   * Attaches the server to an HTTP server, or to a port on which it creates one. The options of the constructor take
   * precedence over `opts`. A second call with the same path and the same HTTP server has no effect.
   *
   * @throws a `PATH_TAKEN` error if another Socket.IO server is attached to this path of the HTTP server
   * @throws an `EXPRESS_HANDLER` error if `srv` is an Express application
   * @throws an `INVALID_SERVER` error if `srv` is neither a port nor a server
   * @throws an `INVALID_OPTION` error if an option has an invalid value, or its name is misspelt
   * @example
   * const httpServer = createServer();
   * io.attach(httpServer);
   * httpServer.listen(3000);
   */
  attach(srv: TServerInstance | number | string, opts: Partial<ServerOptions> = {}): this {
    const { clientFileHandler, httpServerFor } = firstUse();
    const httpServer = httpServerFor(srv);
    const merged = { ...checkOptions(opts), ...this._opts };
    const path = merged.path || this._currentPath;
    const files = this._serveClient ? clientFileHandler(this, () => Server.sendFile) : undefined;
    const gate = this._connectionGuard.gateFor(merged);
    const engine = this._attachments.attach(httpServer, { ...merged, path }, gate, files);
    this.httpServer = httpServer;
    return engine ? this.bind(engine) : this;
  }

  /** @internal Serves the browser client from an HTTP server; called by packages that have their own engine. */
  attachServe(srv: TServerInstance): void {
    const { clientFileHandler, interceptRequests } = firstUse();
    interceptRequests(
      srv,
      clientFileHandler(this, () => Server.sendFile),
    );
  }

  /** An alias of {@link attach}. */
  listen(srv: TServerInstance | number | string, opts: Partial<ServerOptions> = {}): this {
    return this.attach(srv, opts);
  }

  /**
   * Attaches the server to an app of µWebSockets.js. The options of the constructor take precedence over `opts`. The
   * options of {@link UwsOptions} configure the app.
   *
   * The application calls `app.listen()` and closes the listen socket. {@link close} closes the connections only.
   *
   * µWebSockets.js publishes a broadcast in one call if it is for one room or for the whole namespace, has no binary data
   * and no excluded rooms, and is not volatile. For it, the raw connections (`socket.conn`) do not emit `packetCreate`.
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
    const { attachUwsEngine, serveClientFiles, UwsSubscribers } = uws();
    const engine = attachUwsEngine(app, merged, path, this._connectionGuard.gateFor(merged));
    if (this._serveClient) {
      serveClientFiles(app, path, this.opts.cors);
    }
    // not with `slowConsumer`: a published message is sent to all subscribers, and cannot be dropped for one of them
    this._subscribers ??= this.opts.slowConsumer ? undefined : new UwsSubscribers();
    return this.bind(engine);
  }

  /**
   * Accepts the connections of an Engine.IO server that the application has created. `limits.connections` and
   * `limits.connectionsPerAddress` apply to them. `allowedOrigins` and `limits.handshakesPerSecond` do not, since this
   * engine handles its requests itself.
   *
   * @example
   * import { Server as Engine } from "engine.io";
   *
   * const engine = new Engine();
   * engine.attach(httpServer, { path: "/socket.io/" });
   * io.bind(engine);
   */
  bind(engine: EngineServer): this {
    const { Client } = firstUse();
    this.engine = engine as Engine;
    this._engines.add(engine);
    this.payloadLimits = payloadLimits(this.opts, this.engine.opts);
    engine.on("connection", (conn: RawSocket) => {
      logs.server.enabled &&
        logs.server("incoming connection with id %s", shortId(engineConnection(conn).id));
      if (this._shutdown.refuses(engine)) {
        conn.close();
      } else if (!this._connectionGuard.refuses(engineConnection(conn), engine)) {
        const client = new Client(this, conn);
        this._subscribers?.add(client, conn);
        client.open();
      }
    });
    return this;
  }

  /**
   * Returns the namespace of this name, and creates it if it does not exist.
   *
   * A regular expression or a function defines a dynamic namespace: when a client connects to a namespace that does not
   * exist, and whose name matches, the server creates it. The function calls `next(null, true)` to allow a name.
   *
   * If `fn` is given, it is registered as a listener of `connect`. If options are given, they set the contract of the
   * namespace, or with `contract: null` that it has none; without them, it has the contract of the server, if there is one.
   *
   * @throws an `INVALID_OPTION` error if clients are connected to a namespace whose contract would change
   * @throws a `STATEFUL_REGEXP` error if the regular expression has the flag `g` or `y`
   * @throws an `INVALID_NAMESPACE_NAME` error if `name` is of another type
   * @example
   * const chat = io.of("/chat");
   * const workspaces = io.of(/^\/workspace-\d+$/);
   * const tenants = io.of((name, auth, next) => {
   *   next(null, isTenant(name, auth.token));
   * });
   * const admin = io.of("/admin", { contract: adminContract });
   */
  of<Listen extends EventsMap, Emit extends EventsMap, ServerSide extends EventsMap, Data = SocketData>(
    name: string | RegExp | ParentNspNameMatchFn,
    options: NamespaceOptions & ContractOptions<Listen, Emit, ServerSide>,
  ): Namespace<Listen, Emit, ServerSide, Data>;
  of<Data = SocketData>(
    name: string | RegExp | ParentNspNameMatchFn,
    options: NamespaceOptions & { contract: null },
  ): Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, Data>;
  of(
    name: string | RegExp | ParentNspNameMatchFn,
    options: NamespaceOptions,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  of(
    name: string | RegExp | ParentNspNameMatchFn,
    fn?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  of(
    name: string | RegExp | ParentNspNameMatchFn,
    given?:
      | NamespaceOptions
      | ((socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void),
  ): unknown {
    if (typeof given === "function") {
      return this._namespaces.of(name).on("connect", given);
    }
    return this._namespaces.of(name, given ? checkNamespaceOptions(given) : undefined);
  }

  /**
   * Disconnects all clients, then closes the adapters, the engines and the HTTP server.
   *
   * The promise also resolves if the server was never attached, or if the HTTP server is not running. In the latter
   * case the callback is called with the error of the HTTP server.
   *
   * If `options` are given, resolves to a {@link CloseReport}, or rejects with an `INVALID_OPTION` error. With the
   * option `drain`, clients are disconnected in batches, and new connections are refused. A call without `drain` ends a
   * running drain: all remaining clients are disconnected at once.
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
    // false, 0 and "" count as not given
    if (given && typeof given !== "function") {
      return this._shutdown.close(checkCloseOptions(given));
    }
    const error = await this._shutdown.now();
    if (typeof given === "function") {
      given(error);
    }
    return undefined;
  }

  /**
   * Closes the server when the block of an `await using` declaration ends.
   *
   * @since 4.9.0
   */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Registers middleware that runs before a client is connected to the main namespace; see {@link Namespace.use}.
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
  newBroadcastOperator(): Chain<EmitEvents, SocketData, ServerSideEvents> {
    return new BroadcastOperator(this.sockets.adapter);
  }
}

delegateEmitter(Server.prototype, (io) => io.sockets);
