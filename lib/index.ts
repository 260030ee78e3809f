/** The entry point for `require()`: the public classes and types, and a function that creates a server. */
import { Adapter } from "./adapter/memory";
import { SessionAwareAdapter } from "./adapter/session-aware";
// tracing tools patch this file, so the classes are imported through it
import { BroadcastOperator, RemoteSocket } from "./broadcast-operator";
import { Namespace } from "./namespace";
import { Server } from "./server";
import { Socket } from "./socket";

export type {
  AdapterContract,
  AdapterHost,
  AdapterSocket,
  BroadcastFlags,
  BroadcastOptions,
  PrivateSessionId,
  Room,
  Session,
  SocketId,
} from "./adapter/contract";
export type { UwsApp, UwsOptions } from "./attach/uws/contract";
export type { CodedError, ErrorCode } from "./errors";
export type {
  DrainedOptions,
  HandlerErrorContext,
  HandlerErrorListener,
  HandlerPhase,
  LimitOptions,
  NamespaceLimitOptions,
  OriginRule,
  SlowConsumerDecision,
  SlowConsumerOptions,
} from "./limits";
export type { ExtendedError, NamespaceReservedEventsMap, ServerReservedEventsMap } from "./namespace";
export type { ParentNspNameMatchFn } from "./namespaces";
export type { AdapterConstructor, ConnectionStateRecoveryOptions, Parser, ServerOptions } from "./options";
export type { CloseOptions, CloseReport, DrainOptions } from "./shutdown/close-options";
export type { DisconnectReason, Handshake } from "./socket-types";
export type { Event } from "./socket-verbs";
export type { DefaultEventsMap, EventsMap } from "./typed-events";
export { Adapter, BroadcastOperator, Namespace, RemoteSocket, Server, SessionAwareAdapter, Socket };

/** Makes `require("socket.io")(httpServer, options)` the same as `new Server(httpServer, options)`. */
function createServer(...args: ConstructorParameters<typeof Server>): Server {
  return new Server(...args);
}

module.exports = Object.assign(createServer, {
  Adapter,
  BroadcastOperator,
  Namespace,
  RemoteSocket,
  Server,
  SessionAwareAdapter,
  Socket,
});
