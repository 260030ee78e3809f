/** The client of Socket.IO 0.x, on top of today's client. */
import { type Carrier, carrierOf, type LegacyTransport } from "../transports";
import { type SessionHandshake, sendable } from "../wire";
import { Connection, type ConnectionOwner } from "./connection";
import { Listeners } from "./listeners";
import { addressOf, completeOptions, type SocketOptions, type SocketSettings } from "./options";
import type { Platform } from "./platform";
import { remember, remembered } from "./remembered";

/**
 * The transport of a {@link LegacySocket}.
 *
 * @since 4.9.0
 */
export interface Transport {
  /** The name in the option `transports`. */
  readonly type: LegacyTransport;
  /** The name of the transport of today that is used. */
  readonly name: Carrier;
}

/**
 * A connection to a server, with the API of Socket.IO 0.x. It emits:
 *
 * - `connect`: connected, for the first time or again
 * - `message`, with the message: a string, or an object if the server has sent one
 * - `close`: the connection is lost or closed, or no transport has worked
 * - `disconnect`: `disconnect()` was called, the client has not returned within the `timeout` of the server, or the server
 *   has ended the session
 *
 * The client does not reconnect by itself. If the program calls `connect()` before `disconnect` is emitted, the session
 * is resumed, and the messages that the server has sent in the meantime arrive.
 */
export class LegacySocket extends Listeners {
  /** The options, with defaults. */
  readonly options: SocketSettings;
  /** The host of the server. */
  readonly host: string;
  /** Whether the socket is connected. */
  connected = false;
  /** Whether the socket is connecting. */
  connecting = false;
  /** The transport that is used, or that is tried first. */
  transport: Transport;
  /** The id of the session; `undefined` before the first connection. */
  sessionId?: string;
  private readonly connection: Connection;
  /** The messages that are sent when the socket is connected. */
  private queue: unknown[] = [];
  /** Whether the session was not given up since the last connection. */
  private hasSession = false;
  private timeout = 0;
  private timer?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly platform: Platform,
    host?: string | SocketOptions,
    options?: SocketOptions,
  ) {
    super();
    const given = typeof host === "object" && host !== null ? host : options;
    this.host = (typeof host === "string" && host) || platform.location?.hostname || "localhost";
    this.options = completeOptions(given ?? {}, platform);
    this.transport = transportOf(this.preferred()[0] as LegacyTransport);
    const path = `/${this.options.resource.replace(/^\/+|\/+$/g, "")}`;
    this.connection = new Connection(
      addressOf(this.host, this.options),
      path,
      this.options.transportOptions,
      this.connectionOwner(),
    );
  }

  /** Connects, unless the socket is connected or connecting. */
  connect(): this {
    if (!this.connected && !this.connecting) {
      this.connecting = true;
      this.connection.open(this.preferred());
    }
    return this;
  }

  /**
   * Sends a message. While the socket is not connected, messages are kept until it is.
   *
   * Strings are sent unaltered. Objects and arrays are sent as JSON, and arrive as objects and arrays. Other values are
   * converted to strings.
   */
  send(message: unknown): this {
    const data = sendable(message);
    if (this.connected) {
      this.connection.send(data);
    } else {
      this.queue.push(data);
    }
    return this;
  }

  /** Closes the connection. The server ends the session after its `timeout`, unless `connect()` is called before. */
  disconnect(): this {
    if (this.connected || this.connecting) {
      this.connection.close();
      this.onClose(true);
    } else {
      this.giveUp();
    }
    return this;
  }

  private preferred(): LegacyTransport[] {
    const { transports, rememberTransport } = this.options;
    const first = rememberTransport ? remembered(this.platform) : undefined;
    return first !== undefined && transports.includes(first)
      ? [first, ...transports.filter((name) => name !== first)]
      : transports;
  }

  private connectionOwner(): ConnectionOwner {
    return {
      onAttempt: (name) => {
        this.transport = transportOf(name);
      },
      onOpen: (handshake) => this.onOpen(handshake),
      onMessage: (message) => this.fireEvent("message", [message]),
      onClose: (isFinal) => this.onClose(isFinal),
    };
  }

  private onOpen(handshake?: SessionHandshake): void {
    if (handshake) {
      // the server has a new session, so the previous one is lost
      this.giveUp();
      if (!this.connecting) {
        return; // a listener has called disconnect()
      }
      this.sessionId = handshake.sessionid;
      this.timeout = handshake.timeout;
    }
    clearTimeout(this.timer);
    this.hasSession = true;
    this.connecting = false;
    this.connected = true;
    if (this.options.rememberTransport) {
      remember(this.transport.type, this.platform);
    }
    for (const message of this.queue.splice(0)) {
      this.connection.send(message);
    }
    this.fireEvent("connect");
  }

  private onClose(isFinal: boolean): void {
    const wasConnected = this.connected;
    this.connected = false;
    this.connecting = false;
    if (wasConnected && !isFinal) {
      this.timer = setTimeout(() => this.giveUp(), this.timeout);
    }
    try {
      this.fireEvent("close");
    } finally {
      if (isFinal) {
        this.giveUp();
      }
    }
  }

  /** Emits `disconnect`, once for each session. */
  private giveUp(): void {
    clearTimeout(this.timer);
    if (this.hasSession) {
      this.hasSession = false;
      this.fireEvent("disconnect");
    }
  }
}

function transportOf(type: LegacyTransport): Transport {
  return { type, name: carrierOf(type) };
}
