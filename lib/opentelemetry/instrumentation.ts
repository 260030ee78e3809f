/** SocketIoInstrumentation: subscribes to the channels of the library, and records spans and metrics. */
import { type MeterProvider, metrics, type TracerProvider, trace } from "@opentelemetry/api";
import { type InstrumentationOptions, type Settings, settingsOf } from "./config";
import { Instruments } from "./instruments";
import { MetricRecorder } from "./metric-recorder";
import { Names } from "./names";
import { SpanRecorder } from "./span-recorder";
import { Subscriptions } from "./subscriptions";

/** A recorder, and its subscriptions. */
interface Recording<Recorder> {
  readonly recorder: Recorder;
  readonly subscriptions: Subscriptions;
}

const NAME = "socket.io/opentelemetry";

const { version: VERSION } = require("../../package.json") as { version: string };

/**
 * Records spans and metrics of all servers in this process, with the OpenTelemetry SDK of the application. Nothing is
 * patched: it subscribes to the diagnostics channels of the library, so it may be created before or after the library is
 * loaded. Create it before the first client connects.
 *
 * It has the form of the class `Instrumentation` of `@opentelemetry/instrumentation`. Without an SDK, nothing is recorded.
 *
 * @since 4.9.0
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
  private readonly names = new Names();
  private spans: Recording<SpanRecorder> | undefined;
  private metrics: Recording<MetricRecorder> | undefined;

  /**
   * Subscribes, unless the option `enabled` is `false`.
   *
   * @throws an `INVALID_OPTION` error for an invalid value
   */
  constructor(options: InstrumentationOptions = {}) {
    this.settings = settingsOf(options);
    this.apply();
  }

  /** Subscribes to the channels. Has no effect if the instrumentation is enabled. */
  enable(): void {
    this.settings.enabled = true;
    this.apply();
  }

  /**
   * Ends all subscriptions. Spans that are open then are not exported, and open connections are not counted when the
   * instrumentation is enabled again. Has no effect if the instrumentation is disabled.
   */
  disable(): void {
    this.settings.enabled = false;
    this.apply();
  }

  /** Records spans with this provider instead of the global one. */
  setTracerProvider(tracerProvider: TracerProvider): void {
    this.tracerProvider = tracerProvider;
    this.spans?.recorder.useTracer();
  }

  /** Records metrics with this provider instead of the global one. */
  setMeterProvider(meterProvider: MeterProvider): void {
    this.meterProvider = meterProvider;
    this.metrics?.recorder.useInstruments();
  }

  /** Does nothing, since the instrumentation writes no logs. */
  setLoggerProvider(_loggerProvider: unknown): void {}

  /**
   * Replaces the options, except `enabled` if it is not given, and applies them at once. The metrics continue.
   *
   * @throws an `INVALID_OPTION` error for an invalid value; the options then stay as they are
   */
  setConfig(options: InstrumentationOptions = {}): void {
    this.settings = settingsOf(options, this.settings.enabled);
    this.stopSpans();
    this.apply();
  }

  /** Returns the options, with their defaults. */
  getConfig(): InstrumentationOptions {
    return this.settings;
  }

  /** Starts and ends what the options ask for. */
  private apply(): void {
    const { settings, names } = this;
    names.limit(settings);
    if (!settings.enabled || !settings.traces) {
      this.stopSpans();
    } else if (!this.spans) {
      this.spans = started(new SpanRecorder(() => this.tracer(), settings, names, VERSION));
    }
    if (!settings.enabled || !settings.metrics) {
      this.stopMetrics();
    } else if (!this.metrics) {
      this.metrics = started(new MetricRecorder(() => this.instruments(), names));
    }
  }

  private stopSpans(): void {
    this.spans?.subscriptions.end();
    this.spans = undefined;
  }

  private stopMetrics(): void {
    this.metrics?.subscriptions.end();
    this.metrics?.recorder.release();
    this.metrics = undefined;
  }

  private tracer() {
    return (this.tracerProvider ?? trace.getTracerProvider()).getTracer(NAME, VERSION);
  }

  private instruments() {
    return new Instruments((this.meterProvider ?? metrics.getMeterProvider()).getMeter(NAME, VERSION));
  }
}

function started<Recorder extends { subscribe(subscriptions: Subscriptions): void }>(
  recorder: Recorder,
): Recording<Recorder> {
  const subscriptions = new Subscriptions();
  recorder.subscribe(subscriptions);
  return { recorder, subscriptions };
}
