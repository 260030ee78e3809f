/** The entry point for `require()`: the public classes and types, and a function that creates a server. */
import { Adapter } from "./adapter/memory";
import { SessionAwareAdapter } from "./adapter/session-aware";
// tracing tools patch the modules under these paths, so the classes are imported through them
import { BroadcastOperator, RemoteSocket } from "./broadcast-operator";
import { Namespace } from "./namespace";
import { Server } from "./server/server";
import { Socket } from "./socket";

export type { AckIterator } from "./acks/iterator";
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
export type { Chain } from "./broadcast/targets";
export type { NamespaceOf, ServerOf, SocketOf } from "./contract/server-types";
export type { AnyContract } from "./contract/types";
export type {
  AckMessage,
  AdapterMessage,
  AdapterRequest,
  BroadcastMessage,
  ConnectionCloseMessage,
  ConnectionMessage,
  ConnectionOpenMessage,
  DiagnosticsChannels,
  DisconnectMessage,
  DrainMessage,
  EmitMessage,
  EventMessage,
  GuardMessage,
  HandlerErrorMessage,
  MiddlewareMessage,
  PacketMessage,
  PlainChannels,
  RecoveryMessage,
  ServerMessage,
  ServerSideEventMessage,
  SlowConsumerMessage,
  TracedOperation,
  TracingChannels,
  UpgradeMessage,
} from "./diagnostics/messages";
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
  ContractOptions,
  NamespaceOptions,
  Parser,
  ServerOptions,
} from "./options/server-options";
export type { ExtendedError, NamespaceReservedEventsMap, ServerReservedEventsMap } from "./server/namespace";
export type { ParentNspNameMatchFn } from "./server/namespaces";
export type { Event } from "./socket/interceptors";
export type { DisconnectReason, Handshake } from "./socket/types";
export type {
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DefaultEventsMap,
  EventsMap,
} from "./typed-events";
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
