/** The loggers that the DEBUG environment variable enables, and the reports of guards. */
import createDebug from "debug";
import { channels } from "./diagnostics/channels";
import type { GuardMessage } from "./diagnostics/messages";

export type { GuardCode, GuardErrorCode, GuardMessage } from "./diagnostics/messages";

/** Publishes a message about a guard that has acted, if the channel has subscribers. */
export function reportGuard(message: GuardMessage): void {
  channels.guard.isActive && channels.guard.publish(message);
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
