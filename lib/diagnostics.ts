/** The loggers that the DEBUG environment variable enables, and the diagnostics channel on which guards report. */
import { channel } from "node:diagnostics_channel";
import createDebug from "debug";
import type { ErrorCode } from "./errors";

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
  | "WAIT_TIMEOUT"
  | "CLOCK_INSTALLED"
  | "UNKNOWN_CLIENT"
  | "CLIENT_NOT_INSTALLED"
  | "TEST_SERVER_HTTP2"
>;

/** The codes of all guards. */
export type GuardCode = GuardErrorCode | "HANDLER_ERROR" | "INVALID_CLUSTER_MESSAGE" | "CLOSE_TIMEOUT";

/** The channel of `node:diagnostics_channel` on which guards report. */
const guardChannel = channel("socket.io:guard");

/** Publishes a message about a guard that has acted, if the channel has subscribers. */
export function reportGuard(message: GuardMessage): void {
  guardChannel.hasSubscribers && guardChannel.publish(message);
}

/** A logger. Call it as `log.enabled && log("…")`, so that a message is formatted only if it is printed. */
export interface Logger {
  (format: string, ...args: unknown[]): void;
  readonly enabled: boolean;
}

/** Whether any logger is enabled. Code that runs for each message checks this once instead of each logger. */
export function isLogging(): boolean {
  return createDebug.names.length > 0;
}

type Scope =
  | "server"
  | "client"
  | "namespace"
  | "parentNamespace"
  | "socket"
  | "broadcastOperator"
  | "adapter"
  | "parser"
  | "engineSocket"
  | "engineWs";

/** The loggers, by the part of the library that uses them; enabled with, for example, `DEBUG=socket.io:*`. */
export const logs: Readonly<Record<Scope, Logger>> = {
  server: createDebug("socket.io:server"),
  client: createDebug("socket.io:client"),
  namespace: createDebug("socket.io:namespace"),
  parentNamespace: createDebug("socket.io:parent-namespace"),
  socket: createDebug("socket.io:socket"),
  broadcastOperator: createDebug("socket.io:broadcast-operator"),
  adapter: createDebug("socket.io-adapter"),
  parser: createDebug("socket.io-parser"),
  engineSocket: createDebug("engine:socket"),
  engineWs: createDebug("engine:ws"),
};
