/** Turns the metrics, whose counters only rise, into what the page shows: rates, quantiles and the slowest handlers. */

/** The number of samples that a page receives when it is opened: five minutes. */
const kept = 300;
/** Quantiles need more events than one second has. */
const quantileSeconds = 15;
const tableSeconds = 60;
const tableRows = 8;

class Samples {
  #metrics;
  #now;
  #readings = [];
  /** The latest samples, the oldest first, without tables. */
  history = [];

  constructor(metrics, now = Date.now) {
    this.#metrics = metrics;
    this.#now = now;
  }

  /** Reads the metrics, and compares them with earlier values. */
  async take() {
    const now = { at: this.#now(), values: await this.#metrics.read() };
    const before = this.#readings.at(-1);
    const ago = (seconds) => this.#readings.findLast(({ at }) => at <= now.at - seconds * 1000);
    const recent = ago(quantileSeconds) ?? this.#readings[0];
    const sample = {
      at: now.at,
      connections: byAttribute(now, "socketio.server.active_connections", "socketio.transport"),
      sockets: sum(now, "socketio.server.sockets"),
      events: directions(before, now, "socketio.server.events"),
      bytes: directions(before, now, "socketio.server.bytes"),
      handlers: quantiles(recent, now, "socketio.server.event.duration"),
      acks: quantiles(recent, now, "socketio.server.ack.duration"),
      waiting: sum(now, "socketio.server.buffered_bytes"),
    };
    const tables = {
      guards: byAttribute(now, "socketio.server.guards", "socketio.guard.code"),
      errors: sum(now, "socketio.server.handler_errors"),
      slowest: slowest(ago(tableSeconds) ?? this.#readings[0], now),
    };
    this.#readings = [...this.#readings.filter(({ at }) => at > now.at - 2 * tableSeconds * 1000), now];
    this.history = [...this.history, sample].slice(-kept);
    return { ...sample, ...tables };
  }
}

const points = (reading, name) => reading?.values.get(name) ?? [];

function sum(reading, name, accept = () => true) {
  return points(reading, name)
    .filter(({ attributes }) => accept(attributes))
    .reduce((total, { value }) => total + value, 0);
}

function byAttribute(reading, name, attribute) {
  const totals = {};
  for (const { attributes, value } of points(reading, name)) {
    totals[attributes[attribute]] = (totals[attributes[attribute]] ?? 0) + value;
  }
  return totals;
}

/** How much of a counter came in, and went out, per second. */
function directions(before, now, name) {
  const rate = (direction) => {
    if (before === undefined || now.at <= before.at) {
      return 0;
    }
    const accept = (attributes) => attributes["network.io.direction"] === direction;
    return ((sum(now, name, accept) - sum(before, name, accept)) * 1000) / (now.at - before.at);
  };
  return { in: rate("receive"), out: rate("transmit") };
}

function quantiles(before, now, name) {
  const histogram = difference(merged(points(before, name)), merged(points(now, name)));
  return { p50: quantile(histogram, 0.5), p99: quantile(histogram, 0.99) };
}

/** The handlers that were called since `before`, the slowest first. */
function slowest(before, now) {
  const name = "socketio.server.event.duration";
  const earlier = grouped(points(before, name));
  return [...grouped(points(now, name))]
    .map(([key, list]) => ({ key, histogram: difference(merged(earlier.get(key) ?? []), merged(list)) }))
    .filter(({ histogram }) => histogram.count > 0)
    .map(({ key, histogram }) => {
      const [namespace, event] = JSON.parse(key);
      const [p50, p99] = [quantile(histogram, 0.5), quantile(histogram, 0.99)];
      return { namespace, event, calls: histogram.count, p50, p99 };
    })
    .sort((one, other) => other.p99 - one.p99)
    .slice(0, tableRows);
}

/** By namespace and event: calls that failed have further attributes. */
function grouped(list) {
  const groups = new Map();
  for (const point of list) {
    const { "socketio.namespace": namespace, "socketio.event": event } = point.attributes;
    const key = JSON.stringify([namespace, event]);
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  return groups;
}

function merged(list) {
  const counts = [];
  for (const { value } of list) {
    value.buckets.counts.forEach((count, index) => {
      counts[index] = (counts[index] ?? 0) + count;
    });
  }
  return { counts, boundaries: list[0]?.value.buckets.boundaries ?? [] };
}

function difference(before, now) {
  const counts = now.counts.map((count, index) => count - (before.counts[index] ?? 0));
  return { counts, boundaries: now.boundaries, count: counts.reduce((total, count) => total + count, 0) };
}

/** As `histogram_quantile()` of Prometheus estimates it; null without an event. */
function quantile({ counts, boundaries, count }, share) {
  if (count === 0) {
    return null;
  }
  let left = share * count;
  const index = counts.findIndex((inBucket) => {
    left -= inBucket;
    return left <= 0;
  });
  if (index >= boundaries.length) {
    return boundaries.at(-1);
  }
  const from = boundaries[index - 1] ?? 0;
  return from + (boundaries[index] - from) * (1 + left / counts[index]);
}

module.exports = { Samples };
