/** The options of SocketIoInstrumentation, and their defaults. */
import process from "node:process";
import type { Span } from "@opentelemetry/api";
import type { Namespace } from "../server/namespace";
import type { Socket } from "../socket/socket";

/**
 * What is ignored: a name, a pattern, a function that returns `true` for the names that are ignored, or a list of these.
 *
 * @since 4.9.0
 * @example
 * ["typing", /^debug:/, (name) => name.length > 64]
 */
export type Ignored = Matcher | readonly Matcher[];

type Matcher = string | RegExp | ((name: string) => boolean);

/**
 * Describes the event of a span to a {@link SpanHook}.
 *
 * @since 4.9.0
 */
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

/**
 * Adds attributes to a span. An error that it throws is reported to the diagnostic logger of OpenTelemetry.
 *
 * @since 4.9.0
 */
export type SpanHook = (span: Span, details: EventDetails) => void;

/**
 * Which attributes the spans have.
 *
 * @since 4.9.0
 */
export type SemanticConventions = "current" | "published" | "both";

/**
 * Where the trace context of another process is accepted and sent.
 *
 * @since 4.9.0
 */
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
   * Sends the trace context with `serverSideEmit()`, as one more last argument. The receiver removes this argument, with or
   * without the instrumentation, which makes the span of the handlers a child of the span of the sender. Handlers on the
   * reference server (npm `socket.io`) receive the additional argument. A call with an acknowledgement is sent without the
   * context, so that the acknowledgement function keeps its place.
   *
   * @default false
   */
  betweenServers?: boolean;
}

/**
 * The options of {@link SocketIoInstrumentation}.
 *
 * @since 4.9.0
 */
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

/** The values that an option accepts. */
interface Kind {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

const flag: Kind = { expected: "true or false", accepts: (value) => typeof value === "boolean" };

const hook: Kind = {
  expected: "a function (span, details)",
  accepts: (value) => typeof value === "function",
};

const ignored: Kind = {
  expected: "a string, a regular expression, a function or an array of these",
  accepts: (value) => listOf(value as Ignored).every(isMatcher),
};

const limit: Kind = {
  expected: "a number of at least 0",
  accepts: (value) => typeof value === "number" && value >= 0,
};

const conventions: Kind = {
  expected: '"current", "published" or "both"',
  accepts: (value) => ["current", "published", "both"].includes(value as string),
};

const propagation: Kind = {
  expected: "an object such as { fromClients: true }",
  accepts: (value) => typeof value === "object" && !Array.isArray(value),
};

const kinds: Readonly<Record<keyof InstrumentationOptions, Kind>> = {
  enabled: flag,
  traces: flag,
  metrics: flag,
  emitHook: hook,
  onHook: hook,
  emitIgnoreEventList: ignored,
  onIgnoreEventList: ignored,
  ignoreNamespaces: ignored,
  ignoreRooms: ignored,
  maxEventNames: limit,
  maxNamespaces: limit,
  conventions,
  propagation,
};

const propagationKinds: Readonly<Record<keyof Propagation, Kind>> = {
  fromClients: flag,
  betweenServers: flag,
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
    throw invalid("options", "an object such as { metrics: false }", given);
  }
  const options: InstrumentationOptions = checkedMembers(given, kinds);
  return options.propagation
    ? { ...options, propagation: checkedMembers(options.propagation, propagationKinds, "propagation.") }
    : options;
}

function checkedMembers(given: object, known: Readonly<Record<string, Kind>>, parent = ""): object {
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) {
      continue;
    }
    if (!Object.hasOwn(known, name)) {
      const { checkNames } = require("../options/names") as typeof import("../options/names");
      checkNames({ [name]: value }, Object.keys(known), parent);
    } else if (known[name].accepts(value)) {
      checked[name] = value;
    } else {
      throw invalid(parent + name, known[name].expected, value);
    }
  }
  return checked;
}

/** Creates the error for a wrong option. Loads the catalogue of errors now: this entry point does not load the library. */
function invalid(name: string, expected: string, value: unknown): Error {
  const { codedError, describeValue } = require("../errors") as typeof import("../errors");
  return codedError("INVALID_OPTION", name, expected, describeValue(value));
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

function isMatcher(value: unknown): boolean {
  return typeof value === "string" || typeof value === "function" || value instanceof RegExp;
}
