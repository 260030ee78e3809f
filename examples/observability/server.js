/**
 * Starts the chat with metrics, a page that shows them live, and a Prometheus that stores them: `npm run start:observed`.
 */
const { randomBytes } = require("node:crypto");
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { chat } = require("../chat/chat");
const {
  connectionStateRecovery,
  fail,
  listen,
  onStop,
  portFrom,
  serverOptions,
} = require("../chat/settings");
const { serveStatic } = require("../chat/static");
const { watch } = require("./live");
const { Metrics } = require("./metrics");
const { serveFiles } = require("./page");
const { startPrometheus } = require("./prometheus");
const { Samples } = require("./samples");

const metrics = new Metrics();
const port = portFrom(process.env.PORT);
const token = tokenFrom(process.env.OBSERVABILITY_TOKEN);

start().catch((error) => {
  if (error.code === "EADDRINUSE") {
    fail(`Port ${error.port} is in use by another program. Choose a different one: METRICS_PORT=0`);
  }
  console.error(error);
  process.exit(1);
});

async function start() {
  const httpServer = createServer((req, res) => serveFiles(req, res) || serveStatic(req, res));
  const io = new Server(httpServer, {
    ...serverOptions,
    connectionStateRecovery,
    slowConsumer: { maxBufferedBytes: 16 * 1024 * 1024 },
  });
  chat(io);
  const live = watch(io.of("/observability"), { token, samples: new Samples(metrics) });

  const target = await metrics.serve(portFrom(process.env.METRICS_PORT ?? "9464"));
  const prometheus = await startPrometheus({ target, port: portFrom(process.env.PROMETHEUS_PORT ?? "0") });
  listen(httpServer, port);
  httpServer.once("listening", () => {
    const page = `http://localhost:${httpServer.address().port}/observability/`;
    // a browser does not send what follows "#", so the token is in no log of a proxy
    console.log(`Metrics are at http://${target}/metrics, and live at`);
    console.log(`  ${process.env.OBSERVABILITY_TOKEN ? page : `${page}#token=${token}`}`);
    console.log(
      prometheus
        ? `Prometheus is running at ${prometheus.url}`
        : "Prometheus is not installed, so nothing stores the metrics: apt install prometheus",
    );
  });
  // the HTTP server is closed too
  onStop(async () => {
    live.stop();
    await Promise.all([io.close(), metrics.close(), prometheus?.stop()]);
  });
}

/** A short token could be guessed: there is no limit to the number of attempts. */
function tokenFrom(value) {
  if (value === undefined || value === "") {
    return randomBytes(24).toString("base64url");
  }
  if (value.length < 16) {
    fail("OBSERVABILITY_TOKEN must have at least 16 characters, for example: openssl rand -base64 24");
  }
  return value;
}
