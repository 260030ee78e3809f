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

/**
 * Makes an HTTP server that will be closed end each connection at once after its last response. Otherwise Node.js would wait
 * for another request, by default for up to 6 seconds. Returns a function that undoes this.
 */
export function endKeepAlive(httpServer: TServerInstance | undefined): () => void {
  // a server for HTTP/2 only has no such property
  const server = (httpServer ?? {}) as Partial<HttpServer>;
  const { keepAliveTimeout } = server;
  if (keepAliveTimeout !== undefined) {
    server.keepAliveTimeout = AT_ONCE;
  }
  return () => {
    if (keepAliveTimeout !== undefined) {
      server.keepAliveTimeout = keepAliveTimeout;
    }
  };
}

/** Closes an HTTP server, if there is one. Resolves to its error, for example if it is not running. */
export function closeHttpServer(httpServer: TServerInstance | undefined): Promise<Error | undefined> {
  return new Promise((resolve) => {
    if (httpServer) {
      httpServer.close(resolve);
    } else {
      resolve(undefined);
    }
  });
}
