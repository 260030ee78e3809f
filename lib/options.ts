/** Every option of the server: its type, its default and its check. */
import type { AttachOptions, ServerOptions as EngineOptions } from "engine.io";
import type { Decoder, Encoder } from "socket.io-parser";
import * as defaultParser from "socket.io-parser";
import type { AdapterContract } from "./adapter/contract";
import { codedError, describeValue } from "./errors";
import type { Untyped } from "./typed-events";

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
}

/** The options of {@link Server}, with those of the Engine.IO server below it. */
export interface ServerOptions extends EngineOptions, AttachOptions {
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
}

/** The options that were given, checked and completed. */
export interface Settings extends Readonly<Partial<ServerOptions>> {
  readonly path: string;
  readonly serveClient: boolean;
  readonly connectTimeout: number;
  readonly parser: Parser;
  readonly connectionStateRecovery?: Readonly<Required<ConnectionStateRecoveryOptions>>;
  readonly cleanupEmptyChildNamespaces: boolean;
}

type Check = (name: string, value: unknown) => unknown;

/** The largest delay of a Node.js timer; a longer one would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

const SWITCHED_OFF_BY_FALSE: ReadonlySet<keyof ServerOptions> = new Set<keyof ServerOptions>([
  "path",
  "adapter",
  "parser",
  "connectTimeout",
  "allowRequest",
  "connectionStateRecovery",
]);

const checks: { readonly [Name in keyof ServerOptions]?: Check } = {
  path: ofType("string", 'a string such as "/socket.io"'),
  adapter: ofType("function", "an adapter class or a function that makes an adapter"),
  parser: checkParser,
  connectTimeout: milliseconds,
  pingInterval: milliseconds,
  pingTimeout: milliseconds,
  upgradeTimeout: milliseconds,
  destroyUpgradeTimeout: milliseconds,
  maxHttpBufferSize: bytes,
  allowRequest: ofType("function", "a function (req, callback)"),
  wsEngine: ofType("function", "a WebSocket server class"),
  connectionStateRecovery: checkRecovery,
};

/** Fills in the defaults of checked options. */
export function resolveOptions(given: Partial<ServerOptions>): Settings {
  return Object.freeze({
    ...given,
    path: withoutTrailingSlash(given.path || "/socket.io"),
    serveClient: given.serveClient !== false,
    connectTimeout: given.connectTimeout || 45_000,
    parser: given.parser ?? defaultParser,
    cleanupEmptyChildNamespaces: Boolean(given.cleanupEmptyChildNamespaces),
  }) as Settings;
}

/**
 * Checks the options, and gives a copy: what was given is left as it is. Options that are `undefined` or `null` count
 * as not given, and so do some that are `false`, as in `adapter: redisUrl && createAdapter()`.
 */
export function checkOptions(options: Partial<ServerOptions>): Partial<ServerOptions> {
  const checked: Record<string, unknown> = {};
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

/** The path as it is kept: "/socket.io/" is "/socket.io". */
export function withoutTrailingSlash(path: string): string {
  return path.replace(/\/$/, "");
}

/** Checks a number of milliseconds; a numeric string, as from the environment, counts as one. */
export function milliseconds(name: string, value: unknown): number {
  return amount(name, value, "a number of milliseconds", MAX_TIMER);
}

function bytes(name: string, value: unknown): number {
  return amount(name, value, "a number of bytes", Number.POSITIVE_INFINITY);
}

function amount(name: string, value: unknown, expected: string, largest: number): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number) || number < 0) {
    throw codedError("INVALID_OPTION", name, expected, describeValue(value));
  }
  if (number > largest) {
    throw codedError("INVALID_OPTION", name, `${expected} of at most ${largest}`, describeValue(value));
  }
  return number;
}

function ofType(type: "string" | "function", expected: string): Check {
  return (name, value) => {
    if (typeof value !== type) {
      throw codedError("INVALID_OPTION", name, expected, describeValue(value));
    }
    return value;
  };
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
  const {
    maxDisconnectionDuration = 120_000,
    skipMiddlewares = true,
    ...others
  } = value === true ? {} : (value as ConnectionStateRecoveryOptions);
  return Object.freeze({
    ...others,
    maxDisconnectionDuration: amount(
      `${name}.maxDisconnectionDuration`,
      maxDisconnectionDuration,
      "a number of milliseconds",
      Number.POSITIVE_INFINITY,
    ),
    skipMiddlewares: Boolean(skipMiddlewares),
  });
}
