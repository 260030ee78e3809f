/** The options of the client of Socket.IO 0.x: their types and defaults. */
import { checkedTransports, type LegacyTransport } from "../transports";
import type { Platform } from "./platform";

/**
 * The options of a `Socket`.
 *
 * @since 4.9.0
 */
export interface SocketOptions {
  /**
   * Whether to use encrypted connections.
   * @default that of the page; without a page `false`
   */
  secure?: boolean;
  /**
   * The port of the server.
   * @default that of the page; without a page 80, or 443 if `secure` is `true`
   */
  port?: number | string;
  /**
   * The first part of the path of all requests, which must be the same on the server.
   * @default "socket.io"
   */
  resource?: string;
  /**
   * The transports, in the order in which they are tried.
   * @default ["websocket", "server-events", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling"]
   */
  transports?: LegacyTransport[];
  /**
   * Options for single transports, by their names: those of the option `transportOptions` of today's client.
   * @default {}
   * @example
   * new io.Socket("localhost", { transportOptions: { websocket: { extraHeaders: { "X-Token": "1" } } } });
   */
  transportOptions?: { [Name in LegacyTransport]?: object };
  /**
   * Whether the transport that has worked is stored in a cookie with the name `socket.io`, and is tried first next time.
   * Has no effect without a page.
   * @default true
   */
  rememberTransport?: boolean;
}

/**
 * The options of a `Socket`, with defaults.
 *
 * @since 4.9.0
 */
export type SocketSettings = Required<SocketOptions>;

/** Adds the defaults to options. */
export function completeOptions(given: SocketOptions, platform: Platform): SocketSettings {
  const { location } = platform;
  const secure = given.secure ?? location?.protocol === "https:";
  return {
    rememberTransport: true,
    ...given,
    secure,
    port: given.port ?? (location?.port || (secure ? 443 : 80)),
    resource: given.resource ?? "socket.io",
    transports: checkedTransports(given.transports, platform.reports),
    transportOptions: { ...given.transportOptions },
  };
}

/** Returns the address of the server. */
export function addressOf(host: string, { secure, port }: SocketSettings): string {
  return `${secure ? "https" : "http"}://${host}:${port}`;
}
