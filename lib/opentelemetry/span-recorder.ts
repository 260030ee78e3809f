/** Records a span for each operation that the tracing channels report. */
import {
  type Attributes,
  type Context,
  context,
  diag,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type {
  AckMessage,
  AdapterMessage,
  BroadcastMessage,
  ConnectionMessage,
  EmitMessage,
  EventMessage,
  ServerSideEventMessage,
  TracedOperation,
  TracingChannels,
} from "../diagnostics/messages";
import type { Namespace } from "../server/namespace";
import type { Socket } from "../socket/socket";
import { append, lastData, linkedSpan, senderOf } from "./carriers";
import { type EventDetails, matcherOf, type Settings, type SpanHook } from "./config";
import { ContextStore } from "./context-store";
import { errorTypeOf, type Names, OTHER, publishedKeys, spanKeys } from "./names";
import type { Subscriptions } from "./subscriptions";

const SYSTEM = "socket.io";

/** The largest number of rooms in the attributes of a span. */
const MAX_ROOMS = 20;

/** A span whose operation is not over. */
interface OpenSpan {
  readonly span: Span;
  readonly active: Context;
  /** Whether `end` or `asyncEnd` was published. An asynchronous operation is over when both were. */
  hasEndedOnce: boolean;
}

/** What the attributes of a span are made of. */
interface Described {
  /** The name of the operation: the first word of the name of the span. */
  operation: string;
  type?: "send" | "process" | "settle";
  /** The name of the namespace. */
  namespace: string;
  /** The name of the event, already limited. */
  event?: string;
  rooms?: Iterable<string>;
  socket?: Socket;
}

/** How the spans of one tracing channel are recorded. */
interface Recording<Message> {
  /** Whether the operation has no span. */
  isIgnored(message: Message): boolean;
  /** Starts the span. */
  start(message: Message, parent: Context): Span;
  /** Adds what is known at the end of the operation. */
  complete?(span: Span, message: Message): void;
}

/** The tracing channels whose operations have spans. */
type Recordings = {
  readonly [Name in Exclude<
    keyof TracingChannels,
    "socket.io:middleware" | "socket.io:recovery" | "socket.io:drain"
  >]: Recording<TracingChannels[Name]>;
};

/** Whether a span is recorded for an event. */
interface Ignores {
  sent(event: string): boolean;
  handled(event: string): boolean;
  namespace(name: string): boolean;
  room(name: string): boolean;
}

/** The spans of one instrumentation. */
export class SpanRecorder {
  private readonly open = new WeakMap<object, OpenSpan>();
  private readonly store = new ContextStore();
  private readonly ignores: Ignores;
  private readonly recordings: Recordings = {
    "socket.io:emit": {
      isIgnored: (message) => this.isIgnoredSent(message),
      start: (message, parent) => this.startEmit(message, parent),
    },
    "socket.io:broadcast": {
      isIgnored: (message) => this.isIgnoredSent(message) || this.isIgnoredRooms(message.rooms),
      start: (message, parent) => this.startBroadcast(message, parent),
    },
    "socket.io:ack": {
      isIgnored: (message) => this.isIgnoredSent(message),
      start: (message, parent) => this.startAck(message, parent),
    },
    "socket.io:event": {
      isIgnored: (message) => this.isIgnoredHandled(message),
      start: (message, parent) => this.startEvent(message, parent),
    },
    "socket.io:server-side-event": {
      isIgnored: (message) => this.isIgnoredHandled(message),
      start: (message) => this.startServerSideEvent(message),
    },
    "socket.io:adapter": {
      isIgnored: (message) => this.isIgnoredSent(message),
      start: (message, parent) => this.startRequest(message, parent),
    },
    "socket.io:connection": {
      isIgnored: ({ namespace }) => this.ignores.namespace(namespace),
      start: (message, parent) => this.startConnection(message, parent),
      complete: (span, message) => this.endConnection(span, message),
    },
  };
  private tracer: Tracer;
  /** The spans of the events that ask for acknowledgements, by the messages about the events. */
  private readonly asking = new WeakMap<object, Span>();

  constructor(
    private readonly currentTracer: () => Tracer,
    private readonly settings: Settings,
    private readonly names: Names,
    private readonly moduleVersion: string,
  ) {
    this.tracer = currentTracer();
    this.ignores = {
      sent: matcherOf(settings.emitIgnoreEventList),
      handled: matcherOf(settings.onIgnoreEventList),
      namespace: matcherOf(settings.ignoreNamespaces),
      room: matcherOf(settings.ignoreRooms),
    };
  }

  /** Takes the tracer of another provider. */
  useTracer(): void {
    this.tracer = this.currentTracer();
  }

  /** Subscribes to the channels. */
  subscribe(subscriptions: Subscriptions): void {
    for (const [name, recording] of Object.entries(this.recordings)) {
      this.record(subscriptions, name as keyof Recordings, recording);
    }
  }

  /** Records a span for each operation of a tracing channel, and makes it active while the observed function runs. */
  private record<Name extends keyof Recordings>(
    subscriptions: Subscriptions,
    name: Name,
    { isIgnored, start, complete }: Recording<TracingChannels[Name]>,
  ): void {
    subscriptions.bind(name, "start", this.store, (message) => {
      const parent = context.active();
      try {
        if (isIgnored(message)) {
          return parent;
        }
        const span = start(message, parent);
        const active = trace.setSpan(parent, span);
        this.open.set(message, { span, active, hasEndedOnce: false });
        return active;
      } catch (error) {
        diag.error(`socket.io: a span for ${name} cannot be recorded`, error);
        return parent;
      }
    });
    subscriptions.bind(
      name,
      "asyncStart",
      this.store,
      (message) => this.open.get(message)?.active ?? context.active(),
    );
    const end = (message: TracingChannels[Name]) => this.end(message, complete);
    subscriptions.tracing(name, {
      error: (message) => this.fail(message),
      end,
      asyncEnd: end,
    });
  }

  private fail(message: TracedOperation): void {
    const span = this.open.get(message)?.span;
    if (span) {
      const { error } = message;
      const text = error instanceof Error ? error.message : typeof error === "string" ? error : typeof error;
      span.recordException(error instanceof Error ? error : text);
      span.setAttribute(spanKeys.errorType, errorTypeOf(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message: text });
    }
  }

  /** Ends the span if the operation is over: at `end`, and for an asynchronous one at the later of `end` and `asyncEnd`. */
  private end<Message extends TracedOperation>(
    message: Message,
    complete?: (span: Span, message: Message) => void,
  ): void {
    const found = this.open.get(message);
    if (found && (found.hasEndedOnce || !message.isAsync)) {
      this.open.delete(message);
      complete?.(found.span, message);
      found.span.end();
    } else if (found) {
      found.hasEndedOnce = true;
    }
  }

  private start(kind: SpanKind, parent: Context, described: Described, linked?: SpanContext): Span {
    return this.tracer.startSpan(
      this.spanName(described.operation, described.namespace),
      {
        kind,
        attributes: this.attributes(described),
        links: linked && [{ context: linked }],
      },
      parent,
    );
  }

  /** The destination is left out if there are too many of them. */
  private spanName(operation: string, namespace: string): string {
    const limited = this.names.namespace(namespace);
    const first =
      operation === "process" && this.settings.conventions === "published" ? "receive" : operation;
    return limited === OTHER ? first : `${first} ${limited}`;
  }

  private attributes({ operation, type, namespace, event, rooms, socket }: Described): Attributes {
    const { conventions } = this.settings;
    const attributes: Attributes = { [spanKeys.system]: SYSTEM, [spanKeys.namespace]: namespace };
    if (event !== undefined) {
      attributes[spanKeys.event] = event;
    }
    const listed = rooms && [...rooms].slice(0, MAX_ROOMS);
    if (listed && listed.length > 0) {
      attributes[spanKeys.rooms] = listed;
    }
    if (conventions !== "published") {
      attributes[spanKeys.operationName] = operation;
      attributes[spanKeys.destination] = namespace;
      if (type) {
        attributes[spanKeys.operationType] = type;
      }
      if (socket) {
        attributes[spanKeys.clientId] = socket.id;
      }
    }
    if (conventions !== "current") {
      attributes[publishedKeys.destination] = namespace;
      if (type === "process") {
        attributes[publishedKeys.operation] = "receive";
      } else {
        attributes[publishedKeys.destinationKind] = "topic";
      }
    }
    return attributes;
  }

  private isIgnoredSent({ event, nsp }: { event?: string; nsp: Namespace }): boolean {
    return (event !== undefined && this.ignores.sent(event)) || this.ignores.namespace(nsp.name);
  }

  private isIgnoredHandled({ event, nsp }: ServerSideEventMessage): boolean {
    return this.ignores.handled(event) || this.ignores.namespace(nsp.name);
  }

  private isIgnoredRooms(rooms: ReadonlySet<string>): boolean {
    return rooms.size > 0 && [...rooms].every((room) => this.ignores.room(room));
  }

  private startEmit(message: EmitMessage, parent: Context): Span {
    const { socket, nsp, event, args, hasAck } = message;
    const span = this.start(SpanKind.PRODUCER, parent, {
      operation: "send",
      type: "send",
      namespace: nsp.name,
      event: this.names.outgoing(event),
      rooms: this.settings.conventions === "current" ? undefined : socket.rooms,
      socket,
    });
    this.hook(this.settings.emitHook, span, { event, payload: args, namespace: nsp, socket });
    hasAck && this.asking.set(message, span);
    return span;
  }

  private startBroadcast(message: BroadcastMessage, parent: Context): Span {
    const { nsp, event, args, hasAck, rooms } = message;
    const span = this.start(SpanKind.PRODUCER, parent, {
      operation: "send",
      type: "send",
      namespace: nsp.name,
      event: this.names.outgoing(event),
      rooms,
    });
    this.hook(this.settings.emitHook, span, { event, payload: args, namespace: nsp });
    hasAck && this.asking.set(message, span);
    return span;
  }

  private startAck({ nsp, event, socket, sent }: AckMessage, parent: Context): Span {
    const sending = sent && this.asking.get(sent);
    return this.start(SpanKind.CLIENT, sending ? trace.setSpan(parent, sending) : parent, {
      operation: "ack",
      type: "settle",
      namespace: nsp.name,
      event: this.names.outgoing(event),
      socket,
    });
  }

  private startEvent({ socket, nsp, event, args, hasAck }: EventMessage, parent: Context): Span {
    const linked = this.settings.propagation.fromClients ? linkedSpan(lastData(args, hasAck)) : undefined;
    const described: Described = {
      operation: "process",
      type: "process",
      namespace: nsp.name,
      event: this.names.incoming(event, socket),
      socket,
    };
    const span = this.start(SpanKind.CONSUMER, parent, described, linked);
    const payload = hasAck ? args.slice(0, -1) : args;
    this.hook(this.settings.onHook, span, { event, payload, namespace: nsp, socket });
    return span;
  }

  private startServerSideEvent(message: ServerSideEventMessage): Span {
    const { nsp, event, args, hasAck } = message;
    const sender = senderOf(message);
    const described: Described = {
      operation: "process",
      type: "process",
      namespace: nsp.name,
      event: this.names.outgoing(event), // other servers of the cluster are trusted
    };
    const linked = sender && trace.getSpanContext(sender);
    // the active context may be that in which the adapter was created
    const span = this.start(SpanKind.CONSUMER, sender ?? ROOT_CONTEXT, described, linked);
    const payload = hasAck ? args.slice(0, -1) : args;
    this.hook(this.settings.onHook, span, { event, payload, namespace: nsp });
    return span;
  }

  private startRequest({ nsp, request, event, args, rooms, hasAck }: AdapterMessage, parent: Context): Span {
    const sends = request === "serverSideEmit";
    const span = this.start(sends ? SpanKind.PRODUCER : SpanKind.CLIENT, parent, {
      operation: request,
      type: sends ? "send" : undefined,
      namespace: nsp.name,
      event: event === undefined ? undefined : this.names.outgoing(event),
      rooms,
    });
    if (sends && args && !hasAck && this.settings.propagation.betweenServers) {
      append(trace.setSpan(parent, span), args);
    }
    return span;
  }

  /** The namespace of the request may not exist: a client can ask for any. */
  private startConnection({ conn }: ConnectionMessage, parent: Context): Span {
    const linked = this.settings.propagation.fromClients ? linkedSpan(conn.request?.headers) : undefined;
    const attributes: Attributes = { [spanKeys.system]: SYSTEM };
    if (this.settings.conventions !== "published") {
      attributes[spanKeys.operationName] = "connect";
    }
    const links = linked && [{ context: linked }];
    return this.tracer.startSpan("connect", { kind: SpanKind.SERVER, attributes, links }, parent);
  }

  private endConnection(span: Span, { nsp, socket, outcome, recovered }: ConnectionMessage): void {
    if (nsp) {
      span.updateName(this.spanName("connect", nsp.name));
      span.setAttribute(spanKeys.namespace, nsp.name);
      this.settings.conventions !== "published" && span.setAttribute(spanKeys.destination, nsp.name);
    }
    outcome && span.setAttribute(spanKeys.outcome, outcome);
    if (socket) {
      span.setAttribute(spanKeys.clientId, socket.id);
      span.setAttribute(spanKeys.recovered, recovered === true);
    }
    const linked = this.settings.propagation.fromClients ? linkedSpan(socket?.handshake.auth) : undefined;
    linked && span.addLink?.({ context: linked });
  }

  private hook(hook: SpanHook | undefined, span: Span, details: Omit<EventDetails, "moduleVersion">): void {
    if (hook && span.isRecording()) {
      try {
        hook(span, { moduleVersion: this.moduleVersion, ...details });
      } catch (error) {
        diag.error("socket.io: emitHook or onHook has thrown", error);
      }
    }
  }
}
