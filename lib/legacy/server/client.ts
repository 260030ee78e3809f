/** The Client of the legacy API: one session, over one connection after the other. */
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "../../index";
import type { Listener as EventListener } from "../../typed-events";
import { type ClientEvents, type ServerEvents, sendable } from "../wire";
import type { Listener } from "./listener";

/** The socket of a legacy client. */
export type LegacySocket = Socket<ClientEvents, ServerEvents>;

/**
 * A client of a {@link Listener}, which creates it when the client connects for the first time. It emits:
 *
 * - `message`, with the message: a string, or an object if the client has sent one
 * - `disconnect`: the client has not returned within `timeout`
 *
 * @since 4.9.0
 * @example
 * listener.on("connection", (client) => {
 *   client.on("message", (message) => client.broadcast(message));
 *   client.on("disconnect", () => console.log(client.sessionId));
 * });
 */
export class Client extends EventEmitter {
  /** Whether the client is connected now. */
  connected = true;
  /** How often the client has connected: 1, and 1 more for each return. */
  connections = 1;
  /** The request that opened the current or last connection. */
  request: IncomingMessage;
  /** The id of the session. It may be sent to other clients: it does not allow them to take over the session. */
  readonly sessionId: string;

  /** @internal */
  constructor(
    /** The listener that the client belongs to. */
    readonly listener: Listener,
    socket: LegacySocket,
  ) {
    super();
    this.sessionId = socket.id;
    this.request = socket.request;
  }

  /**
   * Sends a message to this client. While the client is disconnected, the message is kept until it returns or `timeout`
   * has elapsed.
   *
   * Strings are sent unaltered. Objects and arrays are sent as JSON, and arrive as objects and arrays. Other values are
   * converted to strings.
   */
  send(message: unknown): this {
    this.listener.namespace.to(this.sessionId).emit("message", sendable(message));
    return this;
  }

  /** Sends a message to all other clients of the listener. */
  broadcast(message: unknown): this {
    this.listener.broadcast(message, this.sessionId);
    return this;
  }

  override on(event: "message", listener: (this: Client, message: unknown) => void): this;
  override on(event: "disconnect", listener: (this: Client) => void): this;
  override on(event: string | symbol, listener: EventListener): this;
  /** Adds a listener of an event. */
  override on(event: string | symbol, listener: EventListener): this {
    return super.on(event, listener);
  }
}
