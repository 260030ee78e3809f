/** The Namespace class: connects clients to one namespace, and holds its sockets, its middlewares and its adapter. */
import type { AdapterContract, AdapterHost, Session, SocketId } from "../adapter/contract";
import { attemptAndThrow, type Middleware, runMiddlewares } from "../admission/middleware";
import { type Reason, reasonOf } from "../admission/reason";
import { asksForSession, missedEvents, restoreSession } from "../admission/recovery";
import { SessionHolders } from "../admission/session-holders";
import { storesSessions } from "../admission/session-support";
import { Broadcaster } from "../broadcast/broadcaster";
import { BroadcastOperator } from "../broadcast/operator";
import type { Chain } from "../broadcast/targets";
import type { Client } from "../client/client";
import type { JoinRequest } from "../client/memberships";
import { ContractGate, type ContractSettings, wrongAuth } from "../contract/gate";
import type { Turns } from "../contract/turns";
import { logs } from "../diagnostics";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { codedError } from "../errors";
import { ignoreUnheardError, isServerSideEvent } from "../guards/cluster-messages";
import { refusalPacket } from "../guards/connect-error";
import { emitGuarded, HandlerGuard } from "../guards/handler-errors";
import { checkNamespaceLimits, type Limits, type NamespaceLimitOptions } from "../options/limits";
import type { NamespaceOptions } from "../options/server-options";
import { Socket } from "../socket/socket";
import { escaped, quoted } from "../texts";
import type { DefaultEventsMap, EventsMap, Untyped } from "../typed-events";
import { warn, warnOnce } from "../warnings";
import type { Server } from "./server";

/** An error with which a middleware refuses a client. The client receives the message and `data`. */
export interface ExtendedError extends Error {
  /** Details for the client, as JSON or binary data. */
  data?: Untyped;
}

/** The events that a namespace emits. `connect` is emitted right before `connection`. */
export interface NamespaceReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  /** Emitted when a client has connected to the namespace. */
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /** Emitted when a client has connected to the namespace. */
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

/** The events that a server emits. */
export interface ServerReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** Emitted when a namespace has been created. */
  new_namespace: (namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

/**
 * A namespace: a separate channel over the connections of the server. Each namespace has its own middlewares, event
 * handlers, sockets and rooms.
 *
 * @example
 * const orders = io.of("/orders");
 * orders.use((socket, next) => {
 *   next(isAllowed(socket.handshake.auth.token) ? undefined : new Error("not allowed"));
 * });
 * orders.on("connection", (socket) => {
 *   socket.join("shop-1");
 *   orders.to("shop-1").emit("hello");
 * });
 */
export class Namespace<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = Untyped,
  >
  extends Broadcaster<
    EmitEvents,
    ServerSideEvents,
    NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    SocketData
  >
  implements AdapterHost
{
  /** The name of the namespace, with a leading slash. */
  readonly name: string;
  /** The connected sockets of this server, by id. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Map();
  /** The adapter, which stores the rooms of the sockets and delivers broadcasts. */
  adapter!: AdapterContract;
  /** The server that the namespace belongs to. */
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** @internal Calls the handlers and catches their errors; only with the option `onHandlerError`. */
  readonly handlerGuard?: HandlerGuard;
  /** @internal Checks what clients send, and what is sent to them; only with the option `contract`. */
  gate?: ContractGate = undefined;
  /** @internal The order of the events of other servers; only with the option `contract`. */
  turns?: Turns = undefined;
  /** The options about the contract that `io.of(name, options)` was called with. */
  private _contractOptions: NamespaceOptions | undefined = undefined;
  /** @internal The id of the next packet that expects an acknowledgement; adapters increment it too. */
  _ids = 0;
  /** @internal The sockets whose middlewares are still running. */
  readonly _preConnectSockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> =
    new Map();
  /** @internal The sockets by session id; only with the option `connectionStateRecovery`. */
  readonly _holders?: SessionHolders;
  /** The number of clients that have asked to join, and have no socket yet. */
  private _undecided = 0;
  /** @internal The limits of this namespace: those of the server, changed by `limits()`. */
  effectiveLimits: Limits;
  /** @internal Called whenever the last client has left the namespace. */
  _onEmpty?: () => void;

  private readonly _middlewares: Middleware<
    Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    ExtendedError
  >[] = [];

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, name: string) {
    super();
    this.server = server;
    this.name = name;
    const { onHandlerError, contract } = server.opts;
    this.handlerGuard = onHandlerError && new HandlerGuard(this, onHandlerError);
    const settings = contract && this._checkContract({});
    this.gate = settings && new ContractGate(settings);
    this._holders = server.opts.connectionStateRecovery && new SessionHolders();
    this.effectiveLimits = server.opts.limits;
  }

  /** @internal Creates the adapter, of the class that the server is configured with. */
  _initAdapter(): void {
    this.adapter = makeAdapter(this.server.adapter(), this);
    if (this.server.opts.connectionStateRecovery && !storesSessions(this.adapter)) {
      warnOnce("SOCKET_IO_RECOVERY_UNSUPPORTED", this.adapter.constructor.name);
    }
    Promise.resolve(this.adapter.init?.()).catch((error) =>
      // the server continues without waiting for the adapter
      warn("SOCKET_IO_ADAPTER_INIT_FAILED", escaped(this.name), escaped(error, 500)),
    );
  }

  /** @internal Closes the adapter. */
  async _closeAdapter(): Promise<void> {
    await this.adapter.close?.();
  }

  /**
   * Registers middleware that runs before a client is connected to the namespace. `next()` continues with the following
   * middleware. `next(err)` refuses the client, which emits `connect_error` with the message of the error and with
   * `err.data`.
   *
   * @example
   * io.use((socket, next) => {
   *   if (isValid(socket.handshake.auth.token)) {
   *     next();
   *   } else {
   *     next(new Error("invalid token"));
   *   }
   * });
   */
  use(
    fn: (
      socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      next: (err?: ExtendedError) => void,
    ) => void,
  ): this {
    this._middlewares.push(fn);
    return this;
  }

  /**
   * Sets limits for this namespace, which override those of the option `limits`. On a dynamic namespace, such as
   * `io.of(/^\/room-/)`, they apply to each namespace that matches, and `childNamespaces` limits the number of these.
   * `Infinity` disables a limit.
   *
   * @since 4.9.0
   * @throws an `INVALID_OPTION` error if the limit does not apply to single namespaces, or its value is not a number
   * @see node_modules/socket.io/docs/limits/namespaces.md
   * @example
   * io.of("/lobby").limits({ roomsPerSocket: 5 });
   * io.of(/^\/game-\d+$/).limits({ roomsPerSocket: 20, childNamespaces: 1000 });
   */
  limits(given: NamespaceLimitOptions): this {
    return this._setLimits(checkNamespaceLimits(given, false));
  }

  protected _setLimits(checked: Partial<Limits>): this {
    this.effectiveLimits = Object.freeze({ ...this.effectiveLimits, ...checked });
    return this;
  }

  /**
   * @internal Sets the contract, by the options of `io.of(name, options)` and, for those that are not given, of the server.
   * Namespaces with the same settings may share `shared`.
   */
  _setContract(given: NamespaceOptions, shared?: ContractGate): void {
    const settings = this._checkContract(given);
    this._contractOptions = { ...this._contractOptions, ...given };
    if (settings !== this.gate?.settings) {
      this.gate = settings && (shared?.isFor(settings) ? shared : new ContractGate(settings));
    }
  }

  /**
   * @internal Returns the contract that these options result in, with its options, and `undefined` for none. Throws if it
   * would change and clients are connected.
   */
  _checkContract(given: NamespaceOptions): ContractSettings | undefined {
    const { contract, unknownEvents, validateOutgoing } = {
      ...this.server.opts,
      ...this._contractOptions,
      ...given,
    };
    const { gate } = this;
    const settings = contract ? { contract, unknownEvents, validateOutgoing } : undefined;
    if (settings ? gate?.isFor(settings) : !gate) {
      return gate?.settings;
    }
    if (this.sockets.size + this._preConnectSockets.size + this._undecided > 0) {
      const expected = `given before clients connect to the namespace ${quoted(this.name)}`;
      throw codedError("INVALID_OPTION", "contract", expected, "other settings");
    }
    return settings;
  }

  /** @internal Copies the contract, the limits, the middlewares and the connection listeners of another namespace. */
  _inherit(other: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.gate = other.gate;
    this._contractOptions = other._contractOptions;
    this.effectiveLimits = other.effectiveLimits;
    this._middlewares.push(...other._middlewares);
    for (const event of ["connect", "connection"] as const) {
      for (const listener of other.listeners(event)) {
        this.on(event, listener);
      }
    }
  }

  /** @internal Restores the session of a client if possible, runs the middlewares, and connects or refuses the client. */
  async _add(
    client: Client<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    auth: Record<string, unknown>,
    request: JoinRequest<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): Promise<void> {
    logs.namespace.enabled && logs.namespace("adding socket to nsp %s", quoted(this.name));
    const recovery = this.server.opts.connectionStateRecovery;
    this._undecided++;
    const { adapter, gate } = this;
    const { trace } = request;
    if (trace) {
      trace.nsp = this as Untyped;
    }
    const checked = gate ? await gate.checkAuth(auth) : undefined;
    if (gate && checked?.issues) {
      const error = wrongAuth(checked.issues);
      const { code, message, issues } = error;
      gate.report(this, error, { client });
      if (trace) {
        trace.error = error;
      }
      this._undecided--;
      this._checkEmpty();
      const data = client.connection.protocol === 3 ? undefined : { code, issues };
      client.memberships.refuse(
        request,
        refusalPacket(this.name, { message, data }, client.connection.protocol),
      );
      return;
    }
    // awaits without recovery too, so that the middlewares run asynchronously in both cases
    const session = recovery ? await this.restore(client, auth) : await null;
    this._undecided--;
    if (request.isCancelled || client.connection.readyState !== "open") {
      session && adapter.returnSession?.(session.pid);
      this._checkEmpty();
      client.memberships.refuse(request);
      return;
    }
    const socket = new Socket(this, client, checked ? Object(checked.value) : auth, session);
    this._preConnectSockets.set(socket.id, socket);
    this._holders?.add(socket._pid as string, socket);
    request.socket = socket;
    if (trace) {
      trace.socket = socket as Untyped;
      trace.recovered = socket.recovered;
    }
    if (session) {
      socket.join([...session.rooms]);
    }
    const connectSocket = () => {
      const missed = session ? missedEvents(session, adapter) : [];
      if (!missed) {
        client.closeFor(codedError("RECOVERY_OVERFLOW"));
        return;
      }
      deleteEntry(this._preConnectSockets, socket._storedId, socket);
      socket._settleId();
      if (this.sockets.has(socket.id)) {
        adapter.replaced?.(socket.id);
      }
      this.sockets.set(socket.id, socket);
      socket._onconnect(missed);
      client.accept(socket, request);
      if (trace) {
        observed().endRequest(request, "joined", () => this.emitConnection(socket));
      } else {
        this.emitConnection(socket);
      }
    };
    if (session && recovery?.skipMiddlewares) {
      connectSocket();
      return;
    }
    const { handlerGuard } = this;
    const decide = (err: unknown) => {
      process.nextTick(() => {
        if (socket._hasLeft || client.connection.readyState !== "open") {
          logs.namespace.enabled && logs.namespace("the client left during the middlewares");
          socket._cleanup();
          client.memberships.refuse(request);
        } else if (err || request.isDisconnected) {
          const error = err || codedError("SOCKET_DISCONNECTED");
          const reason = reasonOf(error);
          if (trace) {
            trace.error = error;
          }
          logs.namespace.enabled &&
            logs.namespace("a middleware refused the client: %s", quoted(reason.message));
          socket._cleanup();
          const packetFor = (content: Reason) =>
            refusalPacket(this.name, content, client.connection.protocol);
          const refuse = () =>
            client.memberships.refuse(request, packetFor(reason), packetFor({ message: reason.message }));
          handlerGuard ? handlerGuard.attempt(refuse, { phase: "middleware", socket }) : refuse();
        } else {
          connectSocket();
        }
      });
    };
    const middlewares = channels.middleware.isActive
      ? observed().tracedMiddlewares(this._middlewares, { kind: "namespace", nsp: this, socket })
      : this._middlewares;
    runMiddlewares(middlewares, socket, decide, {
      attempt: handlerGuard
        ? (call, fail) => handlerGuard.attempt(call, { phase: "middleware", socket }, fail)
        : attemptAndThrow,
      // without the text of the error, which may contain secrets
      failed: () => decide(codedError("MIDDLEWARE_FAILED")),
    });
  }

  /** Looks up the session that a client asks for. */
  private restore(
    client: Client<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    auth: Record<string, unknown>,
  ): Promise<Session | null> {
    const { adapter, _holders: holders } = this;
    return channels.recovery.isActive && asksForSession(auth)
      ? observed().traceRecovery({ conn: client.conn, nsp: this }, (because) =>
          restoreSession(adapter, auth, holders, because),
        )
      : restoreSession(adapter, auth, holders);
  }

  private emitConnection(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    for (const event of ["connect", "connection"]) {
      emitGuarded(this.handlerGuard, this, event, [socket], { phase: "connection", socket });
    }
  }

  /** @internal Removes a socket that has disconnected. */
  _remove(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    deleteEntry(this.sockets, socket._storedId, socket);
    if (deleteEntry(this._preConnectSockets, socket._storedId, socket) && socket.recovered) {
      socket.adapter.returnSession?.(socket._pid as string);
    }
    this._holders?.remove(socket._pid as string, socket);
    this._checkEmpty();
  }

  private _checkEmpty(): void {
    if (
      this._onEmpty &&
      this.sockets.size === 0 &&
      this._preConnectSockets.size === 0 &&
      this._undecided === 0
    ) {
      this._onEmpty();
    }
  }

  /** @internal */
  newBroadcastOperator(): Chain<EmitEvents, SocketData, ServerSideEvents> {
    return new BroadcastOperator(this.adapter);
  }

  /** @internal Emits an event that another server has sent, unless it is malformed; called by adapters. */
  _onServerSideEmit(given: [string, ...Untyped[]]): void {
    if (!isServerSideEvent(this, given)) {
      return;
    }
    const args: typeof given = [...given];
    const traceContext = carriers().removeCarrier(args);
    if (this.gate) {
      this.gate.admitServerSide(this, args, () => this.emitServerSide(args, traceContext));
    } else {
      this.emitServerSide(args, traceContext);
    }
  }

  private emitServerSide(args: [string, ...Untyped[]], traceContext: unknown): void {
    const [event, ...others] = args;
    if (!this.handlerGuard && event === "error" && this.listenerCount("error") === 0) {
      ignoreUnheardError(this, others[0]);
    } else if (channels.serverSideEvent.isActive || channels.handlerError.isActive) {
      observed().traceServerSideEvent(this as Untyped, args, traceContext, this.handlerGuard);
    } else if (this.handlerGuard) {
      this.handlerGuard.emit(this, event, others, { phase: "server-side", event });
    } else {
      this.emitUntyped(...args);
    }
  }
}

/** Loaded with the first event of another server. */
const carriers = () => require("../diagnostics/carrier") as typeof import("../diagnostics/carrier");

/** Deletes the entry of a key if it has this value. Returns whether it was deleted. */
function deleteEntry<Value>(map: Map<SocketId, Value>, key: SocketId, value: Value): boolean {
  return map.get(key) === value && map.delete(key);
}

/** Creates an adapter. The option `adapter` may be a class, a function that returns an adapter, or an arrow function. */
function makeAdapter(maker: Untyped, nsp: AdapterHost): AdapterContract {
  return maker.prototype ? new maker(nsp) : maker(nsp);
}
