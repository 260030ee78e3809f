/** The options of the guards, such as `limits` and `slowConsumer`: their types, defaults and checks. */
import type { IncomingMessage } from "node:http";
import { codedError, describeValue } from "../errors";
import type { Untyped } from "../typed-events";
import { bytes, type Check, count, members, milliseconds, oneOf } from "./checks";

/**
 * The members of the option `limits`. A limit without a default is off unless it is set.
 *
 * @since 4.9.0
 * @see node_modules/socket.io/docs/limits.md
 */
export interface LimitOptions {
  /**
   * The limits for all members that are not given. `"public"` stands for {@link PUBLIC_LIMITS}. With it, the options
   * `slowConsumer` and `maxPayloadDepth` have other defaults too: `{ maxBufferedBytes: 16777216, policy: "disconnect" }` and
   * `100`.
   * @default undefined: no limits
   * @example
   * limits: "public"
   * limits: { preset: "public", connections: 20_000, eventsPerSecond: 500 }
   */
  preset?: "public";
  /**
   * The maximum number of open connections, over all transports. Further connections are refused (`CONNECTION_LIMIT`).
   */
  connections?: number;
  /**
   * The maximum number of open connections from one address. Further connections are refused (`ADDRESS_LIMIT`). All
   * addresses of an IPv6 network (/64) count as one.
   */
  connectionsPerAddress?: number;
  /**
   * The maximum number of connections that one address may open per second. Further connections are refused
   * (`HANDSHAKE_RATE`).
   */
  handshakesPerSecond?: number;
  /**
   * How long a connection may stay open without asking for a namespace, in milliseconds. It is then closed
   * (`IDLE_HANDSHAKE`), and a long-polling session is deleted at once.
   * @default the option `connectTimeout`
   */
  idleHandshakeMs?: number;
  /**
   * The maximum number of packets in one long-polling request. More packets close the connection
   * (`PACKETS_PER_PAYLOAD`).
   * @default Infinity: bounded by `maxHttpBufferSize` only
   */
  packetsPerPayload?: number;
  /**
   * The maximum number of events that one connection may send per second (`EVENT_RATE`). Joining and leaving a
   * namespace count as events, and so do acknowledgements that the server does not expect.
   */
  eventsPerSecond?: number;
  /** The maximum number of bytes that one connection may send per second, in Socket.IO packets (`BYTE_RATE`). */
  bytesPerSecond?: number;
  /**
   * The burst that `eventsPerSecond` and `bytesPerSecond` allow after a pause, in seconds: the client may send at once what
   * the rates allow in this time. A packet that is larger than `bytesPerSecond * burst` always exceeds the limit.
   * @default 2
   */
  burst?: number;
  /**
   * What happens when a connection exceeds `eventsPerSecond` or `bytesPerSecond`:
   *
   * - `"disconnect"`: the connection is closed
   * - `"drop"`: the excess packets are dropped with their attachments, and excess requests to join a namespace are
   *   refused; a request to leave one is always accepted
   *
   * @default "disconnect"
   */
  policy?: "disconnect" | "drop";
  /**
   * The maximum size of a packet that asks for a namespace, with the `auth` of the client, in bytes. A larger packet is
   * refused (`CONNECT_TOO_LARGE`), and the connection stays open.
   */
  connectPacketBytes?: number;
  /**
   * The maximum number of namespaces of one connection, including the main one. Further namespaces are refused
   * (`NAMESPACE_LIMIT`).
   */
  namespacesPerClient?: number;
  /**
   * The maximum number of namespaces that are created for one dynamic namespace at the request of clients. Further
   * namespaces are refused (`NAMESPACE_LIMIT`).
   */
  childNamespaces?: number;
  /**
   * The maximum number of rooms of one socket, including the room of its id. A socket that joins more rooms is
   * disconnected (`ROOM_LIMIT`).
   */
  roomsPerSocket?: number;
  /**
   * How long a client can read what was sent to it before the server closed its connection, in milliseconds. The TCP stream,
   * or the response of long-polling, is then destroyed. WebSockets are destroyed after at most 30 seconds.
   * @default 30000
   */
  closeTimeoutMs?: number;
  /**
   * The maximum number of events per second from one connection that do not follow the contract of their namespace. They are
   * dropped, and more close the connection (`INVALID_EVENT_RATE`). After a pause, a client may send ten times as many at
   * once. Counts with the option `contract` only.
   * @default 100
   */
  invalidEventsPerSecond?: number;
  /**
   * The maximum number of events of one socket that wait while an asynchronous schema checks an earlier one. More close the
   * connection (`EVENT_QUEUE`). Of the events of other servers, more are dropped. Counts with the option `contract` only.
   * @default 1000
   */
  queuedEvents?: number;
}

/**
 * The limits that can be set for a single namespace; `childNamespaces` for dynamic namespaces only.
 *
 * @since 4.9.0
 */
export type NamespaceLimitOptions = Pick<LimitOptions, "roomsPerSocket" | "childNamespaces">;

/** The checked limits, with defaults. */
export type Limits = Readonly<
  Omit<LimitOptions, "preset"> &
    Required<
      Pick<
        LimitOptions,
        | "packetsPerPayload"
        | "burst"
        | "policy"
        | "closeTimeoutMs"
        | "invalidEventsPerSecond"
        | "queuedEvents"
      >
    >
>;

/**
 * What to do with a packet for a slow client: buffer it, drop it, or close the connection.
 *
 * @since 4.9.0
 */
export type SlowConsumerDecision = "keep" | "drop" | "disconnect";

/**
 * The members of the option `slowConsumer`, for clients that do not read the packets sent to them (`SLOW_CONSUMER`).
 *
 * @since 4.9.0
 */
export interface SlowConsumerOptions {
  /**
   * The maximum number of bytes that are buffered for one connection, in the library, the engine and the stream. Choose
   * a value above the size of the largest event, and above the total size of events that you send at once.
   */
  maxBufferedBytes: number;
  /**
   * What happens to a packet that would exceed `maxBufferedBytes`. A packet is always sent if nothing is buffered.
   *
   * - `"disconnect"`: the connection is closed
   * - `"drop-volatile"`: volatile events are dropped, other packets are buffered; twice as many bytes close the
   *   connection
   * - `"drop-oldest"`: the oldest buffered events are dropped; packets that are not events, such as acknowledgements,
   *   are buffered, and twice as many bytes close the connection
   * - a function `(socket, bufferedBytes)`: decides for each packet and returns a {@link SlowConsumerDecision};
   *   `bufferedBytes` includes the packet. `"drop"` drops events only; other packets are buffered, and twice as many
   *   bytes close the connection
   *
   * @default "disconnect"
   * @example
   * (socket, bufferedBytes) => (socket.nsp.name === "/prices" ? "drop" : "disconnect")
   */
  policy?:
    | "disconnect"
    | "drop-volatile"
    | "drop-oldest"
    | ((socket: Untyped, bufferedBytes: number) => SlowConsumerDecision);
}

/**
 * The options of `socket.drained()`.
 *
 * @since 4.9.0
 */
export interface DrainedOptions {
  /**
   * The number of buffered bytes at or below which the promise resolves.
   * @default 0
   */
  below?: number;
  /** Rejects the promise when it is aborted. */
  signal?: AbortSignal;
}

/**
 * The web pages that may connect, by the header `Origin` of their requests.
 *
 * @since 4.9.0
 */
export type OriginRule =
  | string
  | RegExp
  | readonly (string | RegExp)[]
  | ((origin: string, req: IncomingMessage) => boolean | Promise<boolean>);

/**
 * The kind of the handler that has failed:
 *
 * - `"connection"`: a listener of `connection` or `connect`
 * - `"middleware"`: a function given to `io.use()` or `nsp.use()`; the client is refused
 * - `"packet-middleware"`: a function given to `socket.use()`; the event is dropped
 * - `"event"`: a listener of an event from the client, or of `error`
 * - `"any"`: a listener given to `onAny()` or `prependAny()`
 * - `"ack"`: an acknowledgement callback, called with an answer, with answers or with an error
 * - `"disconnecting"`, `"disconnect"`: a listener of that event
 * - `"server-side"`: a listener of an event from another server
 * - `"namespace"`: a function given to `io.of()`, in which case the name is not allowed, or a listener of
 *   `new_namespace`
 * - `"contract"`: no handler: an event, an acknowledgement or auth data that do not follow the contract of the namespace. The
 *   member `issues` of the error has the details; it is not enumerable, since they may quote the data
 *
 * @since 4.9.0
 */
export type HandlerPhase =
  | "connection"
  | "middleware"
  | "packet-middleware"
  | "event"
  | "any"
  | "ack"
  | "disconnecting"
  | "disconnect"
  | "server-side"
  | "namespace"
  | "contract";

/**
 * Describes the handler that has failed.
 *
 * @since 4.9.0
 */
export interface HandlerErrorContext {
  /** The kind of the handler. */
  phase: HandlerPhase;
  /** The name of the event, for listeners of events and for acknowledgements. */
  event?: string;
  /** The socket, if the handler was called for one. */
  socket?: Untyped;
  /** The namespace. For the phase `"namespace"`, the dynamic namespace that `io.of()` returned. */
  nsp: Untyped;
}

/**
 * A function that is called with each error that a handler throws or rejects with. An error that this function itself
 * throws is an uncaught exception.
 *
 * @since 4.9.0
 * @example
 * const io = new Server({
 *   onHandlerError(error, { phase, event, socket }) {
 *     log.error({ error, phase, event, id: socket?.id });
 *   },
 * });
 */
export type HandlerErrorListener = (error: unknown, context: HandlerErrorContext) => void;

const DEFAULTS = {
  packetsPerPayload: Number.POSITIVE_INFINITY,
  burst: 2,
  policy: "disconnect",
  closeTimeoutMs: 30_000,
  invalidEventsPerSecond: 100,
  queuedEvents: 1_000,
} as const;

/**
 * The limits of the preset `"public"`, for servers that any page or program of the internet can reach. `bytesPerSecond` is
 * half of `maxHttpBufferSize` if that is more, so that a message of the maximum size is within the burst.
 *
 * @see node_modules/socket.io/docs/limits/public-server.md
 */
export const PUBLIC_LIMITS = Object.freeze({
  connectionsPerAddress: 200,
  handshakesPerSecond: 50,
  idleHandshakeMs: 10_000,
  packetsPerPayload: 1_000,
  eventsPerSecond: 200,
  bytesPerSecond: 500_000,
  burst: 4,
  namespacesPerClient: 50,
  childNamespaces: 10_000,
  roomsPerSocket: 1_000,
  connectPacketBytes: 100_000,
  closeTimeoutMs: 5_000,
}) satisfies LimitOptions;

/** The defaults of other options with the preset `"public"`. */
const PUBLIC_OPTIONS = {
  slowConsumer: { maxBufferedBytes: 16 * 1024 * 1024, policy: "disconnect" },
  maxPayloadDepth: 100,
} as const;

const checks: { readonly [Name in keyof Required<LimitOptions>]: Check } = {
  preset: oneOf("public"),
  connections: count,
  connectionsPerAddress: count,
  handshakesPerSecond: count,
  idleHandshakeMs: milliseconds,
  packetsPerPayload: count,
  eventsPerSecond: count,
  bytesPerSecond: count,
  burst: count,
  policy: oneOf("disconnect", "drop"),
  connectPacketBytes: bytes,
  namespacesPerClient: count,
  childNamespaces: count,
  roomsPerSocket: count,
  closeTimeoutMs: milliseconds,
  invalidEventsPerSecond: count,
  queuedEvents: count,
};

const checkMembers = members(checks, "{ eventsPerSecond: 100 }");

/** Checks the option `limits`, and returns it as an object. */
export function checkLimits(name: string, value: unknown): unknown {
  if (typeof value === "string" && value !== "public") {
    throw codedError("INVALID_OPTION", name, '"public" or an object with limits', describeValue(value));
  }
  return checkMembers(name, value === "public" ? { preset: value } : value);
}

/** Checks the limits of a single namespace; throws if a limit has no effect there. */
export function checkNamespaceLimits(given: unknown, isParent: boolean): NamespaceLimitOptions {
  const { roomsPerSocket, childNamespaces } = checks;
  const known: Record<string, Check> = isParent ? { roomsPerSocket, childNamespaces } : { roomsPerSocket };
  return members(known, "{ roomsPerSocket: 100 }")("limits", given) as NamespaceLimitOptions;
}

/** Adds the defaults, or the limits of the preset, to checked limits. */
export function completeLimits(
  { preset, ...given }: LimitOptions = {},
  maxHttpBufferSize = 1_000_000,
): Limits {
  const bytesPerSecond = Math.max(PUBLIC_LIMITS.bytesPerSecond, maxHttpBufferSize / 2);
  return Object.freeze({ ...DEFAULTS, ...(preset && { ...PUBLIC_LIMITS, bytesPerSecond }), ...given });
}

/** Returns the defaults of other options that a preset changes. */
export function presetOptions(given: LimitOptions | undefined): Partial<typeof PUBLIC_OPTIONS> {
  return given?.preset ? PUBLIC_OPTIONS : {};
}
