/** Serves the script for pages of Socket.IO 0.x. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { planClientFile, sendClientFile } from "../../attach/client-files";
import type { Server } from "../../index";

/** The name of the script, which is served below the path of the server. */
const FILE = "socket.io.legacy.min.js";

/** The methods for which it is served; the engine refuses requests with others. */
const METHODS: readonly string[] = ["GET", "HEAD"];

/** Answers the requests for the script before the engine handles them. */
export function servePageScript(io: Server): void {
  io.engine.use((req: IncomingMessage, res: ServerResponse, next: () => void) => {
    const [path] = (req.url ?? "").split("?", 1);
    if (path !== `${io.path()}/${FILE}` || !METHODS.includes(req.method ?? "")) {
      next();
      return;
    }
    const { status, headers } = planClientFile(FILE, req.headers["if-none-match"]);
    if (status === 304) {
      res.writeHead(status).end();
      return;
    }
    for (const [name, value] of Object.entries(headers)) {
      res.setHeader(name, value);
    }
    sendClientFile(FILE, req, res);
  });
}
