/** The sums that the instrumentation keeps, and the instruments of a meter that read them. */
import type { Attributes, Histogram, Meter, Observable, ObservableResult } from "@opentelemetry/api";
import { type MetricName, type MetricOfKind, metricCatalogue } from "./metric-catalogue";

/** The names of the metrics that are sums. */
export type SumName = MetricOfKind<"observed counter" | "observed up-down counter">;

/** A sum for one combination of attributes. */
interface Cell {
  readonly attributes: Attributes;
  value: number;
}

/**
 * The sums of one metric. Adding to one costs less than a counter of the SDK, which looks up the attributes each time, and
 * the sums survive a change of the provider.
 */
export class Sums {
  private readonly cells = new Map<string, Cell>();

  constructor(private readonly keys: readonly string[]) {}

  /** Adds to the sum for these values of the attributes. */
  add(amount: number, ...values: string[]): void {
    this.cell(...values).value += amount;
  }

  /** Returns the sum for these values of the attributes, which begins with 0. */
  cell(...values: string[]): Cell {
    const id = values.length === 1 ? (values[0] as string) : values.join("\0");
    let cell = this.cells.get(id);
    if (!cell) {
      cell = {
        attributes: Object.fromEntries(this.keys.map((key, index) => [key, values[index]])),
        value: 0,
      };
      this.cells.set(id, cell);
    }
    return cell;
  }

  observe(result: ObservableResult): void {
    for (const { value, attributes } of this.cells.values()) {
      result.observe(value, attributes);
    }
  }
}

/** The instruments of one meter. */
export class Instruments {
  private readonly histograms = new Map<MetricName, Histogram>();
  private readonly undo: (() => void)[] = [];

  constructor(private readonly meter: Meter) {}

  /** Records a value of a histogram, which is made for its first value. */
  record(name: MetricOfKind<"histogram">, value: number, attributes: Attributes): void {
    let histogram = this.histograms.get(name);
    if (!histogram) {
      const { unit, description, advice } = metricCatalogue[name];
      const explicitBucketBoundaries = [...advice.explicitBucketBoundaries];
      histogram = this.meter.createHistogram(name, {
        unit,
        description,
        advice: { explicitBucketBoundaries },
      });
      this.histograms.set(name, histogram);
    }
    histogram.record(value, attributes);
  }

  /** Calls a function whenever the metrics are collected, until `release()`. */
  observe(name: SumName, observe: (result: ObservableResult) => void): void {
    const { kind, unit, description } = metricCatalogue[name];
    const instrument: Observable =
      kind === "observed counter"
        ? this.meter.createObservableCounter(name, { unit, description })
        : this.meter.createObservableUpDownCounter(name, { unit, description });
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
