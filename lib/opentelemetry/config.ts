/** The options of SocketIoInstrumentation, and their defaults. */
import process from "node:process";
import type { Span } from "@opentelemetry/api";
import { codedError, describeValue } from "../errors";
import { type Check, count, members, ofType, oneOf } from "../options/checks";
import { checkNames } from "../options/names";
import type { Namespace } from "../server/namespace";
import type { Socket } from "../socket/socket";

/**
 * What is ignored: a name, a pattern, a function that returns `true` for the names that are ignored, or a list of these.
 *
 * @example
 * ["typing", /^debug:/, (name) => name.length > 64]
 */
export type Ignored = Matcher | readonly Matcher[];

type Matcher = string | RegExp | ((name: string) => boolean);

/** Describes the event of a span to a {@link SpanHook}. */
export interface EventDetails {
  /** The version of the package `socket.io`. */
  moduleVersion: string;
  /** The name of the event. It is not limited in length, and a client may have chosen it. */
  event: string;
  /** The arguments of the event, without the acknowledgement function: the values themselves, not copies. */
  payload: readonly unknown[];
  /** The namespace. */
  namespace: Namespace;
  /** The socket; `undefined` for a broadcast. */
  socket?: Socket;
}

/** Adds attributes to a span. An error that it throws is reported to the diagnostic logger of OpenTelemetry. */
export type SpanHook = (span: Span, details: EventDetails) => void;

/** Which attributes the spans have. */
export type SemanticConventions = "current" | "published" | "both";

/** Where the trace context of another process is accepted and sent. */
export interface Propagation {
  /**
   * Links the span of an event to the span of the client that has sent it. The client puts `traceparent` (and `tracestate`)
   * into `auth` or the headers of the handshake, for the connection, and into the last argument of an event, if that is an
   * object, for the event.
   *
   * The spans remain in a trace of the server, since a client can send any trace id.
   *
   * @default false
   */
  fromClients?: boolean;
  /**
   * Sends the trace context with `serverSideEmit()`, as one more last argument, and the instrumentation of the receiver
   * removes this argument and makes the span of the handlers a child of the span of the sender. Handlers on a server without
   * the instrumentation get the additional argument. A call with an acknowledgement is sent without the context, so that the
   * acknowledgement function keeps its place.
   *
   * @default false
   */
  betweenServers?: boolean;
}

/** The options of {@link SocketIoInstrumentation}. */
export interface InstrumentationOptions {
  /**
   * Whether the constructor calls `enable()`.
   *
   * @default true
   */
  enabled?: boolean;
  /**
   * Whether spans are recorded.
   *
   * @default true
   */
  traces?: boolean;
  /**
   * Whether metrics are recorded.
   *
   * @default true
   */
  metrics?: boolean;
  /** Adds attributes to the span of an event that the server sends. */
  emitHook?: SpanHook;
  /** Adds attributes to the span of an event that the server handles. */
  onHook?: SpanHook;
  /** The events that the server sends without a span. */
  emitIgnoreEventList?: Ignored;
  /** The events that the server handles without a span. */
  onIgnoreEventList?: Ignored;
  /** The namespaces without spans. */
  ignoreNamespaces?: Ignored;
  /** The rooms whose broadcasts have no spans. A broadcast to several rooms is ignored if each room is. */
  ignoreRooms?: Ignored;
  /**
   * The largest number of names of events in spans and metrics. Further names become `_other`, and so does the name of an
   * event that has no listener.
   *
   * @default 100
   */
  maxEventNames?: number;
  /**
   * The largest number of names of namespaces in the names of spans and in metrics. Further names become `_other`.
   *
   * @default 50
   */
  maxNamespaces?: number;
  /**
   * Which attributes the spans have: `"current"` are those of the current conventions for messaging, `"published"` those of
   * the package `@opentelemetry/instrumentation-socket.io`.
   *
   * @default "both" if the environment variable `OTEL_SEMCONV_STABILITY_OPT_IN` contains `messaging/dup`, otherwise
   * `"current"`
   */
  conventions?: SemanticConventions;
  /** The trace context of other processes. Nothing is accepted or sent by default. */
  propagation?: Propagation;
}

/** The options with their defaults. */
export interface Settings extends InstrumentationOptions {
  enabled: boolean;
  traces: boolean;
  metrics: boolean;
  maxEventNames: number;
  maxNamespaces: number;
  conventions: SemanticConventions;
  propagation: Propagation;
}

const flag = ofType("boolean", "true or false");

const hook = ofType("function", "a function (span, details)");

const ignored: Check = (name, value) => {
  for (const one of listOf(value as Ignored)) {
    if (typeof one !== "string" && typeof one !== "function" && !((one as unknown) instanceof RegExp)) {
      const expected = "a string, a regular expression, a function or an array of these";
      throw codedError("INVALID_OPTION", name, expected, describeValue(one));
    }
  }
  return value;
};

const checks: Readonly<Record<keyof InstrumentationOptions, Check>> = {
  enabled: flag,
  traces: flag,
  metrics: flag,
  emitHook: hook,
  onHook: hook,
  emitIgnoreEventList: ignored,
  onIgnoreEventList: ignored,
  ignoreNamespaces: ignored,
  ignoreRooms: ignored,
  maxEventNames: count,
  maxNamespaces: count,
  conventions: oneOf("current", "published", "both"),
  propagation: members({ fromClients: flag, betweenServers: flag }, "{ fromClients: true }"),
};

/**
 * Checks the options, and adds the defaults. Options that are `undefined` or `null` are left out, and so are unknown names,
 * such as the other options of the published instrumentation.
 */
export function settingsOf(given: InstrumentationOptions, enabled = true): Settings {
  const options = checkedOptions(given);
  return {
    ...options,
    enabled: options.enabled ?? enabled,
    traces: options.traces ?? true,
    metrics: options.metrics ?? true,
    maxEventNames: options.maxEventNames ?? 100,
    maxNamespaces: options.maxNamespaces ?? 50,
    conventions: options.conventions ?? conventionsOfEnvironment(),
    propagation: options.propagation ?? {},
  };
}

function checkedOptions(given: InstrumentationOptions): InstrumentationOptions {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const expected = "an object such as { metrics: false }";
    throw codedError("INVALID_OPTION", "options", expected, describeValue(given));
  }
  checkNames(given, Object.keys(checks));
  const checked: Record<string, unknown> = {};
  for (const [name, check] of Object.entries(checks)) {
    const value = given[name as keyof InstrumentationOptions];
    if (value !== undefined && value !== null) {
      checked[name] = check(name, value);
    }
  }
  return checked;
}

function conventionsOfEnvironment(): SemanticConventions {
  const values = process.env.OTEL_SEMCONV_STABILITY_OPT_IN?.split(",") ?? [];
  return values.some((value) => value.trim().toLowerCase() === "messaging/dup") ? "both" : "current";
}

/** Returns a function that tells whether a name is ignored. */
export function matcherOf(given: Ignored = []): (name: string) => boolean {
  const matchers = listOf(given);
  const names = new Set(matchers.filter((one) => typeof one === "string"));
  const tests = matchers.flatMap((one) =>
    typeof one === "function"
      ? [one]
      : one instanceof RegExp
        ? [(name: string) => name.search(one) !== -1] // unlike test(), does not depend on lastIndex
        : [],
  );
  return (name) => names.has(name) || tests.some((test) => test(name));
}

function listOf(given: Ignored): readonly Matcher[] {
  return (Array.isArray(given) ? given : [given]) as readonly Matcher[];
}
