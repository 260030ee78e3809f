/** The files of the page, which contain no data: the data come over the namespace, with the token. */
const { join, dirname } = require("node:path");
const { filesOf } = require("../chat/static");

const uPlot = join(dirname(require.resolve("uplot/package.json")), "dist");
const own = join(__dirname, "public");

const script = "text/javascript; charset=utf-8";
const style = "text/css; charset=utf-8";

const serve = filesOf(
  new Map([
    ["/observability/", [join(own, "index.html"), "text/html; charset=utf-8"]],
    ["/observability/style.css", [join(own, "style.css"), style]],
    ["/observability/page.js", [join(own, "page.js"), script]],
    ["/observability/charts.js", [join(own, "charts.js"), script]],
    ["/observability/figures.js", [join(own, "figures.js"), script]],
    ["/observability/uPlot.js", [join(uPlot, "uPlot.esm.js"), script]],
    ["/observability/uPlot.css", [join(uPlot, "uPlot.min.css"), style]],
  ]),
);

/** Answers requests below /observability, and returns whether it does. */
function serveFiles(req, res) {
  const [path] = req.url.split("?", 1);
  if (path === "/observability") {
    res.writeHead(308, { Location: "/observability/" }).end();
    return true;
  }
  if (!path.startsWith("/observability/")) {
    return false;
  }
  serve(req, res);
  return true;
}

module.exports = { serveFiles };
