/** Serves the bundles of the browser client over µWebSockets.js. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import cors, { type CorsOptions, type CorsOptionsDelegate } from "cors";
import { logs } from "../../diagnostics";
import { clientFileOf, clientFolder, planClientFile } from "../client-files";
import { acceptedEncoding, compressedFile } from "../compressed-files";
import type { UwsApp, UwsRequest, UwsResponse } from "./app";
import { RequestCopy, SafeResponse } from "./exchange";

const STATUS = { 200: "200 OK", 204: "204 No Content", 304: "304 Not Modified" } as const;

/** Handles the requests for bundles below `path`, and leaves other requests to the routes of the application. */
export function serveClientFiles(
  app: UwsApp,
  path: string,
  corsOptions: CorsOptions | CorsOptionsDelegate | undefined,
): void {
  const applyCors = corsOptions ? cors(corsOptions as CorsOptions) : undefined;
  app.any(`${path}/*`, (res: UwsResponse, req: UwsRequest) => {
    const filename = clientFileOf(req.getUrl(), path);
    if (!filename) {
      req.setYield(true);
      return;
    }
    const request = asIncoming(new RequestCopy(req));
    const answer = new Answer(new SafeResponse(res), request.method === "HEAD");
    const serve = () => {
      send(filename, request, answer).catch((error: Error) => {
        logs.server.enabled && logs.server("failed to send client file %s: %s", filename, error.message);
        answer.close();
      });
    };
    if (applyCors) {
      applyCors(request, answer as unknown as ServerResponse, serve);
    } else {
      serve();
    }
  });
}

/** Returns an object with the members of a request that the packages cors and accepts read. */
function asIncoming(request: RequestCopy): IncomingMessage {
  const headers: Record<string, string> = {};
  request.forEach((name, value) => {
    headers[name] = value;
  });
  return { method: request.getMethod().toUpperCase(), headers } as unknown as IncomingMessage;
}

/** A response with the members that the package cors uses. */
class Answer {
  statusCode: keyof typeof STATUS = 200;
  private readonly headers = new Map<string, string>();

  constructor(
    private readonly response: SafeResponse,
    private readonly isHead: boolean,
  ) {}

  getHeader(name: string): string | undefined {
    return this.headers.get(name.toLowerCase());
  }

  setHeader(name: string, value: string | readonly string[]): void {
    const text = String(value);
    // µWebSockets.js adds the length itself
    if (name.toLowerCase() !== "content-length") {
      this.headers.set(name.toLowerCase(), text);
    }
  }

  end(body?: Uint8Array): void {
    this.response.writeStatus(STATUS[this.statusCode]);
    for (const [name, value] of this.headers) {
      this.response.writeHeader(name, value);
    }
    if (this.isHead || !body) {
      this.response.endWithoutBody();
    } else {
      this.response.end(body);
    }
  }

  close(): void {
    this.response.close();
  }
}

async function send(filename: string, request: IncomingMessage, answer: Answer): Promise<void> {
  const { status, headers } = planClientFile(filename, request.headers["if-none-match"]);
  logs.server.enabled && logs.server("serve client file %s: %d", filename, status);
  answer.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    answer.setHeader(name, value);
  }
  if (status === 304) {
    answer.end();
    return;
  }
  const encoding = acceptedEncoding(request);
  if (encoding) {
    answer.setHeader("Content-Encoding", encoding);
  }
  if (request.method === "HEAD") {
    answer.end();
    return;
  }
  const folder = clientFolder();
  answer.end(
    await (encoding ? compressedFile(folder, filename, encoding) : readFile(join(folder, filename))),
  );
}
