/** Serves the bundles of the browser client over HTTP. */
import { createReadStream, existsSync, type ReadStream } from "node:fs";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream";
import type { CorsOptions, CorsOptionsDelegate } from "cors";
import { logs } from "../diagnostics";
import { warnOnce } from "../warnings";
import type { Encoding } from "./compressed-files";
import type { TServerInstance } from "./http";
import type { RequestHandler } from "./mount-points";

/** The names of the bundles and their source maps. No other files of the folder are served. */
const FILES: ReadonlySet<string> = new Set(
  ["socket.io.js", "socket.io.min.js", "socket.io.msgpack.min.js", "socket.io.esm.min.js"].flatMap((file) => [
    file,
    `${file}.map`,
  ]),
);

/** Sends a bundle as a response whose headers are already set. */
export type SendFile = (filename: string, req: IncomingMessage, res: ServerResponse) => void;

/** The status and the headers of a response. */
export interface ClientFilePlan {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the name of the bundle that `url` requests below `path`, if there is one. */
export function clientFileOf(url: string, path: string): string | undefined {
  if (url[path.length + 1] === "?" || !url.startsWith(`${path}/`)) {
    // most requests are for the engine: a query follows the path
    return undefined;
  }
  const [name] = url.slice(path.length + 1).split("?", 1);
  return FILES.has(name) ? name : undefined;
}

/** Returns the status and the headers for a bundle. `ifNoneMatch` is the value of the header `If-None-Match`. */
export function planClientFile(filename: string, ifNoneMatch: string | undefined): ClientFilePlan {
  const { version } = require("../../package.json") as { version: string };
  const etag = `"${version}"`;
  // proxies that compress the response make the ETag weak
  if (ifNoneMatch === etag || ifNoneMatch === `W/${etag}`) {
    return { status: 304, headers: {} };
  }
  return {
    status: 200,
    headers: {
      "Cache-Control": "public, max-age=0",
      "Content-Type": `application/${filename.endsWith(".map") ? "json" : "javascript"}; charset=utf-8`,
      ETag: etag,
    },
  };
}

/** The members of a server that are used to serve the bundles. */
interface FileServer {
  path(): string;
  readonly opts: { readonly cors?: CorsOptions | CorsOptionsDelegate | undefined };
}

/** Loads the package cors, which servers without the option `cors` do not use. */
const corsFor = (options: CorsOptions) => (require("cors") as typeof import("cors"))(options);

/** Returns a handler for the requests for bundles, below the path that the server has when the request arrives. */
export function clientFileHandler(server: FileServer, sendFile: () => SendFile): RequestHandler {
  const applyCors = server.opts.cors ? corsFor(server.opts.cors as CorsOptions) : undefined;
  const serve = (filename: string, req: IncomingMessage, res: ServerResponse) => {
    const { status, headers } = planClientFile(filename, req.headers["if-none-match"]);
    logs.server.enabled && logs.server("serve client file %s: %d", filename, status);
    if (status === 304) {
      res.writeHead(status).end();
      return;
    }
    for (const [name, value] of Object.entries(headers)) {
      res.setHeader(name, value);
    }
    sendFile()(filename, req, res);
  };
  return (req, res) => {
    const filename = clientFileOf(req.url ?? "", server.path());
    if (!filename) {
      return false;
    }
    if (applyCors) {
      applyCors(req, res, () => serve(filename, req, res));
    } else {
      serve(filename, req, res);
    }
    return true;
  };
}

/** Puts `handle` before the request listeners of an HTTP server, which are called only if it returns `false`. */
export function interceptRequests(httpServer: TServerInstance, handle: RequestHandler): void {
  const server = httpServer as HttpServer;
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (req, res) => {
    if (!handle(req, res)) {
      for (const listener of listeners) {
        listener.call(server, req, res);
      }
    }
  });
}

/**
 * Returns the folder with the bundles. If a bundler has put this code into one file, it is searched beside the folder of
 * that file, where the reference server expects it.
 */
export function clientFolder(): string {
  // an ES module has no __dirname
  const here = typeof __dirname === "undefined" ? "" : __dirname;
  const places = ["../../client-dist", "../client-dist"].map((place) => join(here, place));
  return places.find((place) => existsSync(place)) ?? (places[0] as string);
}

/** Sends a bundle, compressed if the client accepts it. Responds with 404 if the file does not exist. */
export function sendClientFile(filename: string, req: IncomingMessage, res: ServerResponse): void {
  const folder = clientFolder();
  const missing = () => {
    warnOnce("SOCKET_IO_CLIENT_FILES", folder);
    for (const name of ["Cache-Control", "Content-Type", "ETag"]) {
      res.removeHeader(name);
    }
    res.writeHead(404).end();
  };
  const { acceptedEncoding, compressedFile } =
    require("./compressed-files") as typeof import("./compressed-files");
  const encoding = acceptedEncoding(req);
  if (encoding && req.method !== "HEAD") {
    compressedFile(folder, filename, encoding).then((body) => sendCompressed(body, encoding, res), missing);
    return;
  }
  const source = createReadStream(join(folder, filename));
  source.once("error", missing);
  source.once("open", () => {
    source.off("error", missing);
    res.writeHead(200, encoding ? { "Content-Encoding": encoding } : {});
    if (req.method === "HEAD") {
      source.destroy();
      res.end();
    } else {
      sendStream(source, filename, res);
    }
  });
}

function sendCompressed(body: Uint8Array, encoding: Encoding, res: ServerResponse): void {
  // also closes the response of a client that has left in the meantime, which sends nothing
  res.writeHead(200, { "Content-Encoding": encoding, "Content-Length": body.byteLength }).end(body);
}

function sendStream(source: ReadStream, filename: string, res: ServerResponse): void {
  pipeline(source, res, (error) => {
    if (error) {
      logs.server.enabled && logs.server("failed to send client file %s: %s", filename, error.message);
      res.end();
    }
  });
}
