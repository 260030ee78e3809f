/** The names under which the library tells what it does. */
import createDebug from "debug";

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
