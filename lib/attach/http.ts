/** From a port or an HTTP server to an engine. */
import { createServer, type Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Server as Engine } from "engine.io";
import type { Gate } from "../connection/gated-engine";
import { makeEngine } from "../connection/make-engine";
import { logs } from "../diagnostics";
import { codedError, describeValue } from "../errors";
import type { ServerOptions } from "../options/server-options";

/** The servers that can be attached to. */
export type TServerInstance = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/**
 * A server where options may be given in its place: it is said to have no member with the name of an option. Otherwise
 * compilers would not suggest `pingInterval` for `new Server({ pingIntervall: 5000 })`, since of a union they suggest only
 * the names that all its members have.
 */
export type ServerInsteadOfOptions = TServerInstance & { [Name in keyof ServerOptions]?: never };

/** The server that is meant; for a port, one that listens there and knows nothing (404). */
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

/** A port is a number or a numeric string. */
function portOf(target: unknown): number | undefined {
  if (typeof target === "number") {
    return target;
  }
  if (typeof target === "string" && target.trim() !== "" && !Number.isNaN(Number(target))) {
    return Number(target);
  }
  return undefined;
}

/** A new engine with these options. */
export function engineFor(options: Partial<ServerOptions>, gate?: Gate): Engine {
  logs.server.enabled && logs.server("creating engine.io instance with opts %j", options);
  return makeEngine(options, gate);
}

/** Closes the server, if there is one; gives its error, such as that it is not running. */
export function closeHttpServer(httpServer: TServerInstance | undefined): Promise<Error | undefined> {
  return new Promise((resolve) => {
    if (httpServer) {
      httpServer.close(resolve);
    } else {
      resolve(undefined);
    }
  });
}
