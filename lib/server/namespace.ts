/** A namespace: who is let in, who is there, and in which rooms. */
import type { AdapterContract, AdapterHost, SocketId } from "../adapter/contract";
import { attemptAndThrow, type Middleware, runMiddlewares } from "../admission/middleware";
import { type Reason, reasonOf } from "../admission/reason";
import { missedBy, restoreSession } from "../admission/recovery";
import { SessionHolders } from "../admission/session-holders";
import { storesSessions } from "../admission/session-support";
import { Broadcaster } from "../broadcast/broadcaster";
import { BroadcastOperator } from "../broadcast/operator";
import type { Chain } from "../broadcast/targets";
import type { Client } from "../client/client";
import type { JoinRequest } from "../client/memberships";
import { logs } from "../diagnostics";
import { codedError } from "../errors";
import { asRefusal, emitGuarded, HandlerGuard } from "../guards/handler-errors";
import { refusalPacket } from "../guards/refusal";
import { checkNamespaceLimits, type Limits, type NamespaceLimitOptions } from "../options/limits";
import { Socket } from "../socket/socket";
import type { DefaultEventsMap, EventsMap, Untyped } from "../typed-events";
import { warnOnce } from "../warnings";
import type { Server } from "./server";

/** Why a client is not let in; `data` is sent to it too. */
export interface ExtendedError extends Error {
  data?: Untyped;
}

/** The events that a namespace emits by itself; `connect` comes first. */
export interface NamespaceReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  /** A client has joined the namespace. */
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /** A client has joined the namespace. */
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

/** The events that a server emits by itself. */
export interface ServerReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** A namespace was made. */
  new_namespace: (namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

/**
 * A part of the traffic, with handlers, middlewares, sockets and rooms of its own, over the connections that all
 * namespaces share.
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
  /** The name, with a leading slash. */
  readonly name: string;
  /** The connected sockets by their ids. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Map();
  /** Keeps the rooms and delivers to them. */
  adapter!: AdapterContract;
  /** The server that the namespace belongs to. */
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** @internal Calls the handlers, if the server has an `onHandlerError`. */
  readonly handlerGuard?: HandlerGuard;
  /** @internal The next packet id; adapters count it on. */
  _ids = 0;
  /** @internal The sockets that are not let in yet. */
  readonly _preConnectSockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> =
    new Map();
  /** Made with connection state recovery. */
  private readonly _holders?: SessionHolders;
  /** How many clients wait to hear whether their session can be restored. */
  private _arriving = 0;
  /** @internal The limits that hold here. */
  limitsInForce: Limits;
  /** @internal Called each time when nobody is left. */
  _onEmpty?: () => void;

  private readonly _middlewares: Middleware<
    Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    ExtendedError
  >[] = [];

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, name: string) {
    super();
    this.server = server;
    this.name = name;
    const { onHandlerError } = server.opts;
    this.handlerGuard = onHandlerError && new HandlerGuard(this, onHandlerError);
    this._holders = server.opts.connectionStateRecovery && new SessionHolders();
    this.limitsInForce = server.opts.limits;
  }

  /** @internal Makes the adapter that the server asks for. */
  _initAdapter(): void {
    this.adapter = makeAdapter(this.server.adapter(), this);
    if (this.server.opts.connectionStateRecovery && !storesSessions(this.adapter)) {
      warnOnce("SOCKET_IO_RECOVERY_UNSUPPORTED", this.adapter.constructor.name);
    }
    Promise.resolve(this.adapter.init?.()).catch((error) => warnOfFailure(this.name, error));
  }

  /** @internal Closes the adapter; waits for it. */
  async _closeAdapter(): Promise<void> {
    await this.adapter.close?.();
  }

  /**
   * Adds a function that each client passes before it is let in; `next(err)` refuses it, and the client gets a
   * `connect_error` with the message, and with `err.data`.
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
   * Sets limits for this namespace alone, in place of those of the option `limits`. On a dynamic namespace
   * (`io.of(/^\/room-/)`) they hold for all namespaces that match, and there may be `childNamespaces` among them.
   * `Infinity` switches a limit off.
   *
   * @throws an `INVALID_OPTION` error for a limit that cannot be set here
   * @see node_modules/socket.io/docs/limits.md
   * @example
   * io.of("/lobby").limits({ roomsPerSocket: 5 });
   * io.of(/^\/game-\d+$/).limits({ roomsPerSocket: 20, childNamespaces: 1000 });
   */
  limits(given: NamespaceLimitOptions): this {
    return this._setLimits(checkNamespaceLimits(given, false));
  }

  protected _setLimits(checked: Partial<Limits>): this {
    this.limitsInForce = Object.freeze({ ...this.limitsInForce, ...checked });
    return this;
  }

  /** @internal Takes over the limits, the middlewares and the connection listeners of another namespace. */
  _inherit(other: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.limitsInForce = other.limitsInForce;
    this._middlewares.push(...other._middlewares);
    for (const event of ["connect", "connection"] as const) {
      for (const listener of other.listeners(event)) {
        this.on(event, listener);
      }
    }
  }

  /** @internal Lets a client in, or not. */
  async _add(
    client: Client<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    auth: Record<string, unknown>,
    request: JoinRequest<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): Promise<void> {
    logs.namespace.enabled && logs.namespace("adding socket to nsp %s", this.name);
    const recovery = this.server.opts.connectionStateRecovery;
    this._arriving++;
    const { adapter } = this;
    const session = recovery ? await restoreSession(adapter, auth, this._holders) : await null;
    this._arriving--;
    if (request.isCancelled || client.connection.readyState !== "open") {
      session && adapter.returnSession?.(session.pid);
      this._checkEmpty();
      client.memberships.refuse(request);
      return;
    }
    const socket = new Socket(this, client, auth, session);
    this._preConnectSockets.set(socket.id, socket);
    this._holders?.add(socket._pid as string, socket);
    request.socket = socket;
    if (session) {
      socket.join(session.rooms);
    }
    const welcome = () => {
      const missed = session ? missedBy(session, adapter) : [];
      if (!missed) {
        client.dismiss(codedError("RECOVERY_OVERFLOW"));
        return;
      }
      deleteEntry(this._preConnectSockets, socket._storedId, socket);
      socket._settleId();
      this.sockets.set(socket.id, socket);
      socket._onconnect(missed);
      client.accept(socket, request);
      this.tellOfConnection(socket);
    };
    if (session && recovery?.skipMiddlewares) {
      welcome();
      return;
    }
    const { handlerGuard } = this;
    const decide = (err: unknown) => {
      process.nextTick(() => {
        if (socket._hasLeft || client.connection.readyState !== "open") {
          logs.namespace.enabled && logs.namespace("the client left before it was let in");
          socket._cleanup();
          client.memberships.refuse(request);
        } else if (err || request.isTurnedAway) {
          const reason = reasonOf(err || codedError("SOCKET_DISCONNECTED"));
          logs.namespace.enabled && logs.namespace("a middleware refused the client: %s", reason.message);
          socket._cleanup();
          const packetFor = (content: Reason) =>
            refusalPacket(this.name, content, client.connection.protocol);
          const refuse = () =>
            client.memberships.refuse(request, packetFor(reason), packetFor({ message: reason.message }));
          handlerGuard ? handlerGuard.attempt(refuse, { phase: "middleware", socket }) : refuse();
        } else {
          welcome();
        }
      });
    };
    runMiddlewares(
      this._middlewares,
      socket,
      decide,
      handlerGuard
        ? {
            attempt: (call, fail) => handlerGuard.attempt(call, { phase: "middleware", socket }, fail),
            failed: (error) => decide(asRefusal(error)),
          }
        : { attempt: attemptAndThrow, failed: () => decide(codedError("MIDDLEWARE_FAILED")) },
    );
  }

  private tellOfConnection(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    for (const event of ["connect", "connection"]) {
      emitGuarded(this.handlerGuard, this, event, [socket], { phase: "connection", socket });
    }
  }

  /** @internal Forgets a socket that has left. */
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
      this._arriving === 0
    ) {
      this._onEmpty();
    }
  }

  /** @internal */
  newBroadcastOperator(): Chain<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter);
  }

  /** @internal */
  _sendToServers(args: unknown[]): void {
    this.adapter.serverSideEmit(args);
  }

  /** @internal Adapters deliver the events of other servers here. */
  _onServerSideEmit(args: [string, ...Untyped[]]): void {
    const [event, ...others] = args;
    emitGuarded(this.handlerGuard, this, event, others, { phase: "server-side", event });
  }
}

/** Forgets a value, unless another one has taken its key. */
function deleteEntry<Value>(map: Map<SocketId, Value>, key: SocketId, value: Value): boolean {
  return map.get(key) === value && map.delete(key);
}

/** Published adapters come as classes, as functions that return an adapter, and as arrow functions. */
function makeAdapter(maker: Untyped, nsp: AdapterHost): AdapterContract {
  return maker.prototype ? new maker(nsp) : maker(nsp);
}

/** Nobody waits for an adapter to be ready: that it failed is told, and harms nothing. */
function warnOfFailure(name: string, error: unknown): void {
  process.emitWarning(`the adapter of namespace "${name}" could not be initialised: ${error}`, {
    code: "ADAPTER_INIT_FAILED",
  });
}
