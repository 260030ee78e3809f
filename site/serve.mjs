/** Serves site/dist, compressed as a web server does: `node site/serve.mjs`. PORT is its port, SITE_BASE its path. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("dist/", import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/** Resolves to the server, which listens on the loopback interface. Port 0 takes a free port. */
export function serveSite(port = 0, base = process.env.SITE_BASE || "/") {
  const server = createServer((req, res) => {
    const file = fileOf(new URL(req.url, "http://localhost").pathname, base);
    const isFound = file !== undefined && existsSync(file);
    const path = isFound ? file : join(dist, "404.html");
    const text = readFileSync(path);
    const isPacked = extname(path) !== ".png" && /\bgzip\b/.test(req.headers["accept-encoding"] ?? "");
    res.writeHead(isFound ? 200 : 404, {
      "Content-Type": types[extname(path)] ?? "application/octet-stream",
      ...(isPacked && { "Content-Encoding": "gzip" }),
    });
    res.end(isPacked ? gzipSync(text) : text);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** The file at a path, or undefined outside of the site. */
function fileOf(pathname, base) {
  if (!pathname.startsWith(base)) {
    return undefined;
  }
  const path = normalize(join(dist, decodeURIComponent(pathname.slice(base.length))));
  if (!path.startsWith(dist)) {
    return undefined;
  }
  return path.endsWith("/") ? join(path, "index.html") : extname(path) === "" ? `${path}.html` : path;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const server = await serveSite(Number(process.env.PORT ?? 4173));
  console.log(`listening on http://localhost:${server.address().port}${process.env.SITE_BASE || "/"}`);
}
