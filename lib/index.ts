/** The front door: named exports, and `require("socket.io")(httpServer)`. */
import { Adapter } from "./adapter/memory";
import { SessionAwareAdapter } from "./adapter/session-aware";
// tracing tools hook the modules of these addresses
import { BroadcastOperator, RemoteSocket } from "./broadcast-operator";
import { Namespace } from "./namespace";
import { Server } from "./server/server";
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
export type { UwsApp, UwsOptions } from "./attach/uws/app";
export type { CodedError, ErrorCode } from "./errors";
export type { CloseOptions, CloseReport, DrainOptions } from "./options/close-options";
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
} from "./options/limits";
export type {
  AdapterConstructor,
  ConnectionStateRecoveryOptions,
  Parser,
  ServerOptions,
} from "./options/server-options";
export type { ExtendedError, NamespaceReservedEventsMap, ServerReservedEventsMap } from "./server/namespace";
export type { ParentNspNameMatchFn } from "./server/namespaces";
export type { Event } from "./socket/interceptors";
export type { DisconnectReason, Handshake } from "./socket/types";
export type { DefaultEventsMap, EventsMap } from "./typed-events";
export { Adapter, BroadcastOperator, Namespace, RemoteSocket, Server, SessionAwareAdapter, Socket };

/** `require("socket.io")(httpServer, options)` is `new Server(httpServer, options)`. */
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
