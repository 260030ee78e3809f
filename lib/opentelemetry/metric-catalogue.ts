/** The metrics: names, kinds, units and descriptions. */
import type { MetricOptions } from "@opentelemetry/api";

/** How a metric is recorded. An observed one is summed up here, and read when the metrics are collected. */
export type MetricKind = "observed counter" | "histogram" | "observed up-down counter";

/** One metric. */
export interface MetricEntry extends MetricOptions {
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string;
}

/** The duration of connections: from those that fail at once to those that last for days. */
const CONNECTION_SECONDS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 43_200, 86_400,
];

/** The boundaries that the conventions recommend for operations of messaging. */
const OPERATION_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const RECEIVERS = [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 50_000];

const seconds = (description: string, explicitBucketBoundaries = OPERATION_SECONDS) =>
  ({ kind: "histogram", unit: "s", description, advice: { explicitBucketBoundaries } }) as const;
const count = (unit: string, description: string) =>
  ({ kind: "observed counter", unit, description }) as const;
const observed = (unit: string, description: string) =>
  ({ kind: "observed up-down counter", unit, description }) as const;

/** All metrics, by name. node_modules/socket.io/docs/observability.md says of each what it means. */
export const metricCatalogue = {
  "socketio.server.active_connections": observed(
    "{connection}",
    "Number of connections that are currently open on the server.",
  ),
  "socketio.server.connection.duration": seconds(
    "The duration of connections on the server.",
    CONNECTION_SECONDS,
  ),
  "socketio.server.upgrades": count("{upgrade}", "Number of connections that changed their transport."),
  "socketio.server.sockets": observed(
    "{socket}",
    "Number of sockets that are currently connected to a namespace.",
  ),
  "socketio.server.join.duration": seconds(
    "The time from the request of a client for a namespace until it has joined or is refused.",
  ),
  "socketio.server.events": count("{event}", "Number of events that the server has received or sent."),
  "socketio.server.bytes": count("By", "Number of bytes of encoded packets that were received or sent."),
  "socketio.server.event.duration": seconds(
    "The duration of the handlers of an event, until their promises are settled.",
  ),
  "socketio.server.handler_errors": count("{error}", "Number of handlers that threw an error or rejected."),
  "socketio.server.ack.duration": seconds(
    "The time until an event of the server was acknowledged, or failed.",
  ),
  "socketio.server.broadcasts": count(
    "{broadcast}",
    "Number of events that were sent to several sockets at once.",
  ),
  "socketio.server.broadcast.receivers": {
    kind: "histogram",
    unit: "{socket}",
    description: "Number of sockets of this server to which an event was sent at once.",
    advice: { explicitBucketBoundaries: RECEIVERS },
  },
  "socketio.server.buffered_bytes": observed("By", "Number of bytes that clients have not read yet."),
  "socketio.server.slow_consumers": count(
    "{decision}",
    "Number of times that the limit for the bytes buffered for a client was exceeded.",
  ),
  "socketio.server.dropped_events": count("{event}", "Number of events that were dropped instead of sent."),
  "socketio.server.guards": count("{report}", "Number of times that a guard has acted."),
  "socketio.server.recoveries": count("{recovery}", "Number of sessions that clients asked to restore."),
  "socketio.server.recovery.replayed_events": count(
    "{event}",
    "Number of missed events that were sent when a session was restored.",
  ),
  "socketio.server.drain.remaining_connections": observed(
    "{connection}",
    "Number of connections that a server which is closing still waits for.",
  ),
  "socketio.server.adapter.request.duration": seconds(
    "The duration of requests to the other servers of a cluster.",
  ),
} as const satisfies Record<string, MetricEntry>;

/** The names of the metrics. */
export type MetricName = keyof typeof metricCatalogue;

/** The names of the metrics of one kind. */
export type MetricOfKind<Kind extends MetricKind> = {
  [Name in MetricName]: (typeof metricCatalogue)[Name]["kind"] extends Kind ? Name : never;
}[MetricName];
