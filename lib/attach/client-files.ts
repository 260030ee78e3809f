/** The browser client: which file answers which request, and how. */
import { createReadStream } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { createBrotliCompress, createDeflate, createGzip } from "node:zlib";
import accepts from "accepts";
import cors, { type CorsOptions, type CorsOptionsDelegate } from "cors";
import { logs } from "../diagnostics";
import type { RequestHandler } from "./http";

const { version } = require("../../package.json") as { version: string };

const FOLDER = join(__dirname, "../../client-dist");

/** The bundles that are built for browsers, each with its source map; nothing else in the folder is served. */
const FILES: ReadonlySet<string> = new Set(
  ["socket.io.js", "socket.io.min.js", "socket.io.msgpack.min.js", "socket.io.esm.min.js"].flatMap((file) => [
    file,
    `${file}.map`,
  ]),
);

const ENCODERS = { br: createBrotliCompress, gzip: createGzip, deflate: createDeflate } as const;

/** How one request is answered. */
export interface ClientFilePlan {
  readonly status: 200 | 304;
  readonly headers: OutgoingHttpHeaders;
  /** The path of the file; absent where there is no body. */
  readonly file?: string;
  readonly encoding?: keyof typeof ENCODERS;
}

/** The name of the bundle that `url` asks for below `path`, if there is such a bundle. */
export function clientFileOf(url: string, path: string): string | undefined {
  if (!url.startsWith(`${path}/`)) {
    return undefined;
  }
  const [name] = url.slice(path.length + 1).split("?", 1);
  return FILES.has(name) ? name : undefined;
}

/** Says how a bundle is served to a client that has `ifNoneMatch` and takes `encoding`. */
export function planClientFile(
  name: string,
  ifNoneMatch: string | undefined,
  encoding: keyof typeof ENCODERS | undefined,
): ClientFilePlan {
  const etag = `"${version}"`;
  // the weak form is what proxies make of it when they compress
  if (ifNoneMatch === etag || ifNoneMatch === `W/${etag}`) {
    return { status: 304, headers: {} };
  }
  const headers: OutgoingHttpHeaders = {
    "Cache-Control": "public, max-age=0",
    "Content-Type": `application/${name.endsWith(".map") ? "json" : "javascript"}; charset=utf-8`,
    ETag: etag,
  };
  if (encoding) {
    headers["Content-Encoding"] = encoding;
  }
  return { status: 200, headers, file: join(FOLDER, name), encoding };
}

/** Answers the requests for bundles below the path that `path()` gives at the time. */
export function clientFileHandler(
  path: () => string,
  corsOptions: CorsOptions | CorsOptionsDelegate | undefined,
): RequestHandler {
  const applyCors = corsOptions ? cors(corsOptions as CorsOptions) : undefined;
  return (req, res) => {
    const name = clientFileOf(req.url ?? "", path());
    if (!name) {
      return false;
    }
    if (applyCors) {
      applyCors(req, res, () => serve(name, req, res));
    } else {
      serve(name, req, res);
    }
    return true;
  };
}

function serve(name: string, req: IncomingMessage, res: ServerResponse): void {
  const encoding = accepts(req).encodings(["br", "gzip", "deflate"]);
  const plan = planClientFile(
    name,
    req.headers["if-none-match"],
    isEncoding(encoding) ? encoding : undefined,
  );
  logs.server.enabled && logs.server("serve client file %s: %d", name, plan.status);
  res.writeHead(plan.status, plan.headers);
  if (!plan.file || req.method === "HEAD") {
    res.end();
    return;
  }
  const done = (error?: Error | null) => {
    if (error) {
      logs.server.enabled && logs.server("client file %s was not sent: %s", name, error.message);
      res.end();
    }
  };
  if (plan.encoding) {
    pipeline(createReadStream(plan.file), ENCODERS[plan.encoding](), res, done);
  } else {
    pipeline(createReadStream(plan.file), res, done);
  }
}

function isEncoding(encoding: string | false): encoding is keyof typeof ENCODERS {
  return encoding !== false && Object.hasOwn(ENCODERS, encoding);
}
