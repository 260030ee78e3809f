/** Sums up and measures what the channels report. */
import { performance } from "node:perf_hooks";
import type { Attributes, ObservableResult } from "@opentelemetry/api";
import type { EngineConnection } from "../connection/port";
import type {
  AckMessage,
  BroadcastMessage,
  ConnectionCloseMessage,
  ConnectionMessage,
  DisconnectMessage,
  DrainMessage,
  EventMessage,
  RecoveryMessage,
  TracedOperation,
  TracingChannels,
} from "../diagnostics/messages";
import { type Instruments, type SumName, Sums } from "./instruments";
import { metricKeys as keys, type Names } from "./names";
import type { Subscriptions } from "./subscriptions";

/** A connection that was counted when it was opened. */
interface CountedConnection {
  transport: string;
  readonly connection: EngineConnection;
}

/** The metrics of one instrumentation. */
export class MetricRecorder {
  private readonly sums = {
    "socketio.server.active_connections": new Sums([keys.transport]),
    "socketio.server.upgrades": new Sums([keys.transport, keys.upgradedTo]),
    "socketio.server.sockets": new Sums([keys.namespace]),
    "socketio.server.events": new Sums([keys.direction, keys.namespace, keys.event]),
    "socketio.server.bytes": new Sums([keys.direction]),
    "socketio.server.handler_errors": new Sums([keys.namespace, keys.phase, keys.errorType]),
    "socketio.server.broadcasts": new Sums([keys.namespace, keys.event]),
    "socketio.server.slow_consumers": new Sums([keys.action]),
    "socketio.server.dropped_events": new Sums([]),
    "socketio.server.guards": new Sums([keys.code]),
    "socketio.server.recoveries": new Sums([keys.namespace, keys.result]),
    "socketio.server.recovery.replayed_events": new Sums([keys.namespace]),
  };
  private readonly connections = new Map<object, CountedConnection>();
  private readonly sockets = new WeakMap<object, string>();
  private readonly drains = new Set<DrainMessage>();
  private hasDrained = false;
  /** The bytes that were buffered when the metrics were last collected, by transport. */
  private readonly buffered = new Map<string, number>();
  private readonly startedAt = new WeakMap<object, number>();
  private instruments: Instruments;

  constructor(
    private readonly currentInstruments: () => Instruments,
    private readonly names: Names,
  ) {
    this.instruments = currentInstruments();
    this.observe();
  }

  /** Takes the instruments of another provider. */
  useInstruments(): void {
    this.release();
    this.instruments = this.currentInstruments();
    this.observe();
  }

  /** Ends the observation by the SDK. */
  release(): void {
    this.instruments.release();
  }

  /** Subscribes to the channels. */
  subscribe(subscriptions: Subscriptions): void {
    this.subscribeToConnections(subscriptions);
    this.subscribeToEvents(subscriptions);
    this.subscribeToLimits(subscriptions);
  }

  private subscribeToConnections(subscriptions: Subscriptions): void {
    const { sums } = this;
    const active = sums["socketio.server.active_connections"];
    subscriptions.plain("socket.io:connection-open", ({ conn, transport }) => {
      this.connections.set(conn, { transport, connection: conn as unknown as EngineConnection });
      active.add(1, transport);
    });
    subscriptions.plain("socket.io:upgrade", ({ conn, from, to }) => {
      sums["socketio.server.upgrades"].add(1, from, to);
      const counted = this.connections.get(conn);
      if (counted) {
        active.add(-1, counted.transport);
        active.add(1, to);
        counted.transport = to;
      }
    });
    subscriptions.plain("socket.io:connection-close", (message) => this.countClose(message));
    this.measure(subscriptions, "socket.io:connection", (message, seconds) =>
      this.countJoin(message, seconds),
    );
    subscriptions.plain("socket.io:disconnect", (message) => this.countLeave(message));
    this.measure(subscriptions, "socket.io:recovery", (message) => this.countRecovery(message));
    subscriptions.tracing("socket.io:drain", {
      start: (message) => {
        this.hasDrained = true;
        this.drains.add(message);
      },
      asyncEnd: (message) => this.drains.delete(message),
    });
  }

  private subscribeToEvents(subscriptions: Subscriptions): void {
    const { sums, names } = this;
    const events = sums["socketio.server.events"];
    const sent = (nsp: string, event: string) =>
      events.add(1, "transmit", names.namespace(nsp), names.outgoing(event));
    subscriptions.tracing("socket.io:emit", { start: ({ nsp, event }) => sent(nsp.name, event) });
    this.measure(
      subscriptions,
      "socket.io:broadcast",
      (message) => this.countBroadcast(message),
      ({ nsp, event }) => sent(nsp.name, event),
    );
    this.measure(
      subscriptions,
      "socket.io:event",
      (message, seconds) => this.recordHandled(message, seconds),
      ({ nsp, event, socket }) =>
        events.add(1, "receive", names.namespace(nsp.name), names.incoming(event, socket)),
    );
    this.measure(subscriptions, "socket.io:ack", (message, seconds) => this.recordAnswered(message, seconds));
    this.measure(subscriptions, "socket.io:adapter", ({ request, error }, seconds) =>
      this.instruments.record(
        "socketio.server.adapter.request.duration",
        seconds,
        this.withError({ [keys.request]: request }, error),
      ),
    );
    // published for each packet and receiver
    const bytes = sums["socketio.server.bytes"];
    const [received, transmitted] = [bytes.cell("receive"), bytes.cell("transmit")];
    subscriptions.plain("socket.io:packet", (message) => {
      (message.direction === "in" ? received : transmitted).value += message.bytes * message.receivers;
    });
  }

  private subscribeToLimits(subscriptions: Subscriptions): void {
    const { sums, names } = this;
    subscriptions.plain("socket.io:handler-error", ({ nsp, phase, error }) =>
      sums["socketio.server.handler_errors"].add(1, names.namespace(nsp.name), phase, names.error(error)),
    );
    subscriptions.plain("socket.io:slow-consumer", ({ action, dropped }) => {
      sums["socketio.server.slow_consumers"].add(1, action);
      dropped > 0 && sums["socketio.server.dropped_events"].add(dropped);
    });
    subscriptions.plain("socket.io:guard", ({ code }) => sums["socketio.server.guards"].add(1, code));
  }

  /** Calls `finished` with the time from the start of an operation until its end, or until its answer. */
  private measure<Name extends keyof TracingChannels>(
    subscriptions: Subscriptions,
    name: Name,
    finished: (message: TracingChannels[Name], seconds: number) => void,
    started?: (message: TracingChannels[Name]) => void,
  ): void {
    const finish = (message: TracingChannels[Name]) => {
      const startedAt = this.startedAt.get(message);
      if (startedAt !== undefined) {
        this.startedAt.delete(message);
        finished(message, (performance.now() - startedAt) / 1000);
      }
    };
    subscriptions.tracing(name, {
      start: (message) => {
        this.startedAt.set(message, performance.now());
        started?.(message);
      },
      end: (message: TracedOperation & TracingChannels[Name]) => message.isAsync || finish(message),
      asyncStart: finish,
    });
  }

  private countClose({ conn, reason, durationMs }: ConnectionCloseMessage): void {
    const counted = this.connections.get(conn);
    if (!counted) {
      return;
    }
    this.connections.delete(conn);
    const { transport } = counted;
    this.sums["socketio.server.active_connections"].add(-1, transport);
    if (durationMs !== undefined) {
      const attributes = { [keys.transport]: transport, [keys.reason]: reason };
      this.instruments.record("socketio.server.connection.duration", durationMs / 1000, attributes);
    }
  }

  private countJoin({ nsp, socket, outcome = "left", error }: ConnectionMessage, seconds: number): void {
    const namespace = nsp && this.names.namespace(nsp.name);
    const attributes: Attributes = { [keys.outcome]: outcome };
    if (namespace !== undefined) {
      attributes[keys.namespace] = namespace;
    }
    this.instruments.record("socketio.server.join.duration", seconds, this.withError(attributes, error));
    // a handler may have disconnected the socket at once
    if (namespace !== undefined && socket?.connected && outcome === "joined") {
      this.sockets.set(socket, namespace);
      this.sums["socketio.server.sockets"].add(1, namespace);
    }
  }

  private countLeave({ socket }: DisconnectMessage): void {
    const namespace = this.sockets.get(socket);
    if (namespace !== undefined) {
      this.sockets.delete(socket);
      this.sums["socketio.server.sockets"].add(-1, namespace);
    }
  }

  private countRecovery({ nsp, recovered, replayed = 0, reason = "session" }: RecoveryMessage): void {
    const namespace = this.names.namespace(nsp.name);
    this.sums["socketio.server.recoveries"].add(1, namespace, recovered ? "restored" : reason);
    replayed > 0 && this.sums["socketio.server.recovery.replayed_events"].add(replayed, namespace);
  }

  private countBroadcast({ nsp, event, receivers }: BroadcastMessage): void {
    const namespace = this.names.namespace(nsp.name);
    this.sums["socketio.server.broadcasts"].add(1, namespace, this.names.outgoing(event));
    this.instruments.record("socketio.server.broadcast.receivers", receivers, {
      [keys.namespace]: namespace,
    });
  }

  private recordHandled({ nsp, event, socket, error }: EventMessage, seconds: number): void {
    const attributes = {
      [keys.namespace]: this.names.namespace(nsp.name),
      [keys.event]: this.names.incoming(event, socket),
    };
    this.instruments.record("socketio.server.event.duration", seconds, this.withError(attributes, error));
  }

  private recordAnswered({ nsp, event, error }: AckMessage, seconds: number): void {
    const attributes = {
      [keys.namespace]: this.names.namespace(nsp.name),
      [keys.event]: this.names.outgoing(event),
    };
    this.instruments.record("socketio.server.ack.duration", seconds, this.withError(attributes, error));
  }

  private withError(attributes: Attributes, error: unknown): Attributes {
    return error === undefined ? attributes : { ...attributes, [keys.errorType]: this.names.error(error) };
  }

  private observe(): void {
    for (const [name, sums] of Object.entries(this.sums)) {
      this.instruments.observe(name as SumName, (result) => sums.observe(result));
    }
    this.instruments.observe("socketio.server.buffered_bytes", (result) => this.observeBuffered(result));
    this.instruments.observe("socketio.server.drain.remaining_connections", (result) => {
      if (this.hasDrained) {
        result.observe(sumOf(this.drains, ({ connections, report }) => connections - report.disconnected));
      }
    });
  }

  /** The SDK repeats the last value of a transport that is not observed, so those without connections get 0. */
  private observeBuffered(result: ObservableResult): void {
    // loaded here, because this module is loaded with the first server
    const { backlogOf } = require("../connection/backlog") as typeof import("../connection/backlog");
    for (const transport of this.buffered.keys()) {
      this.buffered.set(transport, 0);
    }
    for (const { connection, transport } of this.connections.values()) {
      this.buffered.set(transport, (this.buffered.get(transport) ?? 0) + backlogOf(connection));
    }
    for (const [transport, total] of this.buffered) {
      result.observe(total, { [keys.transport]: transport });
    }
  }
}

function sumOf<Value>(values: Iterable<Value>, amountOf: (value: Value) => number): number {
  let sum = 0;
  for (const value of values) {
    sum += amountOf(value);
  }
  return sum;
}
