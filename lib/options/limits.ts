/** What a server allows each client, and what it does beyond that: types, defaults and checks. */
import type { IncomingMessage } from "node:http";
import type { Untyped } from "../typed-events";
import { type Check, count, members, milliseconds, oneOf } from "./checks";

/**
 * How much clients may do; nothing is limited that has no default here.
 *
 * @see node_modules/socket.io/docs/limits.md
 */
export interface LimitOptions {
  /** How many connections there may be at a time, over all transports; the excess is refused (`CONNECTION_LIMIT`). */
  connections?: number;
  /**
   * How many connections one address may have at a time; the excess is refused (`ADDRESS_LIMIT`). The addresses of an
   * IPv6 network (/64) count as one.
   */
  connectionsPerAddress?: number;
  /** How many connections one address may open in a second; the excess is refused (`HANDSHAKE_RATE`). */
  handshakesPerSecond?: number;
  /**
   * How long a connection may go without asking for a namespace, in milliseconds; it is closed then (`IDLE_HANDSHAKE`),
   * and a polling session is forgotten at once.
   * @default the option `connectTimeout`
   */
  idleHandshakeMs?: number;
  /**
   * How many packets one long-polling request may carry; more close the connection (`PACKETS_PER_PAYLOAD`).
   * @default Infinity: as many as fit into `maxHttpBufferSize`
   */
  packetsPerPayload?: number;
  /**
   * How many events one connection may send in a second (`EVENT_RATE`). Joining and leaving a namespace count too, and
   * so do acknowledgements that nobody has asked for.
   */
  eventsPerSecond?: number;
  /** How many bytes one connection may send in a second, in packets of Socket.IO (`BYTE_RATE`). */
  bytesPerSecond?: number;
  /**
   * What may come at once after a silence, in seconds' worth of `eventsPerSecond` and `bytesPerSecond`; a larger packet
   * never passes.
   * @default 2
   */
  burst?: number;
  /**
   * What happens to a connection over `eventsPerSecond` or `bytesPerSecond`: it is closed, or what is too much is
   * dropped, a packet with its attachments. Namespaces that are asked for too fast are then refused; leaving one is
   * always possible.
   * @default "disconnect"
   */
  policy?: "disconnect" | "drop";
  /** How many namespaces one connection may be in, the main one included; the excess is refused (`NAMESPACE_LIMIT`). */
  namespacesPerClient?: number;
  /**
   * How many namespaces there may be for one pattern, made for the names that clients ask for; the excess is refused
   * (`NAMESPACE_LIMIT`).
   */
  childNamespaces?: number;
  /** How many rooms a socket may be in, its own included; over it, the socket is disconnected (`ROOM_LIMIT`). */
  roomsPerSocket?: number;
}

/** The limits that a namespace may have of its own; `childNamespaces` is for dynamic ones. */
export type NamespaceLimitOptions = Pick<LimitOptions, "roomsPerSocket" | "childNamespaces">;

/** The limits that hold. */
export type Limits = Readonly<
  LimitOptions & Required<Pick<LimitOptions, "packetsPerPayload" | "burst" | "policy">>
>;

/** What to do with a packet for a client that does not read what it is sent. */
export type SlowConsumerDecision = "keep" | "drop" | "disconnect";

/** What happens when a client does not read what it is sent (`SLOW_CONSUMER`). */
export interface SlowConsumerOptions {
  /**
   * How many bytes may wait for one connection, in the library, the engine and the stream. More than the largest event,
   * and than what is sent at once.
   */
  maxBufferedBytes: number;
  /**
   * What happens when more would wait; an event for a client for which nothing waits is always sent.
   *
   * - `"disconnect"`: the connection is closed;
   * - `"drop-volatile"`: volatile events are dropped; others are kept, and close the connection at twice as many bytes;
   * - `"drop-oldest"`: the oldest events that wait are dropped, as a whole; acknowledgements and the like are kept, and
   *   close the connection at twice as many bytes;
   * - a function decides for each packet, told how many bytes would wait with it. It may look at `socket.nsp`, for
   *   instance. What is no event is kept where it says `"drop"`, and closes the connection at twice as many bytes.
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

/** How `socket.drained()` is to wait. */
export interface DrainedOptions {
  /**
   * How many bytes may still wait.
   * @default 0
   */
  below?: number;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/** Which pages may connect, by the header `Origin`. */
export type OriginRule =
  | string
  | RegExp
  | readonly (string | RegExp)[]
  | ((origin: string | undefined, req: IncomingMessage) => boolean | Promise<boolean>);

/**
 * Which handler has failed:
 *
 * - `"connection"`: a listener of `connection` or `connect`;
 * - `"middleware"`: a function given to `io.use()` or `nsp.use()`; the client is refused;
 * - `"packet-middleware"`: a function given to `socket.use()`; the event is dropped;
 * - `"event"`: a listener of an event of the client, or of `error`;
 * - `"any"`: a listener given to `onAny()` or `prependAny()`;
 * - `"ack"`: an acknowledgement, when it was called with the answer of the client, or for want of one;
 * - `"disconnecting"`, `"disconnect"`: a listener of that event;
 * - `"server-side"`: a listener of an event that another server has sent;
 * - `"namespace"`: a function given to `io.of()`, which then counts as not allowing the name, or a listener of
 *   `new_namespace`.
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
  | "namespace";

/** Where an error of a handler comes from. */
export interface HandlerErrorContext {
  phase: HandlerPhase;
  /** The name of the event, for handlers of events and their acknowledgements. */
  event?: string;
  /** The socket that it was about. */
  socket?: Untyped;
  /** The namespace; for the phase `"namespace"`, what `io.of()` gave. */
  nsp: Untyped;
}

/**
 * Takes what a handler throws, or what its promise rejects with. What it throws itself is uncaught.
 *
 * @example
 * const io = new Server({
 *   onHandlerError(error, { phase, event, socket }) {
 *     log.error({ error, phase, event, id: socket?.id });
 *   },
 * });
 */
export type HandlerErrorListener = (error: unknown, context: HandlerErrorContext) => void;

const DEFAULTS = { packetsPerPayload: Number.POSITIVE_INFINITY, burst: 2, policy: "disconnect" } as const;

const checks: { readonly [Name in keyof Required<LimitOptions>]: Check } = {
  connections: count,
  connectionsPerAddress: count,
  handshakesPerSecond: count,
  idleHandshakeMs: milliseconds,
  packetsPerPayload: count,
  eventsPerSecond: count,
  bytesPerSecond: count,
  burst: count,
  policy: oneOf("disconnect", "drop"),
  namespacesPerClient: count,
  childNamespaces: count,
  roomsPerSocket: count,
};

/** Checks the option `limits`. */
export const checkLimits: Check = members(checks, "{ eventsPerSecond: 100 }");

/** Checks the limits of one namespace; a limit that would guard nothing there is refused. */
export function checkNamespaceLimits(given: unknown, isParent: boolean): NamespaceLimitOptions {
  const { roomsPerSocket, childNamespaces } = checks;
  const known: Record<string, Check> = isParent ? { roomsPerSocket, childNamespaces } : { roomsPerSocket };
  return members(known, "{ roomsPerSocket: 100 }")("limits", given) as NamespaceLimitOptions;
}

/** Fills in the defaults of checked limits. */
export function completeLimits(given: LimitOptions | undefined): Limits {
  return Object.freeze({ ...DEFAULTS, ...given });
}
