/** The names of attributes, and sets of names whose size is limited. */

/** The name that replaces further names. */
export const OTHER = "_other";

/** The attributes of spans. */
export const spanKeys = {
  system: "messaging.system",
  operationName: "messaging.operation.name",
  operationType: "messaging.operation.type",
  destination: "messaging.destination.name",
  event: "messaging.socket.io.event_name",
  namespace: "messaging.socket.io.namespace",
  rooms: "messaging.socket.io.rooms",
  clientId: "messaging.client.id",
  errorType: "error.type",
} as const;

/** The attributes that spans of the published instrumentation have instead of, or beside, the current ones. */
export const publishedKeys = {
  operation: "messaging.operation",
  destination: "messaging.destination",
  destinationKind: "messaging.destination_kind",
} as const;

/** The attributes of metrics. */
export const metricKeys = {
  transport: "socketio.transport",
  reason: "socketio.reason",
  namespace: "socketio.namespace",
  event: "socketio.event",
  direction: "network.io.direction",
  code: "socketio.guard.code",
  action: "socketio.slow_consumer.action",
  result: "socketio.recovery.result",
  request: "socketio.adapter.request",
  errorType: "error.type",
} as const;

/** A set of names that admits names until it is full. */
export class LimitedNames {
  private readonly names = new Set<string>();

  constructor(private readonly max: number) {}

  /** Returns the name, or `_other` for a name that came after the set was full. */
  admit(name: string): string {
    if (this.names.has(name)) {
      return name;
    }
    if (this.names.size >= this.max) {
      return OTHER;
    }
    this.names.add(name);
    return name;
  }

  /** Returns the name if it has been admitted before, otherwise `_other`. */
  known(name: string): string {
    return this.names.has(name) ? name : OTHER;
  }
}

/** The value of `error.type`: the code of an error, or the name of its class. */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return OTHER_ERROR;
  }
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : error.name || OTHER_ERROR;
}

/** The value that the conventions define for an error without a type. */
const OTHER_ERROR = "_OTHER";
