/** The instruments of a meter, each made for its first value. */
import type { Attributes, Counter, Histogram, Meter, ObservableResult } from "@opentelemetry/api";
import { type MetricName, type MetricOfKind, metricCatalogue } from "./metric-catalogue";

/** Called when the metrics are collected. */
export type Observe = (result: ObservableResult) => void;

/** The instruments of one meter. */
export class Instruments {
  private readonly counters = new Map<MetricName, Counter>();
  private readonly histograms = new Map<MetricName, Histogram>();
  private readonly undo: (() => void)[] = [];

  constructor(private readonly meter: Meter) {}

  /** Adds to a counter. */
  add(name: MetricOfKind<"counter">, value: number, attributes: Attributes): void {
    let counter = this.counters.get(name);
    if (!counter) {
      counter = this.meter.createCounter(name, metricCatalogue[name]);
      this.counters.set(name, counter);
    }
    counter.add(value, attributes);
  }

  /** Records a value of a histogram. */
  record(name: MetricOfKind<"histogram">, value: number, attributes: Attributes): void {
    let histogram = this.histograms.get(name);
    if (!histogram) {
      const { advice, ...options } = metricCatalogue[name];
      const boundaries = [...advice.explicitBucketBoundaries];
      histogram = this.meter.createHistogram(name, { ...options, advice: { explicitBucketBoundaries: boundaries } });
      this.histograms.set(name, histogram);
    }
    histogram.record(value, attributes);
  }

  /** Calls a function whenever the metrics are collected, until `release()`. */
  observe(name: MetricOfKind<"observed up-down counter">, observe: Observe): void {
    const instrument = this.meter.createObservableUpDownCounter(name, metricCatalogue[name]);
    instrument.addCallback(observe);
    this.undo.push(() => instrument.removeCallback(observe));
  }

  /** Removes the functions that `observe()` has added. */
  release(): void {
    for (const remove of this.undo.splice(0)) {
      remove();
    }
  }
}
