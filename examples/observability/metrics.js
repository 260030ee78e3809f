/** The metrics of this process: recorded by the instrumentation, read by Prometheus and by the page. */
const { createServer } = require("node:http");
const { PrometheusExporter } = require("@opentelemetry/exporter-prometheus");
const { AggregationType, MeterProvider, MetricReader } = require("@opentelemetry/sdk-metrics");
const { SocketIoInstrumentation } = require("socket.io/opentelemetry");

/** From 100 microseconds: the handlers of a chat are fast. The usual boundaries begin with 5 milliseconds. */
const seconds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5,
  7.5, 10,
];
const finer = (instrumentName) => ({
  instrumentName,
  aggregation: {
    type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
    options: { boundaries: seconds, recordMinMax: false },
  },
});

class Metrics {
  #exporter = new PrometheusExporter({ preventServerStart: true });
  #reader = new PullReader();
  #instrumentation = new SocketIoInstrumentation({ traces: false });
  #server;

  constructor() {
    const meterProvider = new MeterProvider({
      readers: [this.#exporter, this.#reader],
      views: ["socketio.server.event.duration", "socketio.server.ack.duration"].map(finer),
    });
    this.#instrumentation.setMeterProvider(meterProvider);
  }

  /** Serves the metrics in the format of Prometheus on loopback, and returns the host and the port. */
  serve(port) {
    this.#server = createServer((req, res) => {
      if (req.method !== "GET" || req.url !== "/metrics") {
        res.writeHead(404).end();
        return;
      }
      this.#exporter.getMetricsRequestHandler(req, res);
    });
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => resolve(`127.0.0.1:${this.#server.address().port}`));
    });
  }

  /** The present values: a map from the name of a metric to its data points `{ attributes, value }`. */
  async read() {
    const { resourceMetrics } = await this.#reader.collect();
    return new Map(
      resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
        metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
      ),
    );
  }

  close() {
    this.#instrumentation.disable();
    this.#server?.closeAllConnections();
    return new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve()));
  }
}

/** A reader that reads when it is asked. */
class PullReader extends MetricReader {
  async onShutdown() {}
  async onForceFlush() {}
}

module.exports = { Metrics };
