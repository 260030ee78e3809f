/** Published tools that record spans and metrics of a server: they record the same as with the reference server. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { context, metrics, propagation, trace } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { NodeSDK, tracing } from "@opentelemetry/sdk-node";
import expect from "expect.js";
import { SocketIoInstrumentation } from "socket.io/opentelemetry";
import { onTestEnd } from "../support/cleanup";
import { root, runNode } from "../support/repository";
import { nextEvent } from "../support/waiting";
import { client, listen } from "./support/hello";
import { serve } from "./support/served";
import { tested } from "./support/tested";

const program = join(__dirname, "fixtures/observed-conversation.cjs");

/**
 * A folder in which `require("socket.io")` loads a copy of a server. Tools that patch a module when it is loaded know it by the
 * name of its folder, so a link is not enough. The copies are inside of node_modules, where their dependencies are found.
 */
function folderWith(server: "ours" | "reference"): string {
  const folder = mkdtempSync(join(root, "node_modules", `.observed-${server}-`));
  const place = join(folder, "node_modules/socket.io");
  mkdirSync(place, { recursive: true });
  if (server === "reference") {
    cpSync(join(root, "node_modules/socket.io-reference"), place, { recursive: true });
  } else {
    cpSync(join(root, "dist"), join(place, "dist"), { recursive: true });
    cpSync(join(root, "package.json"), join(place, "package.json"));
  }
  return folder;
}

async function recorded(server: "ours" | "reference", tool: string): Promise<unknown[]> {
  const folder = folderWith(server);
  try {
    const { code, stdout, stderr } = await runNode([program, folder, tool]);
    if (code !== 0) {
      throw new Error(stderr);
    }
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [name, tool, what, remark] of [
  ["OpenTelemetry instrumentation", "@opentelemetry/instrumentation-socket.io", "spans"],
  ["Admin UI: its events", "@socket.io/admin-ui", "events"],
  ["socket.io-prometheus", "socket.io-prometheus", "metrics"],
  [
    "socket.io-prometheus-metrics",
    "socket.io-prometheus-metrics",
    "metrics",
    "Like the reference server since version 3, this server needs `io.nsps = Object.fromEntries(io._nsps)` for it.",
  ],
] as const) {
  tested(
    {
      area: "Tools",
      name,
      packages: [tool],
      remark,
      method: `The tests compare its ${what} with those of the reference server, line by line.`,
    },
    () => {
      it(`records the same ${what} as with the reference server`, async () => {
        const [ours, reference] = await Promise.all([recorded("ours", tool), recorded("reference", tool)]);
        expect(reference.length).to.be.greaterThan(10);
        expect(ours).to.eql(reference);
      });
    },
  );
}

tested(
  {
    area: "Tools",
    name: "OpenTelemetry SDK",
    packages: ["@opentelemetry/sdk-node", "@opentelemetry/exporter-prometheus"],
    remark: "The list of instrumentations has `SocketIoInstrumentation` of this package.",
  },
  () => {
    it("records spans and metrics, and Prometheus can scrape them", async () => {
      const spanExporter = new tracing.InMemorySpanExporter();
      const prometheus = new PrometheusExporter({ preventServerStart: true });
      const instrumentation = new SocketIoInstrumentation();
      const sdk = new NodeSDK({
        serviceName: "test",
        autoDetectResources: false,
        spanProcessors: [new tracing.SimpleSpanProcessor(spanExporter)],
        metricReaders: [prometheus],
        instrumentations: [instrumentation],
      });
      sdk.start();
      const page = createServer((req, res) => prometheus.getMetricsRequestHandler(req, res));
      onTestEnd(async () => {
        instrumentation.disable();
        page.close();
        await sdk.shutdown();
        for (const api of [context, metrics, propagation, trace]) {
          api.disable();
        }
      });
      const { io, url } = await serve();
      io.on("connection", (socket) => {
        socket.on("order", async (number, callback) => {
          await new Promise(setImmediate);
          socket.emit("ordered", number);
          callback();
        });
      });
      const near = client(url, { transports: ["websocket"] });
      await nextEvent(near, "connect");
      await near.emitWithAck("order", 7);

      const spans = spanExporter.getFinishedSpans();
      const handled = spans.find(({ name }) => name === "process /");
      const sent = spans.find(({ name }) => name === "send /");
      expect(sent?.parentSpanContext?.spanId).to.be(handled?.spanContext().spanId);
      const text = await (await fetch(`http://127.0.0.1:${await listen(page)}/metrics`)).text();
      expect(text).to.match(/^socketio_server_active_connections\{.*socketio_transport="websocket".*\} 1/m);
      expect(text).to.match(/^socketio_server_events_total\{.*socketio_event="order".*\} 1/m);
      expect(text).to.match(/^socketio_server_event_duration_count\{.*socketio_event="order".*\} 1/m);
      expect(text).to.match(/^socketio_server_bytes_total\{.*\} \d+/m);
    });
  },
);
