/** The types of the messages on the diagnostics channels. */
import type { Socket as RawSocket } from "engine.io";
import type { ErrorCode } from "../errors";
import type { HandlerPhase } from "../options/limits";
import type { Namespace } from "../server/namespace";
import type { Server } from "../server/server";
import type { Socket } from "../socket/socket";
import type { DisconnectReason } from "../socket/types";

/**
 * The members of each message on a tracing channel. The same object is published on `start`, `end`, `asyncStart`, `asyncEnd`
 * and `error` of one operation, so a subscriber may use it as a key of a `WeakMap`.
 *
 * An operation is over when `end` is published and, if `isAsync` is then `true`, `asyncEnd` too. The time until
 * `asyncStart` is the duration of an asynchronous operation: its callback runs between `asyncStart` and `asyncEnd`.
 */
export interface TracedOperation {
  /** What was thrown, what a promise was rejected with, or the error for a callback; set before `error` is published. */
  error?: unknown;
  /**
   * Whether `asyncStart` and `asyncEnd` belong to the operation. Set before `end` is published. They may be published before
   * `end`, for example if a middleware calls `next()` at once.
   */
  isAsync?: boolean;
}

/** A message on `socket.io:connection`. */
export interface ConnectionMessage extends TracedOperation {
  /** The Engine.IO connection of the client. */
  conn: RawSocket;
  /** The name of the namespace that the client asks for, which may not exist. */
  namespace: string;
  /** The namespace, once it was found. */
  nsp?: Namespace;
  /** The socket, once it was created: after the session was looked up, before the middlewares run. */
  socket?: Socket;
  /** Whether the session of an earlier connection was restored; set with `socket`. */
  recovered?: boolean;
  /** How the request ended; set before `asyncStart`. `"left"`: the client left, or its connection was closed, meanwhile. */
  outcome?: "joined" | "refused" | "left";
}

/** A message on `socket.io:middleware`. */
export interface MiddlewareMessage extends TracedOperation {
  /** `"namespace"` for the middlewares of `io.use()` and `nsp.use()`, `"packet"` for those of `socket.use()`. */
  kind: "namespace" | "packet";
  /** The position of the middleware in the order in which they were registered, from 0. */
  index: number;
  /** The namespace. */
  nsp: Namespace;
  /** The socket. */
  socket: Socket;
  /** The name of the event, for the kind `"packet"`. */
  event?: string;
}

/** A message on `socket.io:event`. */
export interface EventMessage extends TracedOperation {
  /** The socket. */
  socket: Socket;
  /** The namespace. */
  nsp: Namespace;
  /** The name of the event. */
  event: string;
  /** The arguments that the listeners receive; if `hasAck` is `true`, the last one is the acknowledgement function. */
  args: unknown[];
  /** Whether the listeners receive an acknowledgement function. */
  hasAck: boolean;
  /**
   * What each listener has returned, in their order; set before `end` is published. Before `asyncStart`, each promise is
   * replaced by its value, or by `undefined` if it was rejected.
   */
  results?: unknown[];
}

/** A message on `socket.io:server-side-event`. */
export interface ServerSideEventMessage extends TracedOperation {
  /** The namespace. */
  nsp: Namespace;
  /** The name of the event. */
  event: string;
  /**
   * The arguments that the listeners receive; if `hasAck` is `true`, the last one is the acknowledgement function. The
   * listeners receive the array as the subscribers of `start` have left it.
   */
  args: unknown[];
  /** Whether the sending server expects an acknowledgement. */
  hasAck: boolean;
  /** What each listener has returned, as in {@link EventMessage}. */
  results?: unknown[];
}

/** A message on `socket.io:ack`. */
export interface AckMessage extends TracedOperation {
  /** The namespace. */
  nsp: Namespace;
  /** The socket, if the event was sent with `socket.emit()`; `undefined` for a broadcast. */
  socket?: Socket;
  /** The name of the event. */
  event: string;
  /** The arguments of the event, without the acknowledgement callback. */
  args: unknown[];
  /** The message about the event on `socket.io:emit` or `socket.io:broadcast`, if that channel had subscribers. */
  sent?: EmitMessage | BroadcastMessage;
  /** The rooms of a broadcast; an empty set stands for all sockets of the namespace. */
  rooms?: ReadonlySet<string>;
  /** The excluded rooms of a broadcast. */
  except?: ReadonlySet<string>;
  /** How long the server waits for the acknowledgements, in milliseconds; `undefined` if it waits without a limit. */
  timeout?: number;
  /** The number of sockets that are asked; for a broadcast, as far as the servers have reported their number. */
  expected: number;
  /** The number of acknowledgements that have arrived; set before `asyncStart`. */
  received: number;
  /** The first argument of each acknowledgement; set before `asyncStart`, except for `emitWithAckIterator()`. */
  answers?: unknown[];
}

/** A message on `socket.io:emit`. */
export interface EmitMessage extends TracedOperation {
  /** The socket. */
  socket: Socket;
  /** The namespace. */
  nsp: Namespace;
  /** The name of the event. */
  event: string;
  /** The arguments, without the acknowledgement callback. */
  args: unknown[];
  /** Whether the event is dropped if the connection is not writable. */
  volatile: boolean;
  /** Whether the event may be compressed. */
  compress: boolean;
  /** Whether the client is asked for an acknowledgement. */
  hasAck: boolean;
}

/** A message on `socket.io:broadcast`. */
export interface BroadcastMessage extends TracedOperation {
  /** The namespace. */
  nsp: Namespace;
  /** The name of the event. */
  event: string;
  /** The arguments, without the acknowledgement callback. */
  args: unknown[];
  /** The selected rooms; an empty set stands for all sockets of the namespace. */
  rooms: ReadonlySet<string>;
  /** The excluded rooms. */
  except: ReadonlySet<string>;
  /** Whether the event is sent to the sockets of this server only. */
  local: boolean;
  /** Whether the event is dropped if the connection is not writable. */
  volatile: boolean;
  /** Whether the event may be compressed. */
  compress: boolean;
  /** Whether the clients are asked for an acknowledgement. */
  hasAck: boolean;
  /**
   * The number of sockets of this server to which the adapter has written the event; complete when the operation is over.
   * Adapters that first send the event to the other servers make the operation asynchronous.
   */
  receivers: number;
}

/** The requests to adapters. */
export type AdapterRequest =
  | "fetchSockets"
  | "allSockets"
  | "socketsJoin"
  | "socketsLeave"
  | "disconnectSockets"
  | "serverSideEmit";

/** A message on `socket.io:adapter`. */
export interface AdapterMessage extends TracedOperation {
  /** The namespace. */
  nsp: Namespace;
  /**
   * The method of the application: `"fetchSockets"`, `"allSockets"`, `"socketsJoin"`, `"socketsLeave"`, `"disconnectSockets"` or
   * `"serverSideEmit"`.
   */
  request: AdapterRequest;
  /** The rooms whose sockets are selected; `undefined` for `serverSideEmit`. */
  rooms?: ReadonlySet<string>;
  /** The rooms whose sockets are excluded. */
  except?: ReadonlySet<string>;
  /** Whether only this server is asked. */
  local?: boolean;
  /** The name of the event, for `serverSideEmit`. */
  event?: string;
  /**
   * The arguments of the event, without the acknowledgement callback. What a subscriber of `start` adds to the array is sent
   * too.
   */
  args?: unknown[];
  /** Whether the other servers are asked for an acknowledgement. */
  hasAck: boolean;
  /** What the adapter has answered: sockets, ids of sockets, or the responses of the servers; set before `asyncStart`. */
  result?: unknown;
}

/** A message on `socket.io:recovery`. */
export interface RecoveryMessage extends TracedOperation {
  /** The Engine.IO connection. */
  conn: RawSocket;
  /** The namespace that the client asks for. */
  nsp: Namespace;
  /** Whether the session was restored; set before `asyncStart`. */
  recovered?: boolean;
  /** The number of events that the client has missed, and receives if the middlewares admit it; set with `recovered`. */
  replayed?: number;
  /**
   * Why the session was not restored. `"offset"`: the older connection is still open, and the adapter does not know the
   * offset. `"session"`: the adapter does not have the session, or not all of its events. `"adapter"`: the adapter failed.
   */
  reason?: "offset" | "session" | "adapter";
}

/** A message on `socket.io:drain`. */
export interface DrainMessage extends TracedOperation {
  /** The server. */
  server: Server;
  /** The number of connections at the beginning. */
  connections: number;
  /** The options of the drain, with defaults. */
  options: { readonly batchSize: number; readonly intervalMs: number; readonly timeoutMs: number };
  /**
   * The connections that were closed so far, and how many of them had buffered packets or pending acknowledgements. The
   * object is updated during the drain; at `asyncEnd`, it includes the remaining connections, which are closed at that time.
   */
  report: { readonly disconnected: number; readonly cut: number; readonly pendingAcks: number };
}

/** A message on `socket.io:disconnect`. */
export interface DisconnectMessage {
  /** The socket. */
  socket: Socket;
  /** The namespace. */
  nsp: Namespace;
  /** The reason of the disconnection. */
  reason: DisconnectReason;
  /** Details of the reason, such as the error of the connection. */
  description?: unknown;
  /** The transport of the connection: `"websocket"`, `"polling"`, `"webtransport"` or `"sse"`. */
  transport: string;
  /** The time since the socket was created, in milliseconds. */
  durationMs: number;
}

/** A message on `socket.io:slow-consumer`. */
export interface SlowConsumerMessage {
  /** The Engine.IO connection. */
  conn: RawSocket;
  /** The socket to which the packet is addressed, if there is one. */
  socket?: Socket;
  /** The namespace, if the packet belongs to one. */
  nsp?: Namespace;
  /** `"drop"`: events are dropped. `"disconnect"`: the connection is closed. */
  action: "drop" | "disconnect";
  /** The number of events that are dropped; 0 if the connection is closed. */
  dropped: number;
  /** The number of buffered bytes, with the packet that did not fit. */
  bufferedBytes: number;
  /** The limit of the option `slowConsumer`. */
  maxBufferedBytes: number;
}

/** A message on `socket.io:handler-error`. */
export interface HandlerErrorMessage {
  /** What the handler has thrown, or its promise was rejected with. */
  error: unknown;
  /** The kind of the handler. */
  phase: HandlerPhase;
  /** The name of the event, for listeners of events and for acknowledgements. */
  event?: string;
  /** The socket, if the handler was called for one. */
  socket?: Socket;
  /** The namespace. */
  nsp: Namespace;
}

/** A message on `socket.io:connection-open`. */
export interface ConnectionOpenMessage {
  /** The server. */
  server: Server;
  /** The Engine.IO connection. */
  conn: RawSocket;
  /** The transport with which the connection begins. */
  transport: string;
}

/** A message on `socket.io:connection-close`. */
export interface ConnectionCloseMessage {
  /** The server. */
  server: Server;
  /** The Engine.IO connection. */
  conn: RawSocket;
  /** The latest transport. */
  transport: string;
  /** The reason of the disconnection. */
  reason: DisconnectReason;
  /** Details of the reason, such as the error of the connection. */
  description?: unknown;
  /**
   * The time since the connection was opened, in milliseconds; `undefined` if this channel and `socket.io:connection-open` had
   * no subscriber then.
   */
  durationMs?: number;
}

/** A message on `socket.io:upgrade`. */
export interface UpgradeMessage {
  /** The server. */
  server: Server;
  /** The Engine.IO connection. */
  conn: RawSocket;
  /** The name of the transport before the upgrade. */
  from: string;
  /** The name of the transport after the upgrade. */
  to: string;
}

/** A message on `socket.io:packet`. */
export interface PacketMessage {
  /** The connection; `undefined` for a broadcast that was published once for several connections. */
  conn?: RawSocket;
  /** `"in"`: received from a client. `"out"`: sent to clients. */
  direction: "in" | "out";
  /**
   * The size of the packet, in bytes: its text as UTF-8, or the binary attachment. Headers of frames and of HTTP are not
   * included, and compression is not considered.
   */
  bytes: number;
  /** The number of connections; 1 if `conn` is given. */
  receivers: number;
}

/** A message on `socket.io:server`. */
export interface ServerMessage {
  /** The server. */
  server: Server;
}

/** The message on the diagnostics channel `socket.io:guard`, published when a guard has acted. */
export interface GuardMessage {
  /** The code of the guard, as listed in node_modules/socket.io/docs/limits.md. */
  code: GuardCode;
  /** The address of the client. */
  address?: string;
  /** The Engine.IO connection. */
  conn?: unknown;
  /** The socket, if the guard has acted on one. */
  socket?: unknown;
  /** The namespace, if the guard has acted in one. */
  nsp?: unknown;
  /** Further details, such as the error, the limit or the request. */
  detail?: unknown;
}

/** The codes of the guards that cause an error. A guard has the same code as its error. */
export type GuardErrorCode = Exclude<
  ErrorCode,
  | "EXPRESS_HANDLER"
  | "INVALID_SERVER"
  | "PATH_TAKEN"
  | "INVALID_OPTION"
  | "INVALID_CONTRACT"
  | "STATEFUL_REGEXP"
  | "NO_JSON_SCHEMA"
  | "UNKNOWN_NAMESPACE"
  | "ABORT_ERR"
  | "WAIT_TIMEOUT"
  | "CLOCK_INSTALLED"
  | "UNKNOWN_CLIENT"
  | "CLIENT_NOT_INSTALLED"
  | "OPENTELEMETRY_NOT_INSTALLED"
  | "TEST_SERVER_HTTP2"
>;

/** The codes of all guards. */
export type GuardCode = GuardErrorCode | "HANDLER_ERROR" | "INVALID_CLUSTER_MESSAGE" | "CLOSE_TIMEOUT";

/** The messages of the tracing channels, by the name for `tracingChannel()` of `node:diagnostics_channel`. */
export interface TracingChannels {
  /** A client asks for a namespace. */
  "socket.io:connection": ConnectionMessage;
  /** A middleware runs. */
  "socket.io:middleware": MiddlewareMessage;
  /** The listeners of an event from a client run. */
  "socket.io:event": EventMessage;
  /** The listeners of an event from another server run. */
  "socket.io:server-side-event": ServerSideEventMessage;
  /** The server waits for acknowledgements. */
  "socket.io:ack": AckMessage;
  /** An event is sent to one client. */
  "socket.io:emit": EmitMessage;
  /** An event is sent to several clients. */
  "socket.io:broadcast": BroadcastMessage;
  /** An adapter is asked for something other than a broadcast. */
  "socket.io:adapter": AdapterMessage;
  /** The session of an earlier connection is looked up. */
  "socket.io:recovery": RecoveryMessage;
  /** A server closes its connections in batches. */
  "socket.io:drain": DrainMessage;
}

/** The messages of the plain channels, by the name for `channel()` and `subscribe()` of `node:diagnostics_channel`. */
export interface PlainChannels {
  /** A guard has acted. */
  "socket.io:guard": GuardMessage;
  /** A socket has left its namespace. */
  "socket.io:disconnect": DisconnectMessage;
  /** A client does not read the packets sent to it. */
  "socket.io:slow-consumer": SlowConsumerMessage;
  /** A handler has failed. */
  "socket.io:handler-error": HandlerErrorMessage;
  /** A connection was opened. */
  "socket.io:connection-open": ConnectionOpenMessage;
  /** A connection was closed. */
  "socket.io:connection-close": ConnectionCloseMessage;
  /** A connection has changed its transport. */
  "socket.io:upgrade": UpgradeMessage;
  /** A packet was received or sent. */
  "socket.io:packet": PacketMessage;
  /** A server was created. */
  "socket.io:server": ServerMessage;
}

/**
 * The messages of all diagnostics channels, by name.
 *
 * @see node_modules/socket.io/docs/diagnostics.md
 * @example
 * import { subscribe } from "node:diagnostics_channel";
 * import type { DiagnosticsChannels } from "socket.io";
 *
 * subscribe("socket.io:disconnect", (message) => {
 *   const { reason, durationMs } = message as DiagnosticsChannels["socket.io:disconnect"];
 *   console.log(reason, durationMs);
 * });
 */
export interface DiagnosticsChannels extends TracingChannels, PlainChannels {}
