/**
 * A Socket.IO server with an instrumentation of OpenTelemetry, and an SDK that records all spans and metrics and exports them
 * to nowhere: this library with its own instrumentation, or the reference server with the published one.
 */
import { cpSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { ExportResultCode } from "@opentelemetry/core";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { start as startSocketIo } from "./socketio.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);

/** An exporter for spans and for metrics. */
const nowhere = {
  export: (_records, done) => done({ code: ExportResultCode.SUCCESS }),
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** @param {import("./main.mjs").Config} config */
export async function start(config, packageName) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(nowhere)] });
  const reader = new PeriodicExportingMetricReader({ exporter: nowhere, exportIntervalMillis: 10_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const { SocketIoInstrumentation } = require(packageName);
  const instrumentation = new SocketIoInstrumentation();
  instrumentation.setTracerProvider(tracerProvider);
  instrumentation.setMeterProvider(meterProvider);
  return startSocketIo(config, packageName.startsWith("@") ? referenceNamedSocketIo() : "../..");
}

/** The published instrumentation patches the package whose folder is named socket.io. The copy remains, for the next run. */
function referenceNamedSocketIo() {
  const place = join(root, "node_modules/.observed-reference/node_modules/socket.io");
  mkdirSync(place, { recursive: true });
  cpSync(join(root, "node_modules/socket.io-reference"), place, { recursive: true });
  return place;
}
