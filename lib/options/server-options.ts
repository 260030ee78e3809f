/** The options of the server: their types, defaults and checks. */
import type { IncomingMessage } from "node:http";
import type { AttachOptions, ServerOptions as EngineOptions } from "engine.io";
import type { Decoder, Encoder } from "socket.io-parser";
import * as defaultParser from "socket.io-parser";
import type { AdapterContract } from "../adapter/contract";
import { isContract } from "../contract/contract";
import type { AnyContract, ContractOf } from "../contract/types";
import { codedError, describeValue } from "../errors";
import { checkOriginRule } from "../guards/origins";
import type { Untyped } from "../typed-events";
import { warnOnce } from "../warnings";
import { bytes, type Check, count, duration, members, milliseconds, numberIn, ofType, oneOf } from "./checks";
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
  presetOptions,
  type SlowConsumerOptions,
} from "./limits";
import { checkNames } from "./names";

/**
 * A class of adapters, or a function that creates one, such as `createAdapter()` of an adapter package returns. It is
 * called with the namespace.
 *
 * @since 4.9.0
 */
export type AdapterConstructor =
  | (new (
      nsp: Untyped,
    ) => AdapterContract)
  | ((nsp: Untyped) => AdapterContract);

/**
 * A module that encodes and decodes packets, such as `socket.io-msgpack-parser`.
 *
 * @since 4.9.0
 */
export interface Parser {
  /** The class that encodes packets. */
  Encoder: new () => Encoder;
  /** The class that decodes packets. */
  Decoder: new () => Decoder;
}

/**
 * The members of the option `connectionStateRecovery`.
 *
 * @since 4.9.0
 */
export interface ConnectionStateRecoveryOptions {
  /**
   * How long the server keeps the session of a disconnected client, in milliseconds.
   * @default 120000
   */
  maxDisconnectionDuration?: number;
  /**
   * Whether a client whose session is restored is connected without running the middlewares of the namespace.
   * @default true
   */
  skipMiddlewares?: boolean;
  /**
   * The maximum number of events that each namespace keeps for disconnected clients. The oldest are discarded first.
   * The in-memory adapter keeps at most as many sessions, and discards the oldest of the address that has the most.
   * @default 100000
   */
  maxPackets?: number;
  /**
   * The maximum memory for the events that each namespace keeps for disconnected clients, in bytes. The oldest are
   * discarded first.
   * @default 67108864 (64 MiB)
   */
  maxBytes?: number;
}

/** The members of the option `perMessageDeflate`. */
export type DeflateOptions = Exclude<EngineOptions["perMessageDeflate"], boolean | undefined> & {
  /**
   * Whether a broadcast is compressed once for all its receivers, without the messages before as context.
   * @default true
   */
  sharedCompression?: boolean;
};

/** The options of {@link Server}, which include those of the Engine.IO server. */
export interface ServerOptions extends Omit<EngineOptions, "httpCompression" | "transports">, AttachOptions {
  /**
   * The path at which the server answers requests. It begins with a slash, and clients need the same `path`.
   * @default "/socket.io"
   */
  path: string;
  /**
   * Whether the server serves the browser client, as `<path>/socket.io.js`, `.min.js`, `.esm.min.js` and
   * `.msgpack.min.js`.
   * @default true
   */
  serveClient: boolean;
  /**
   * The transports that clients may use. `"webtransport"` needs an HTTP/3 server. `"sse"` stands for server-sent events
   * with the client class of `socket.io/server-sent-events`.
   * @default ["polling", "websocket"]
   */
  transports?: (NonNullable<EngineOptions["transports"]>[number] | "sse")[];
  /**
   * The compression of long-polling responses, for clients that accept it. Responses of at least `threshold` bytes are
   * compressed; with `true`, all responses. `false` disables compression.
   * @default { threshold: 1024 }
   */
  httpCompression?: EngineOptions["httpCompression"] | true;
  /**
   * The compression of WebSocket messages (permessage-deflate) for clients that accept it, with the options of the ws
   * package; `true` means `{ threshold: 1024 }`.
   *
   * With `sharedCompression`, each message is compressed independently of the messages before, and a broadcast only once
   * for all its receivers. `false` compresses each message for each client, with the client's earlier messages as context:
   * similar messages become smaller, but each client needs more memory and each message more time.
   *
   * @default false
   * @example
   * new Server({ perMessageDeflate: { threshold: 1024, sharedCompression: false } });
   */
  perMessageDeflate?: boolean | DeflateOptions;
  /**
   * The adapter, which stores the rooms of the sockets and delivers broadcasts: a class, or a function that creates
   * one.
   * @default the in-memory adapter
   */
  adapter: AdapterConstructor;
  /**
   * The parser, a module that encodes and decodes packets. Clients need the same one.
   * @default socket.io-parser
   */
  parser: Untyped;
  /**
   * How long a client may stay connected without joining a namespace, in milliseconds. The connection is then closed.
   * `0` stands for the default.
   * @default 45000
   */
  connectTimeout: number;
  /**
   * Enables connection state recovery: a client that reconnects gets back its id, its rooms, its data and the events
   * that it has missed. `{}` enables it with the defaults.
   * @default undefined: disabled
   * @see https://socket.io/docs/v4/connection-state-recovery
   */
  connectionStateRecovery: ConnectionStateRecoveryOptions;
  /**
   * Whether a namespace that was created for a dynamic namespace is deleted when its last socket has disconnected.
   * @default false
   */
  cleanupEmptyChildNamespaces: boolean;
  /**
   * Limits for connections, events, bytes, namespaces and rooms; `"public"` for the limits of a server that anyone can reach.
   * @since 4.9.0
   * @default undefined: no limits
   * @example
   * limits: "public"
   * limits: { preset: "public", connections: 20_000, eventsPerSecond: 500 }
   * limits: { connectionsPerAddress: 100 }
   */
  limits: LimitOptions | "public";
  /**
   * Limits the bytes that are buffered for a client which does not read them.
   * @since 4.9.0
   * @default undefined: no limit
   */
  slowConsumer: SlowConsumerOptions;
  /**
   * The maximum depth of the arrays and objects of a packet from a client; the array of arguments is the first level. A
   * deeper packet closes the connection (`PAYLOAD_TOO_DEEP`). With a limit of several thousand levels, sending such a
   * packet to other clients can throw a `RangeError`, since `JSON.stringify()` has a limit too.
   * @since 4.9.0
   * @default 1000
   */
  maxPayloadDepth: number;
  /**
   * How long the server waits for each binary attachment of a packet, in milliseconds. The connection is then closed
   * (`ATTACHMENT_TIMEOUT`).
   * @since 4.9.0
   * @default the sum of `pingInterval` and `pingTimeout`
   */
  attachmentTimeout: number;
  /**
   * A function that is called with each error that a handler or a middleware throws or rejects with.
   * Without it, these errors are uncaught exceptions and unhandled rejections.
   * @since 4.9.0
   * @default undefined
   */
  onHandlerError: HandlerErrorListener;
  /**
   * The web pages that may connect, over any transport: an origin such as `"https://example.com"`, a regular
   * expression, an array of these, or a function. Connections of other pages are refused (`ORIGIN_FORBIDDEN`). A
   * request without the header `Origin` does not come from a page of another origin and is accepted, unless
   * `requireOrigin` is set; for JSONP requests, which browsers send without it, the header `Referer` is checked instead. A
   * function is called for requests with the header, and for JSONP requests.
   * @since 4.9.0
   * @default undefined: all pages
   * @example
   * allowedOrigins: ["https://example.com", /^https:\/\/[\w-]+\.example\.com$/]
   */
  allowedOrigins: OriginRule;
  /**
   * Whether requests without the header `Origin` are refused too, unless they have `Sec-Fetch-Site: same-origin`, which
   * browsers send over HTTPS. Has no effect without `allowedOrigins`.
   * @since 4.9.0
   * @default false
   */
  requireOrigin: boolean;
  /**
   * How the library determines the address of a client, for limits and for the reports of guards:
   *
   * - `false`: from the connection
   * - a number: from the header `X-Forwarded-For`; the number is how many of your own proxies append an address to it
   * - a function: its return value is the address; `undefined` stands for that of the connection
   *
   * @since 4.9.0
   * @default false
   */
  trustProxy: false | number | ((req: IncomingMessage) => string | undefined);
  /**
   * How long to wait for acknowledgements if no `timeout()` is set, in milliseconds. Applies to broadcasts and to
   * `socket.emitWithAck()`, but not to `socket.emit()` with a callback.
   *
   * Without this option, the acknowledgement of a broadcast without `timeout()` fails at once, and
   * `socket.emitWithAck()` waits without a limit.
   * @since 4.9.0
   * @default undefined
   * @example
   * const io = new Server({ ackTimeout: 10_000 });
   * const answers = await io.to("room-101").emitWithAck("question");
   */
  ackTimeout: number;
  /**
   * What happens to the promise of an `emitWithAck()` without a timeout when the client disconnects before it answers.
   * With `"pending"` it stays pending, with `"reject"` it is rejected (`SOCKET_DISCONNECTED`).
   * @since 4.9.0
   * @default "pending"
   */
  ackOnDisconnect: "pending" | "reject";
  /**
   * The contract of the namespaces: the types of their events, and the checks of what comes in. Made by `contract()` of
   * `socket.io/contract`. `io.of(name, { contract })` sets another one for a namespace, or none with `contract: null`.
   * @since 4.9.0
   * @default undefined: nothing is checked
   * @see node_modules/socket.io/docs/contracts.md
   */
  contract: AnyContract;
  /**
   * What happens to an event that is not in the contract: with `"refuse"` it is dropped and reported (`UNKNOWN_EVENT`), and
   * sending it throws; with `"allow"` it is delivered without a check.
   * @since 4.9.0
   * @default "refuse"
   */
  unknownEvents: "refuse" | "allow";
  /**
   * When an event or an answer of the server is checked before it is sent; if it does not follow the contract, sending it
   * throws (`INVALID_PAYLOAD`). `"development"` means: unless the environment variable `NODE_ENV` is `"production"`.
   * @since 4.9.0
   * @default "development"
   */
  validateOutgoing: "development" | "always" | "never";
}

/**
 * The options of `io.of(name, options)`, which are those of the server for a single namespace.
 *
 * @since 4.9.0
 */
export type NamespaceOptions = Partial<Pick<ServerOptions, "unknownEvents" | "validateOutgoing">> & {
  /**
   * The contract of the namespace; `null` for none, even if the server has one.
   * @default the contract of the server
   */
  contract?: AnyContract | null | undefined;
};

/**
 * The options of a server or a namespace with a contract, from which its event maps are inferred.
 *
 * @since 4.9.0
 */
export interface ContractOptions<ListenEvents, EmitEvents, ServerSideEvents> {
  /** The contract, made by `contract()` of `socket.io/contract`. */
  contract: ContractOf<ListenEvents, EmitEvents, ServerSideEvents>;
}

/** The checked options, with defaults. */
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

const IGNORED_IF_FALSY: ReadonlySet<keyof ServerOptions> = new Set<keyof ServerOptions>([
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
  "contract",
]);

const unchecked: Check = (_name, value) => value;

const checks: { readonly [Name in keyof ServerOptions]-?: Check } = {
  path: checkPath,
  addTrailingSlash: unchecked,
  serveClient: unchecked,
  adapter: ofType("function", "an adapter class or a function that makes an adapter"),
  parser: checkParser,
  connectTimeout: milliseconds,
  cleanupEmptyChildNamespaces: unchecked,
  transports: checkTransports,
  allowUpgrades: unchecked,
  pingInterval: milliseconds,
  pingTimeout: milliseconds,
  upgradeTimeout: milliseconds,
  destroyUpgrade: unchecked,
  destroyUpgradeTimeout: milliseconds,
  maxHttpBufferSize: bytes,
  maxBufferedChunks: count,
  httpRequestBodyTimeout: milliseconds,
  initialPacket: unchecked,
  allowEIO3: unchecked,
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
  contract: checkContract,
  unknownEvents: oneOf("refuse", "allow"),
  validateOutgoing: oneOf("development", "always", "never"),
};

const KNOWN_NAMES: readonly string[] = [
  ...Object.keys(checks),
  // options of attachApp()
  "compression",
  "idleTimeout",
  "maxBackpressure",
];

/** Adds the defaults to checked options. */
export function resolveOptions(given: Partial<ServerOptions>): Settings {
  // checked limits are an object
  const limits = given.limits as LimitOptions | undefined;
  return Object.freeze({
    maxPayloadDepth: 1_000,
    ...presetOptions(limits),
    ...given,
    path: checkedPath(given.path || "/socket.io"),
    serveClient: given.serveClient !== false,
    connectTimeout: given.connectTimeout || 45_000,
    parser: given.parser ?? defaultParser,
    cleanupEmptyChildNamespaces: Boolean(given.cleanupEmptyChildNamespaces),
    limits: completeLimits(limits, given.maxHttpBufferSize),
  }) as Settings;
}

/**
 * Checks options and returns a copy. Options that are `undefined` or `null` are left out, and so are some that are
 * falsy, as in `adapter: redisUrl && createAdapter()`.
 */
export function checkOptions(options: Partial<ServerOptions>): Partial<ServerOptions> {
  checkNames(options, KNOWN_NAMES);
  const checked: Record<string, unknown> = {};
  if ((options as { origins?: unknown }).origins) {
    warnOnce("SOCKET_IO_ORIGINS_IGNORED");
  }
  for (const name of allOptionNames(options)) {
    const value: unknown = options[name];
    if (value === undefined || value === null || (IGNORED_IF_FALSY.has(name) && !value)) {
      continue;
    }
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    checked[name] = check ? check(name, value) : value;
  }
  return checked;
}

/** Returns the names of all options, including inherited properties of the given object. */
function allOptionNames(options: Partial<ServerOptions>): Set<keyof ServerOptions> {
  const names = new Set(Object.keys(checks) as (keyof ServerOptions)[]);
  for (const name in options) {
    names.add(name as keyof ServerOptions);
  }
  return names;
}

/** Checks a path and removes its trailing slash: "/socket.io/" becomes "/socket.io", and "/" becomes "". */
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
    // left out if not given: adapters of other packages have their own defaults
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

function checkContract(name: string, value: unknown): unknown {
  if (!isContract(value)) {
    const expected = "a contract, made by contract() of socket.io/contract";
    throw codedError("INVALID_OPTION", name, expected, describeValue(value));
  }
  return value;
}

/** Checks the options of a single namespace. */
export function checkNamespaceOptions(given: unknown): NamespaceOptions {
  const { contract, unknownEvents, validateOutgoing } = checks;
  const known = { contract, unknownEvents, validateOutgoing };
  const checked = members(known, "{ contract: chat }")("options", given) as NamespaceOptions;
  return (given as NamespaceOptions).contract === null ? { ...checked, contract: null } : checked;
}

function checkTrustProxy(name: string, value: unknown): unknown {
  const given = numberIn(value);
  const isCount = typeof given === "number" && Number.isInteger(given) && given >= 0;
  if (given !== false && !isCount && typeof given !== "function") {
    const expected = "false, the number of your proxies or a function (req)";
    throw codedError("INVALID_OPTION", name, expected, describeValue(value));
  }
  return given;
}

/** Whether the first argument of `new Server()` is an options object: it is one if it has no `listen()`. */
export function isOptions(value: unknown): value is Partial<ServerOptions> {
  return typeof value === "object" && value !== null && !("listen" in value && value.listen);
}
