/** The names under which the library tells what it does. */
import { channel } from "node:diagnostics_channel";
import createDebug from "debug";
import type { ErrorCode } from "./errors";

/** A guard has stopped something that a client did. */
export interface GuardMessage {
  /** Which guard, as in node_modules/socket.io/docs/limits.md. */
  code: GuardCode;
  /** The address of the client. */
  address?: string;
  /** The Engine.IO connection. */
  conn?: unknown;
  socket?: unknown;
  nsp?: unknown;
  /** What else there is to know, such as the error, the limit or what was seen. */
  detail?: unknown;
}

/** The guards, by the codes of their errors. */
export type GuardCode = Exclude<
  ErrorCode,
  "EXPRESS_HANDLER" | "INVALID_SERVER" | "PATH_TAKEN" | "INVALID_OPTION" | "STATEFUL_REGEXP"
>;

/** Where each guard that fires is told, for `node:diagnostics_channel`. */
const guards = channel("socket.io:guard");

/** Tells that a guard has fired, if anybody wants to know. */
export function tellGuard(message: GuardMessage): void {
  guards.hasSubscribers && guards.publish(message);
}

/** The logger of one room, for `log.enabled && log("…")`: nothing is formatted while nobody reads it. */
export interface Logger {
  (format: string, ...args: unknown[]): void;
  readonly enabled: boolean;
}

/** Whether anything is logged at all: cheaper to ask than each logger, for what happens with each message. */
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

/** Printed with `DEBUG=socket.io:*`. */
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
