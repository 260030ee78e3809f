/** Creates the HTTP server for a port, and the Engine.IO server for an HTTP server. */
import { createServer, type Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Server as Engine } from "engine.io";
import type { Gate } from "../connection/gated-engine";
import { makeEngine } from "../connection/make-engine";
import type { CloseDeadline } from "../connection/remains";
import { logs } from "../diagnostics";
import { codedError, describeValue } from "../errors";
import type { ServerOptions } from "../options/server-options";
import { openConnectionsOf } from "./open-connections";

/** The HTTP servers that a Socket.IO server can be attached to. */
export type TServerInstance = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/**
 * An HTTP server, as a type that excludes the names of options. In a union with the options, this lets compilers
 * suggest `pingInterval` for `new Server({ pingIntervall: 5000 })`. Otherwise they would suggest only the names that
 * all members of the union have.
 */
export type ServerInsteadOfOptions = TServerInstance & { [Name in keyof ServerOptions]?: never };

/** The shortest `keepAliveTimeout`, in milliseconds; 0 would disable it. */
const AT_ONCE = 1;

/** How long a client that has just connected can send its first request to a server that is being closed, in milliseconds. */
const FIRST_REQUEST_MS = 1_000;

/** Returns the HTTP server to attach to. For a port, creates one that listens there and responds with 404. */
export function httpServerFor(target: unknown): TServerInstance {
  if (typeof target === "function") {
    throw codedError("EXPRESS_HANDLER");
  }
  const port = portOf(target);
  if (port !== undefined) {
    logs.server.enabled && logs.server("creating http server and binding to %d", port);
    const httpServer = createServer((_req, res) => {
      res.writeHead(404);
      res.end();
    });
    return httpServer.listen(port);
  }
  if (typeof target !== "object" || target === null || typeof (target as HttpServer).on !== "function") {
    throw codedError("INVALID_SERVER", describeValue(target));
  }
  return target as TServerInstance;
}

/** Returns the port for a number or a numeric string. */
function portOf(target: unknown): number | undefined {
  if (typeof target === "number") {
    return target;
  }
  if (typeof target === "string" && target.trim() !== "" && !Number.isNaN(Number(target))) {
    return Number(target);
  }
  return undefined;
}

/** Creates an engine with these options. */
export function engineFor(
  options: Partial<ServerOptions>,
  gate: Gate | undefined,
  closeDeadline: CloseDeadline,
): Engine {
  logs.server.enabled && logs.server("creating engine.io instance with opts %j", options);
  return makeEngine(options, gate, closeDeadline);
}

/** An HTTP server that is being closed: its own `keepAliveTimeout`, and the number of calls that close it. */
interface EndedKeepAlive {
  keepAliveTimeout: number;
  closings: number;
}

/** Several Socket.IO servers may share an HTTP server, and close it at the same time. */
const ended = new WeakMap<object, EndedKeepAlive>();

/**
 * Makes an HTTP server that will be closed end each connection at once after its last response. Otherwise Node.js would wait
 * for another request, by default for up to 6 seconds. Returns a function that undoes this; it has to be called once. The
 * last of several such calls for the same HTTP server restores `keepAliveTimeout`, unless the application has changed it.
 */
export function endKeepAlive(httpServer: TServerInstance | undefined): () => void {
  // a server for HTTP/2 only has no such property
  const server = (httpServer ?? {}) as Partial<HttpServer>;
  const { keepAliveTimeout } = server;
  if (keepAliveTimeout === undefined) {
    return () => {};
  }
  const state = ended.get(server) ?? { keepAliveTimeout, closings: 0 };
  ended.set(server, state);
  state.closings++;
  if (keepAliveTimeout !== AT_ONCE) {
    state.keepAliveTimeout = keepAliveTimeout;
  }
  server.keepAliveTimeout = AT_ONCE;
  return () => {
    if (--state.closings === 0) {
      ended.delete(server);
      if (server.keepAliveTimeout === AT_ONCE) {
        server.keepAliveTimeout = state.keepAliveTimeout;
      }
    }
  };
}

/**
 * Closes an HTTP server, if there is one. Resolves to its error, for example if it is not running, when the last request has
 * been answered. The deadline of the Socket.IO server ends connections on which no request is being handled.
 */
export async function closeHttpServer(
  httpServer: TServerInstance | undefined,
  deadline: CloseDeadline,
): Promise<Error | undefined> {
  if (!httpServer) {
    return undefined;
  }
  const closed = deadline.countIn(
    () => new Promise<Error | undefined>((resolve) => httpServer.close(resolve)),
  );
  const connections = openConnectionsOf(httpServer as HttpServer);
  connections.closeSessions();
  const timer = setTimeout(() => connections.endUnused(), Math.min(FIRST_REQUEST_MS, deadline.milliseconds));
  const stop = deadline.repeat(() => connections.endWithoutRequest());
  try {
    return await closed;
  } finally {
    clearTimeout(timer);
    stop();
  }
}
