/** Records spans and metrics with the SDK of OpenTelemetry, in memory. */
import { join } from "node:path";
import { type Attributes, context, propagation } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { InstrumentationOptions } from "../../lib/opentelemetry";
import { onTestEnd } from "./cleanup";
import { subjectFolder } from "./subject";
import { eventually } from "./waiting";

type Library = typeof import("../../lib/opentelemetry");
export type Instrumentation = InstanceType<Library["SocketIoInstrumentation"]>;
export type { ReadableSpan };

/** The entry point socket.io/opentelemetry of the package under test. */
export const loadInstrumentation = (): Library => require(join(subjectFolder, "opentelemetry"));

/** What one instrumentation has recorded. */
export interface Telemetry {
  instrumentation: Instrumentation;
  tracerProvider: BasicTracerProvider;
  meterProvider: MeterProvider;
  /** The spans that have ended, in their order. */
  spans(): ReadableSpan[];
  /** Resolves with the first ended span of this name. */
  span(name: string): Promise<ReadableSpan>;
  /** The data points of a metric, collected now. */
  points(metric: string): Promise<DataPoint<number | Histogram>[]>;
  /** The number of values of a histogram, and their sum, for its first attributes. */
  measured(metric: string): Promise<{ attributes: Attributes; count: number; sum: number } | undefined>;
  /** The value of the sum with these attributes, or `undefined`. */
  sum(metric: string, attributes?: Record<string, string>): Promise<number | undefined>;
  /** The names and units of all metrics that have values. */
  metrics(): Promise<Record<string, string>>;
}

/** Enables an instrumentation until the test ends. */
export function startTelemetry(options?: InstrumentationOptions): Telemetry {
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 2 ** 31 - 1,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const instrumentation = new (loadInstrumentation().SocketIoInstrumentation)(options);
  instrumentation.setTracerProvider(tracerProvider);
  instrumentation.setMeterProvider(meterProvider);
  onTestEnd(async () => {
    instrumentation.disable();
    await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]);
  });
  const collect = async () => {
    metricExporter.reset();
    await meterProvider.forceFlush();
    return metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics);
  };
  const points: Telemetry["points"] = async (name) => {
    const metric = (await collect()).find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? []) as DataPoint<number | Histogram>[];
  };
  return {
    instrumentation,
    tracerProvider,
    meterProvider,
    spans: () => spanExporter.getFinishedSpans(),
    async span(name) {
      const found = () => spanExporter.getFinishedSpans().find((span) => span.name === name);
      await eventually(found);
      return found() as ReadableSpan;
    },
    points,
    async measured(name) {
      const [point] = await points(name);
      const { count, sum = 0 } = (point?.value ?? {}) as Histogram;
      return point && { attributes: point.attributes, count, sum };
    },
    async sum(name, attributes = {}) {
      const entries = Object.entries(attributes);
      return (await points(name)).find((point) =>
        entries.every(([key, value]) => point.attributes[key] === value),
      )?.value as number | undefined;
    },
    async metrics() {
      const metrics = await collect();
      return Object.fromEntries(metrics.map(({ descriptor }) => [descriptor.name, descriptor.unit]));
    },
  };
}

/** Follows asynchronous calls, and sends trace contexts as W3C headers, until the test ends. The SDK does this at its start. */
export function useGlobalContext(): void {
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  onTestEnd(() => {
    context.disable();
    propagation.disable();
  });
}
