/** Serves the files of the page: only those that are listed here, whatever the path of a request is. */
const { readFile } = require("node:fs");
const { resolve } = require("node:path");

const files = new Map([
  ["/", ["index.html", "text/html; charset=utf-8"]],
  ["/style.css", ["style.css", "text/css; charset=utf-8"]],
  ["/controls.css", ["controls.css", "text/css; charset=utf-8"]],
  ["/layout.css", ["layout.css", "text/css; charset=utf-8"]],
  ["/messages.css", ["messages.css", "text/css; charset=utf-8"]],
  ["/narrow.css", ["narrow.css", "text/css; charset=utf-8"]],
  ["/client.js", ["client.js", "text/javascript; charset=utf-8"]],
  ["/composer.js", ["composer.js", "text/javascript; charset=utf-8"]],
  ["/links.js", ["links.js", "text/javascript; charset=utf-8"]],
  ["/messages.js", ["messages.js", "text/javascript; charset=utf-8"]],
  ["/outbox.js", ["outbox.js", "text/javascript; charset=utf-8"]],
  ["/panels.js", ["panels.js", "text/javascript; charset=utf-8"]],
  ["/rooms.js", ["rooms.js", "text/javascript; charset=utf-8"]],
  ["/storage.js", ["storage.js", "text/javascript; charset=utf-8"]],
  ["/typing.js", ["typing.js", "text/javascript; charset=utf-8"]],
  ["/favicon.svg", ["favicon.svg", "image/svg+xml"]],
]);

const securityHeaders = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self' ws: wss:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // the page creates its elements with textContent: markup in a message is never interpreted
    "require-trusted-types-for 'script'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};

/** A request listener that serves files, given as a map from their paths in URLs to `[file, type]`. */
function filesOf(files) {
  return (req, res) => {
    if (req.method !== "GET" && req.method !== "HEAD") {
      return reply(req, res, 405, "Method not allowed", { Allow: "GET, HEAD" });
    }
    const [path] = req.url.split("?", 1);
    if (path === "/health") {
      return reply(req, res, 200, "healthy"); // for load balancers
    }
    const entry = files.get(path);
    if (entry === undefined) {
      return reply(req, res, 404, "Not found");
    }
    const [name, type] = entry;
    readFile(resolve(__dirname, "public", name), (error, content) => {
      if (error) {
        console.error(error.message);
        return reply(req, res, 500, "The file cannot be read");
      }
      reply(req, res, 200, content, { "Content-Type": type });
    });
  };
}

/** A request listener; Socket.IO answers requests below /socket.io/ first. */
const serveStatic = filesOf(files);

function reply(req, res, status, body, headers) {
  res.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    ...securityHeaders,
    ...headers,
    "Content-Length": Buffer.byteLength(body),
  });
  res.end(req.method === "HEAD" ? undefined : body);
}

module.exports = { filesOf, serveStatic };
