/** The options of a Listener: their types, defaults and checks. */
import { codedError, describeValue } from "../../errors";
import type { ServerOptions } from "../../index";
import { milliseconds } from "../../options/checks";
import { warnOfTransport } from "../retired";
import { carrierOf, checkedTransports, type LegacyTransport, type TransportReports } from "../transports";
import type { Client } from "./client";
import type { Listener } from "./listener";
import { allowsAll, checkedOrigins, originTest } from "./origins";

/**
 * The options of {@link listen}. A function with a name such as `onClientConnect` becomes a listener of the event
 * `clientConnect`.
 *
 * @since 4.9.0
 */
export interface ListenerOptions {
  /**
   * The first part of the path of all requests, which clients need too.
   * @default "socket.io"
   */
  resource?: string;
  /**
   * The hosts and ports whose pages may connect, each as `"host:port"`, where `*` stands for any: a string with one or
   * several of these, or an array. Pages of other origins are refused.
   * @default "*:*"
   */
  origins?: string | string[];
  /**
   * The accepted transports.
   * @default ["websocket", "server-events", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling"]
   */
  transports?: LegacyTransport[];
  /**
   * How long after the loss of its connection a client counts as disconnected, in milliseconds, if it has not returned
   * by then.
   * @default 8000
   */
  timeout?: number;
  /**
   * A function that is called with each line of the log, or `false` for no log.
   * @default console.log
   */
  log?: ((line: string) => void) | false;
  /** Options of today's server below, such as `limits`. They take precedence over those that the listener sets. */
  io?: Partial<ServerOptions>;
  /** A listener of `clientConnect`. */
  onClientConnect?: (this: Listener, client: Client) => void;
  /** A listener of `clientMessage`. */
  onClientMessage?: (this: Listener, message: string, client: Client) => void;
  /** A listener of `clientDisconnect`. */
  onClientDisconnect?: (this: Listener, client: Client) => void;
  /** A listener of `connection`. */
  onConnection?: (this: Listener, client: Client) => void;
}

/**
 * The options of a {@link Listener}, with defaults.
 *
 * @since 4.9.0
 */
export interface ListenerSettings extends ListenerOptions {
  resource: string;
  origins: string | string[];
  transports: LegacyTransport[];
  timeout: number;
  log: ((line: string) => void) | false;
}

const reports: TransportReports = {
  invalid: (expected, got) => codedError("INVALID_OPTION", "transports", expected, describeValue(got)),
  retired: warnOfTransport,
};

/** Checks options, and adds the defaults. */
export function completeOptions(given: ListenerOptions): ListenerSettings {
  const { resource = "socket.io", origins = "*:*", timeout = 8_000, log = console.log } = given;
  if (typeof resource !== "string" || pathOf(resource) === "/") {
    const expected = 'a part of a path, such as "socket.io"';
    throw codedError("INVALID_OPTION", "resource", expected, describeValue(resource));
  }
  if (log !== false && typeof log !== "function") {
    throw codedError("INVALID_OPTION", "log", "a function (line) or false", describeValue(log));
  }
  checkedOrigins(origins);
  return {
    ...given,
    resource,
    origins,
    transports: checkedTransports(given.transports, reports),
    timeout: milliseconds("timeout", timeout),
    log,
  };
}

/** Returns the path of a resource: "/socket.io" for "socket.io". */
export function pathOf(resource: string): string {
  return `/${resource.replace(/^\/+|\/+$/g, "")}`;
}

/** Returns the options of today's server. */
export function serverOptions(settings: ListenerSettings): Partial<ServerOptions> {
  const origins = checkedOrigins(settings.origins);
  const test = originTest(origins);
  return {
    path: pathOf(settings.resource),
    transports: [...new Set(settings.transports.map(carrierOf))] as ServerOptions["transports"],
    connectionStateRecovery: { maxDisconnectionDuration: settings.timeout },
    ...(allowsAll(origins)
      ? { cors: { origin: "*" } }
      : {
          cors: { origin: (origin, callback) => callback(null, test(origin)) },
          allowedOrigins: (origin) => test(origin),
        }),
    ...settings.io,
  };
}
