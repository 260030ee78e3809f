/** Starts a Prometheus that stores the metrics of this process, and ends with it. */
const { spawn } = require("node:child_process");
const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:net");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/** Resolves with `{ url, stop }` when it is ready, or with `undefined` if it is not installed. */
async function startPrometheus({ target, port = 0, scrapeInterval = "2s" }) {
  const folder = mkdtempSync(join(tmpdir(), "socket.io-prometheus-"));
  const address = `127.0.0.1:${port || (await freePort())}`;
  writeFileSync(join(folder, "prometheus.yml"), configuration(target, scrapeInterval));

  const child = spawn(
    process.env.PROMETHEUS ?? "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${address}`,
      "--log.level=warn",
    ],
    // in a group of its own: Ctrl+C reaches this process, which then ends Prometheus
    { stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    printed = (printed + text).slice(-4000);
  });
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error));
    child.once("close", () => resolve(new Error(`Prometheus has ended: ${printed}`)));
  });
  const clear = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once("exit", clear);
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    process.off("exit", clear);
    clear();
  };

  const url = `http://${address}`;
  const asking = new AbortController();
  const error = await Promise.race([ended, ready(url, asking.signal)]);
  asking.abort();
  if (error === undefined) {
    return { url, stop };
  }
  await stop();
  if (error.code === "ENOENT") {
    return undefined;
  }
  throw error;
}

// JSON is YAML
const configuration = (target, interval) =>
  JSON.stringify({
    global: { scrape_interval: interval, evaluation_interval: interval },
    rule_files: [join(__dirname, "alerts.yml")],
    scrape_configs: [{ job_name: "socket.io", static_configs: [{ targets: [target] }] }],
  });

/** Asks until Prometheus is ready; resolves with nothing. */
async function ready(url, signal) {
  while (!signal.aborted) {
    const response = await fetch(`${url}/-/ready`, { signal }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50).unref());
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

module.exports = { startPrometheus };
