/** From a port or an HTTP server to an engine. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { AttachOptions, Server as Engine, ServerOptions as EngineOptions } from "engine.io";
import { logs } from "../diagnostics";
import type { Gate } from "../engine/gate";
import { fastPathProblem, makeEngine } from "../engine/light-engine";
import { codedError, describeValue } from "../errors";
import type { ServerOptions } from "../options";

/** The servers that can be attached to. */
export type TServerInstance = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/**
 * A server where options may be given in its place: it is said to have no member with the name of an option. Otherwise
 * compilers would not suggest `pingInterval` for `new Server({ pingIntervall: 5000 })`, since of a union they suggest only
 * the names that all its members have.
 */
export type ServerInsteadOfOptions = TServerInstance & { [Name in keyof ServerOptions]?: never };

/** Answers a request, or says that it is not the one to answer. */
export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

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

/** Lets a new engine answer the requests under its path; all others go on to the listeners that were there. */
export function attachEngine(
  httpServer: TServerInstance,
  options: EngineOptions & AttachOptions,
  gate?: Gate,
): Engine {
  logs.server.enabled && logs.server("creating engine.io instance with opts %j", options);
  if (fastPathProblem) {
    logs.server.enabled && logs.server("no fast path: %s", fastPathProblem);
  }
  const engine = makeEngine(options, gate);
  engine.attach(httpServer as HttpServer, options);
  return engine;
}

/** Offers each request to `handle` before the listeners that are there now. */
export function offerRequestsFirst(httpServer: TServerInstance, handle: RequestHandler): void {
  const server = httpServer as HttpServer;
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (req, res) => {
    if (handle(req, res)) {
      return;
    }
    for (const listener of listeners) {
      listener.call(server, req, res);
    }
  });
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
