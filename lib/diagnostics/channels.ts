/** All diagnostics channels of the library. */
import { type Channel, channel } from "node:diagnostics_channel";
import type { BroadcastMessage, EmitMessage, PlainChannels, TracingChannels } from "./messages";

/** A channel on which one message is published for each occurrence. */
export class Plain<Message extends object> {
  readonly kind = "plain";
  private readonly channel: Channel<unknown, Message>;

  constructor(
    readonly name: string,
    /** The version of the package since which the channel exists. */
    readonly since: string,
    /** What is published, as a sentence for the documentation. */
    readonly about: string,
  ) {
    this.channel = channel(name) as Channel<unknown, Message>;
  }

  /** Whether the channel has subscribers. Check it before a message is made. */
  get isActive(): boolean {
    return this.channel.hasSubscribers;
  }

  publish(message: Message): void {
    this.channel.publish(message);
  }
}

/**
 * The five channels of `tracingChannel(name)`. Node.js has `hasSubscribers` for all five since version 20.13 only, so the
 * channels are kept one by one.
 */
export class Tracing<Message extends object> {
  readonly kind = "tracing";
  readonly start: Channel<unknown, Message>;
  readonly end: Channel<unknown, Message>;
  readonly asyncStart: Channel<unknown, Message>;
  readonly asyncEnd: Channel<unknown, Message>;
  readonly error: Channel<unknown, Message>;

  constructor(
    readonly name: string,
    /** The version of the package since which the channel exists. */
    readonly since: string,
    /** The operation, as a sentence for the documentation. */
    readonly about: string,
  ) {
    const part = (event: string) => channel(`tracing:${name}:${event}`) as Channel<unknown, Message>;
    this.start = part("start");
    this.end = part("end");
    this.asyncStart = part("asyncStart");
    this.asyncEnd = part("asyncEnd");
    this.error = part("error");
  }

  /** Whether any of the five channels has subscribers. Check it before a message is made. */
  get isActive(): boolean {
    return (
      this.start.hasSubscribers ||
      this.end.hasSubscribers ||
      this.asyncStart.hasSubscribers ||
      this.asyncEnd.hasSubscribers ||
      this.error.hasSubscribers
    );
  }
}

function tracing<Name extends keyof TracingChannels>(
  name: Name,
  since: string,
  about: string,
): Tracing<TracingChannels[Name]> {
  return new Tracing(name, since, about);
}

function plain<Name extends keyof PlainChannels>(
  name: Name,
  since: string,
  about: string,
): Plain<PlainChannels[Name]> {
  return new Plain(name, since, about);
}

/** The channels. The documentation quotes the sentences. */
export const channels = {
  connection: tracing(
    "socket.io:connection",
    "4.9.0",
    "A client asks for a namespace: from its CONNECT packet until it has joined, is refused, or has left.",
  ),
  middleware: tracing(
    "socket.io:middleware",
    "4.9.0",
    "A middleware of a namespace or of a socket, until it calls `next()`.",
  ),
  event: tracing(
    "socket.io:event",
    "4.9.0",
    "All listeners of one event of a client, until the promises that they return are settled.",
  ),
  serverSideEvent: tracing(
    "socket.io:server-side-event",
    "4.9.0",
    "All listeners of one event of another server, until the promises that they return are settled.",
  ),
  ack: tracing(
    "socket.io:ack",
    "4.9.0",
    "The acknowledgement of an event, from `emit()` until all answers have arrived, or an error is known.",
  ),
  emit: tracing("socket.io:emit", "4.9.0", "A call of `socket.emit()`."),
  broadcast: tracing(
    "socket.io:broadcast",
    "4.9.0",
    "A call of `emit()` on a server, a namespace or a chain such as `io.to(room)`.",
  ),
  adapter: tracing(
    "socket.io:adapter",
    "4.9.0",
    "A request to the adapter, which asks the other servers of the cluster.",
  ),
  recovery: tracing(
    "socket.io:recovery",
    "4.9.0",
    "The adapter looks up the session that a client asks for.",
  ),
  drain: tracing(
    "socket.io:drain",
    "4.9.0",
    "`io.close()` with the option `drain`, until the connections are closed.",
  ),
  guard: plain("socket.io:guard", "4.9.0", "A guard has acted, for example refused a connection."),
  disconnect: plain("socket.io:disconnect", "4.9.0", "A socket has left its namespace."),
  slowConsumer: plain(
    "socket.io:slow-consumer",
    "4.9.0",
    "The option `slowConsumer` drops events for a client that does not read them, or closes its connection.",
  ),
  handlerError: plain(
    "socket.io:handler-error",
    "4.9.0",
    "A handler of an event throws, or its promise is rejected; with the option `onHandlerError`, a handler of any kind.",
  ),
  connectionOpen: plain("socket.io:connection-open", "4.9.0", "A connection was opened."),
  connectionClose: plain("socket.io:connection-close", "4.9.0", "A connection was closed."),
  upgrade: plain(
    "socket.io:upgrade",
    "4.9.0",
    "A connection has changed its transport; only for connections that were opened while the channel had subscribers.",
  ),
  packet: plain(
    "socket.io:packet",
    "4.9.0",
    "A packet, or a binary attachment of one, was received or is written to a connection.",
  ),
  server: plain("socket.io:server", "4.9.0", "A `Server` was created."),
} as const;

/** The messages about events, by their packets. The map is created for the first message. */
export const sent: { messages: WeakMap<object, BroadcastMessage | EmitMessage> | undefined } = {
  messages: undefined,
};
