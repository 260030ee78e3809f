/** SocketIoInstrumentation: subscribes to the channels of the library, and records spans and metrics. */
import { type MeterProvider, metrics, type TracerProvider, trace } from "@opentelemetry/api";
import { type InstrumentationOptions, type Settings, settingsOf } from "./config";
import { Instruments } from "./instruments";
import { MetricRecorder } from "./metric-recorder";
import { Names } from "./names";
import { SpanRecorder } from "./span-recorder";
import { Subscriptions } from "./subscriptions";

const NAME = "socket.io/opentelemetry";

const { version: VERSION } = require("../../package.json") as { version: string };

/**
 * Records spans and metrics of all servers in this process, with the OpenTelemetry SDK of the application. Nothing is
 * patched: it subscribes to the diagnostics channels of the library, so it may be created before or after the library is
 * loaded. Create it before the first client connects.
 *
 * It has the form of the class `Instrumentation` of `@opentelemetry/instrumentation`. Without an SDK, nothing is recorded.
 *
 * @example
 * const { NodeSDK } = require("@opentelemetry/sdk-node");
 * const { SocketIoInstrumentation } = require("socket.io/opentelemetry");
 *
 * new NodeSDK({ instrumentations: [new SocketIoInstrumentation()] }).start();
 *
 * @see node_modules/socket.io/docs/observability.md
 */
export class SocketIoInstrumentation {
  /** The name of the instrumentation scope of all spans and metrics. */
  readonly instrumentationName = NAME;
  /** The version of the package `socket.io`. */
  readonly instrumentationVersion = VERSION;

  private settings: Settings;
  private tracerProvider: TracerProvider | undefined;
  private meterProvider: MeterProvider | undefined;
  private spans: SpanRecorder | undefined;
  private metrics: MetricRecorder | undefined;
  private subscriptions: Subscriptions | undefined;

  /** Subscribes, unless the option `enabled` is `false`. */
  constructor(options: InstrumentationOptions = {}) {
    this.settings = settingsOf(options);
    if (this.settings.enabled) {
      this.enable();
    }
  }

  /** Subscribes to the channels. Has no effect if the instrumentation is enabled. */
  enable(): void {
    this.settings.enabled = true;
    if (this.subscriptions) {
      return;
    }
    const subscriptions = new Subscriptions();
    const names = new Names(this.settings);
    if (this.settings.traces) {
      this.spans = new SpanRecorder(() => this.tracer(), this.settings, names, VERSION);
      this.spans.subscribe(subscriptions);
    }
    if (this.settings.metrics) {
      this.metrics = new MetricRecorder(() => this.instruments(), names);
      this.metrics.subscribe(subscriptions);
    }
    this.subscriptions = subscriptions;
  }

  /** Ends all subscriptions. Spans that are open are ended. Has no effect if the instrumentation is disabled. */
  disable(): void {
    this.settings.enabled = false;
    this.subscriptions?.end();
    this.subscriptions = undefined;
    this.spans = undefined;
    this.metrics?.release();
    this.metrics = undefined;
  }

  /** Records spans with this provider instead of the global one. */
  setTracerProvider(tracerProvider: TracerProvider): void {
    this.tracerProvider = tracerProvider;
    this.spans?.useTracer();
  }

  /** Records metrics with this provider instead of the global one. */
  setMeterProvider(meterProvider: MeterProvider): void {
    this.meterProvider = meterProvider;
    this.metrics?.useInstruments();
  }

  /** Does nothing, since the instrumentation writes no logs. */
  setLoggerProvider(_loggerProvider: unknown): void {}

  /** Replaces the options, and applies them at once. Names that were counted before remain counted. */
  setConfig(options: InstrumentationOptions = {}): void {
    const { enabled } = this.settings;
    this.disable();
    this.settings = settingsOf({ ...options, enabled: options.enabled ?? enabled });
    if (this.settings.enabled) {
      this.enable();
    }
  }

  /** Returns the options, with their defaults. */
  getConfig(): InstrumentationOptions {
    return this.settings;
  }

  private tracer() {
    return (this.tracerProvider ?? trace.getTracerProvider()).getTracer(NAME, VERSION);
  }

  private instruments() {
    return new Instruments((this.meterProvider ?? metrics.getMeterProvider()).getMeter(NAME, VERSION));
  }
}
