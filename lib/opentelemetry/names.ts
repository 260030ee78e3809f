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
  outcome: "messaging.socket.io.outcome",
  recovered: "messaging.socket.io.recovered",
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
  phase: "socketio.handler.kind",
  outcome: "socketio.outcome",
  code: "socketio.guard.code",
  action: "socketio.slow_consumer.action",
  result: "socketio.recovery.result",
  request: "socketio.adapter.request",
  upgradedTo: "socketio.upgrade.transport",
  errorType: "error.type",
} as const;

/** The largest number of types of errors in metrics: applications choose the codes of their errors. */
const MAX_ERROR_TYPES = 50;

/** A set of names that admits names until it is full. */
class LimitedNames {
  private readonly names = new Set<string>();

  constructor(public max = 0) {}

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

/** What the names of a message are called in spans and metrics. */
export class Names {
  private readonly events = new LimitedNames();
  private readonly namespaces = new LimitedNames();
  private readonly errors = new LimitedNames(MAX_ERROR_TYPES);

  /** Sets the limits. Names that were admitted before remain. */
  limit({ maxEventNames, maxNamespaces }: { maxEventNames: number; maxNamespaces: number }): void {
    this.events.max = maxEventNames;
    this.namespaces.max = maxNamespaces;
  }

  /** The name of an event that the server sends. */
  outgoing(event: string): string {
    return this.events.admit(event);
  }

  /**
   * The name of an event that a client has sent. Any client can choose it, so only names with listeners of their own are
   * admitted: a catch-all listener does not count.
   */
  incoming(event: string, socket: ListeningSocket): string {
    return socket.listenerCount(event) > 0 ? this.events.admit(event) : this.events.known(event);
  }

  /** The type of an error. */
  error(error: unknown): string {
    const type = this.errors.admit(errorTypeOf(error));
    return type === OTHER ? OTHER_ERROR : type;
  }

  /** The name of a namespace that exists. */
  namespace(name: string): string {
    return this.namespaces.admit(name);
  }
}

/** The member of a socket that shows whether an event has listeners. */
interface ListeningSocket {
  listenerCount(event: string): number;
}

/** The value of `error.type`: the code of an error, or the name of its class. */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return OTHER_ERROR;
  }
  const { code, name } = error as { code?: unknown; name: unknown };
  return [code, name].find((text): text is string => typeof text === "string" && text !== "") ?? OTHER_ERROR;
}

/** The value that the conventions define for an error without a type. */
const OTHER_ERROR = "_OTHER";
