/** Every option of the server: its type, its default and its check. */
import type { IncomingMessage } from "node:http";
import type { AttachOptions, ServerOptions as EngineOptions } from "engine.io";
import type { Decoder, Encoder } from "socket.io-parser";
import * as defaultParser from "socket.io-parser";
import type { AdapterContract } from "../adapter/contract";
import { codedError, describeValue } from "../errors";
import { checkOriginRule } from "../guards/origins";
import type { Untyped } from "../typed-events";
import { warnOnce } from "../warnings";
import { bytes, type Check, count, duration, members, milliseconds, ofType, oneOf } from "./checks";
import {
  checkCookie,
  checkCors,
  checkHttpCompression,
  checkPath,
  checkPerMessageDeflate,
  checkTransports,
} from "./engine-options";
import {
  checkLimits,
  completeLimits,
  type HandlerErrorListener,
  type LimitOptions,
  type Limits,
  type OriginRule,
  type SlowConsumerOptions,
} from "./limits";
import { checkNames } from "./names";

/**
 * Makes the adapter of a namespace: a class, or a function such as `createAdapter()` of an adapter package returns.
 * It is given the namespace.
 */
export type AdapterConstructor =
  | (new (
      nsp: Untyped,
    ) => AdapterContract)
  | ((nsp: Untyped) => AdapterContract);

/** A module that encodes and decodes packets, such as socket.io-msgpack-parser. */
export interface Parser {
  Encoder: new () => Encoder;
  Decoder: new () => Decoder;
}

/** When a client that lost its connection gets its session back. */
export interface ConnectionStateRecoveryOptions {
  /**
   * How long a client may stay away, in milliseconds.
   * @default 120000
   */
  maxDisconnectionDuration?: number;
  /**
   * Whether the middlewares are passed over when the session was restored.
   * @default true
   */
  skipMiddlewares?: boolean;
  /**
   * How many events are kept for absent clients, in each namespace; the oldest go first.
   * @default 100000
   */
  maxPackets?: number;
  /**
   * How many bytes they may take, in each namespace; the oldest go first.
   * @default 67108864 (64 MiB)
   */
  maxBytes?: number;
}

/** The options of {@link Server}, with those of the Engine.IO server below it. */
export interface ServerOptions extends Omit<EngineOptions, "httpCompression">, AttachOptions {
  /**
   * The path under which the server answers.
   * @default "/socket.io"
   */
  path: string;
  /**
   * Whether the browser client is served, at `<path>/socket.io.js` and beside it.
   * @default true
   */
  serveClient: boolean;
  /**
   * How answers of long-polling are compressed, for clients that accept it: those of at least `threshold` bytes; with
   * `true`, all of them.
   * @default { threshold: 1024 }
   */
  httpCompression?: EngineOptions["httpCompression"] | true;
  /**
   * What keeps the rooms and delivers to them.
   * @default the in-memory adapter
   */
  adapter: AdapterConstructor;
  /**
   * What encodes and decodes packets.
   * @default socket.io-parser
   */
  parser: Untyped;
  /**
   * How long a client may be connected without joining a namespace, in milliseconds; 0 means the default.
   * @default 45000
   */
  connectTimeout: number;
  /**
   * Whether, and for how long, a client that lost its connection gets its id, rooms, data and missed events back.
   * Off unless given.
   *
   * @see https://socket.io/docs/v4/connection-state-recovery
   */
  connectionStateRecovery: ConnectionStateRecoveryOptions;
  /**
   * Whether the namespaces of a dynamic namespace are dropped when their last socket has left.
   * @default false
   */
  cleanupEmptyChildNamespaces: boolean;
  /** How much clients may do. */
  limits: LimitOptions;
  /** What happens when a client does not read what it is sent; by default it all waits. */
  slowConsumer: SlowConsumerOptions;
  /**
   * How deep the arrays and objects of a packet may be nested; the array of arguments is the first. A deeper one ends its
   * connection (`PAYLOAD_TOO_DEEP`). JSON itself has a limit of some thousands: what is deeper cannot be sent on.
   * @default 1000
   */
  maxPayloadDepth: number;
  /**
   * How long a packet waits for each of its attachments, in milliseconds; the connection is closed then
   * (`ATTACHMENT_TIMEOUT`).
   * @default the options `pingInterval` and `pingTimeout` together
   */
  attachmentTimeout: number;
  /**
   * Takes the errors of handlers and middlewares, thrown ones and those of promises. Without it they are uncaught, as
   * Node.js has it.
   */
  onHandlerError: HandlerErrorListener;
  /**
   * Which pages may connect, over any transport (`ORIGIN_FORBIDDEN`): an origin such as `"https://example.com"`, a regular
   * expression, a list of these, or a function. A request without the header `Origin` is not from a page, and passes.
   * @default all
   * @example
   * allowedOrigins: ["https://example.com", /^https:\/\/[\w-]+\.example\.com$/]
   */
  allowedOrigins: OriginRule;
  /**
   * Whether a request without the header `Origin` is refused too, where there are `allowedOrigins`.
   * @default false
   */
  requireOrigin: boolean;
  /**
   * Where the address of a client is read that is limited or logged: `false` takes that of the connection, a number is
   * how many proxies of yours add to `X-Forwarded-For`, a function says it.
   * @default false
   */
  trustProxy: false | number | ((req: IncomingMessage) => string | undefined);
  /**
   * How long answers are waited for where no `timeout()` was chosen, in milliseconds: those to an event for many sockets,
   * and those to `socket.emitWithAck()`. Without it, an event for many sockets fails at once, and
   * `socket.emitWithAck()` waits as long as the client is connected. It does not hold for `socket.emit()` with a callback,
   * which takes an error only after `timeout()`.
   * @default undefined
   * @example
   * const io = new Server({ ackTimeout: 10_000 });
   * const answers = await io.to("room-101").emitWithAck("question");
   */
  ackTimeout: number;
  /**
   * What becomes of `emitWithAck()` without a timeout when the client leaves before it answers: its promise stays
   * pending, or is rejected (`SOCKET_DISCONNECTED`).
   * @default "pending"
   */
  ackOnDisconnect: "pending" | "reject";
}

/** The options that were given, checked and completed. */
export interface Settings extends Readonly<Partial<ServerOptions>> {
  readonly path: string;
  readonly serveClient: boolean;
  readonly connectTimeout: number;
  readonly parser: Parser;
  readonly connectionStateRecovery?: Readonly<
    ConnectionStateRecoveryOptions &
      Required<Pick<ConnectionStateRecoveryOptions, "maxDisconnectionDuration" | "skipMiddlewares">>
  >;
  readonly cleanupEmptyChildNamespaces: boolean;
  readonly limits: Limits;
  readonly maxPayloadDepth: number;
}

const SWITCHED_OFF_BY_FALSE: ReadonlySet<keyof ServerOptions> = new Set<keyof ServerOptions>([
  "path",
  "adapter",
  "parser",
  "connectTimeout",
  "allowRequest",
  "connectionStateRecovery",
  "limits",
  "slowConsumer",
  "onHandlerError",
  "allowedOrigins",
]);

const anything: Check = (_name, value) => value;

const checks: { readonly [Name in keyof ServerOptions]-?: Check } = {
  path: checkPath,
  addTrailingSlash: anything,
  serveClient: anything,
  adapter: ofType("function", "an adapter class or a function that makes an adapter"),
  parser: checkParser,
  connectTimeout: milliseconds,
  cleanupEmptyChildNamespaces: anything,
  transports: checkTransports,
  allowUpgrades: anything,
  pingInterval: milliseconds,
  pingTimeout: milliseconds,
  upgradeTimeout: milliseconds,
  destroyUpgrade: anything,
  destroyUpgradeTimeout: milliseconds,
  maxHttpBufferSize: bytes,
  maxBufferedChunks: count,
  httpRequestBodyTimeout: milliseconds,
  initialPacket: anything,
  allowEIO3: anything,
  allowRequest: ofType("function", "a function (req, callback)"),
  cors: checkCors,
  cookie: checkCookie,
  httpCompression: checkHttpCompression,
  perMessageDeflate: checkPerMessageDeflate,
  wsEngine: ofType("function", "a WebSocket server class"),
  connectionStateRecovery: checkRecovery,
  limits: checkLimits,
  slowConsumer: checkSlowConsumer,
  maxPayloadDepth: count,
  attachmentTimeout: milliseconds,
  onHandlerError: ofType("function", "a function (error, context)"),
  allowedOrigins: checkOriginRule,
  requireOrigin: ofType("boolean", "true or false"),
  trustProxy: checkTrustProxy,
  ackTimeout: milliseconds,
  ackOnDisconnect: oneOf("pending", "reject"),
};

const KNOWN_NAMES: readonly string[] = [
  ...Object.keys(checks),
  // of attachApp()
  "compression",
  "idleTimeout",
  "maxBackpressure",
];

/** Fills in the defaults of checked options. */
export function resolveOptions(given: Partial<ServerOptions>): Settings {
  return Object.freeze({
    ...given,
    path: checkedPath(given.path || "/socket.io"),
    serveClient: given.serveClient !== false,
    connectTimeout: given.connectTimeout || 45_000,
    parser: given.parser ?? defaultParser,
    cleanupEmptyChildNamespaces: Boolean(given.cleanupEmptyChildNamespaces),
    limits: completeLimits(given.limits),
    maxPayloadDepth: given.maxPayloadDepth ?? 1_000,
  }) as Settings;
}

/**
 * Checks the options, and gives a copy: what was given is left as it is. Options that are `undefined` or `null` count
 * as not given, and so do some that are `false`, as in `adapter: redisUrl && createAdapter()`.
 */
export function checkOptions(options: Partial<ServerOptions>): Partial<ServerOptions> {
  checkNames(options, KNOWN_NAMES);
  const checked: Record<string, unknown> = {};
  if ((options as { origins?: unknown }).origins) {
    warnOnce("SOCKET_IO_ORIGINS_IGNORED");
  }
  for (const name of namesIn(options)) {
    const value: unknown = options[name];
    if (value === undefined || value === null || (SWITCHED_OFF_BY_FALSE.has(name) && !value)) {
      continue;
    }
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    checked[name] = check ? check(name, value) : value;
  }
  return checked;
}

/** The names of the options, those that an object inherits too. */
function namesIn(options: Partial<ServerOptions>): Set<keyof ServerOptions> {
  const names = new Set(Object.keys(checks) as (keyof ServerOptions)[]);
  for (const name in options) {
    names.add(name as keyof ServerOptions);
  }
  return names;
}

/** The path as it is kept: "/socket.io/" is "/socket.io", and "/" is "". */
export function checkedPath(path: string): string {
  return path === "" ? path : checkPath("path", path).replace(/\/$/, "");
}

function checkParser(name: string, value: unknown): unknown {
  const parser = value as Partial<Parser>;
  if (typeof parser.Encoder !== "function" || typeof parser.Decoder !== "function") {
    throw codedError(
      "INVALID_OPTION",
      name,
      "a module with an Encoder and a Decoder class",
      describeValue(value),
    );
  }
  return value;
}

function checkRecovery(name: string, value: unknown): unknown {
  if (value !== true && (typeof value !== "object" || Array.isArray(value))) {
    throw codedError(
      "INVALID_OPTION",
      name,
      "an object such as { maxDisconnectionDuration: 120000 }",
      describeValue(value),
    );
  }
  checkNames(
    Object(value),
    ["maxDisconnectionDuration", "skipMiddlewares", "maxPackets", "maxBytes"],
    `${name}.`,
  );
  const {
    maxDisconnectionDuration = 120_000,
    skipMiddlewares = true,
    maxPackets,
    maxBytes,
    ...others
  } = value === true ? {} : (value as ConnectionStateRecoveryOptions);
  return Object.freeze({
    ...others,
    maxDisconnectionDuration: duration(`${name}.maxDisconnectionDuration`, maxDisconnectionDuration),
    skipMiddlewares: Boolean(skipMiddlewares),
    // adapters see the defaults of their own
    ...(maxPackets !== undefined && { maxPackets: count(`${name}.maxPackets`, maxPackets) }),
    ...(maxBytes !== undefined && { maxBytes: bytes(`${name}.maxBytes`, maxBytes) }),
  });
}

const POLICIES = oneOf("disconnect", "drop-volatile", "drop-oldest");

function checkSlowConsumer(name: string, value: unknown): unknown {
  const policy: Check = (path, given) => (typeof given === "function" ? given : POLICIES(path, given));
  const checked = members({ maxBufferedBytes: bytes, policy }, "{ maxBufferedBytes: 1000000 }")(name, value);
  const { maxBufferedBytes } = checked as Partial<SlowConsumerOptions>;
  if (maxBufferedBytes === undefined) {
    throw codedError("INVALID_OPTION", `${name}.maxBufferedBytes`, "a number of bytes", "undefined");
  }
  return checked;
}

function checkTrustProxy(name: string, value: unknown): unknown {
  const isCount = typeof value === "number" && Number.isInteger(value) && value >= 0;
  if (value !== false && !isCount && typeof value !== "function") {
    const expected = "false, the number of your proxies or a function (req)";
    throw codedError("INVALID_OPTION", name, expected, describeValue(value));
  }
  return value;
}

/** Whether this is what `new Server()` takes as options: an object without `listen()` is no server. */
export function isOptions(value: unknown): value is Partial<ServerOptions> {
  return typeof value === "object" && value !== null && !("listen" in value && value.listen);
}
