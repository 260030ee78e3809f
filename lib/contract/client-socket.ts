/** The type of a client's socket in projects without socket.io-client. */
import type {
  AllButLast,
  DecorateAcknowledgements,
  EventNames,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Listener,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  Untyped,
} from "../typed-events";

/** The events that a client emits itself. A type, since the members of an interface may be extended. */
type ReservedEvents = {
  connect: () => void;
  connect_error: (error: Error & { data?: Untyped }) => void;
  disconnect: (reason: Untyped, description?: Untyped) => void;
};

/**
 * What `ClientSocket` is in a project without `socket.io-client`, such as one whose pages load the client with a
 * `<script>`: the members of `Socket` of `socket.io-client`.
 *
 * @since 4.9.0
 */
export interface ClientSocketMembers<ListenEvents extends EventsMap, EmitEvents extends EventsMap> {
  /** The connection, which several sockets may share. */
  readonly io: Untyped;
  /** The id of the session, or `undefined` while the socket is not connected. */
  id: string | undefined;
  /** Whether the socket is connected. */
  connected: boolean;
  /** Whether the socket is not connected. */
  readonly disconnected: boolean;
  /** Whether the server has restored the session, and sent the missed events. */
  recovered: boolean;
  /** Whether the socket connects again by itself. */
  readonly active: boolean;
  /** The auth data, or a function that passes them to its argument. */
  auth: Untyped;
  /** The events of the server that were received before the socket was connected. */
  receiveBuffer: (readonly Untyped[])[];
  /** The packets that were sent while the socket was not connected. */
  sendBuffer: Untyped[];

  /** Connects the socket. */
  connect(): this;
  /** The same as `connect()`. */
  open(): this;
  /** Disconnects the socket, which does not connect again by itself. */
  disconnect(): this;
  /** The same as `disconnect()`. */
  close(): this;

  /** Sends an event. */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): this;
  /** Sends an event, and resolves with the acknowledgement. */
  emitWithAck<Ev extends EventNames<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>>;
  /** Sends the event `message`. */
  send(...args: Untyped[]): this;
  /** The next event fails if it is not acknowledged within this time, in milliseconds. */
  timeout(timeout: number): ClientSocketMembers<ListenEvents, DecorateAcknowledgements<EmitEvents>>;
  /** The next event is dropped if the socket cannot send it at once. */
  readonly volatile: this;
  /** Whether the next event may be compressed. */
  compress(compress: boolean): this;

  /** Adds a listener. */
  on<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this;
  /** Adds a listener for the next time only. */
  once<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this;
  /** Removes a listener, or all listeners for an event, or all listeners. */
  off<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev?: Ev,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this;
  /** The same as `off()`. */
  removeListener<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev?: Ev,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this;
  /** Removes all listeners for an event, or all listeners. */
  removeAllListeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(ev?: Ev): this;
  /** The listeners for an event. */
  listeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[];
  /** Whether an event has listeners. */
  hasListeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(ev: Ev): boolean;

  /** Adds a listener for all events of the server. */
  onAny(listener: Listener): this;
  /** Adds a listener for all events of the server, before the others. */
  prependAny(listener: Listener): this;
  /** Removes a listener that `onAny()` or `prependAny()` has added, or all of them. */
  offAny(listener?: Listener): this;
  /** The listeners for all events of the server. */
  listenersAny(): Listener[];
  /** Adds a listener for all events that the client sends. */
  onAnyOutgoing(listener: Listener): this;
  /** Adds a listener for all events that the client sends, before the others. */
  prependAnyOutgoing(listener: Listener): this;
  /** Removes a listener that `onAnyOutgoing()` or `prependAnyOutgoing()` has added, or all of them. */
  offAnyOutgoing(listener?: Listener): this;
  /** The listeners for all events that the client sends. */
  listenersAnyOutgoing(): Listener[];
}
