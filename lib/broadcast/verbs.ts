/** Declares and documents the methods of broadcasts, such as `to()`, `volatile` and `fetchSockets()`. */
import type { Room, SocketId } from "../adapter/contract";
import type {
  AllButLast,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from "../typed-events";

/** The methods that select the receivers. */
export interface TargetVerbs<Chain> {
  /**
   * Selects the sockets of one or more rooms as receivers. A socket that is in several of these rooms receives the
   * event once.
   *
   * @example
   * io.to("room-101").emit("hello");
   * io.to(["room-101", "room-102"]).emit("hello");
   * io.to("room-101").to("room-102").emit("hello");
   */
  to(room: Room | Room[]): Chain;
  /**
   * An alias of {@link to}, which reads better in front of methods such as `fetchSockets()`.
   *
   * @example
   * io.in("room-101").disconnectSockets();
   */
  in(room: Room | Room[]): Chain;
  /**
   * Excludes the sockets of one or more rooms from the receivers.
   *
   * @example
   * io.except("room-101").emit("hello");
   * io.to("room-101").except(["room-102", "room-103"]).emit("hello");
   */
  except(room: Room | Room[]): Chain;
  /**
   * Limits the receivers to the sockets of this server, if an adapter connects it with other servers.
   *
   * @example
   * io.local.emit("hello");
   */
  readonly local: Chain;
}

/** The methods that choose how an event is delivered. */
export interface DeliveryVerbs<Chain, ChainWithTimeout> {
  /**
   * Sets whether the event may be compressed over long-polling (option `httpCompression`), and over the WebSockets of
   * `attachApp()`. Default: `true`.
   *
   * @example
   * io.compress(false).emit("hello");
   */
  compress(compress: boolean): Chain;
  /**
   * Drops the event for each receiver whose connection is not writable: an earlier packet is still being sent, or no
   * polling request is open.
   *
   * @example
   * io.volatile.emit("position", { x: 1, y: 2 });
   */
  readonly volatile: Chain;
  /**
   * Sets how long to wait for the acknowledgements, in milliseconds. If a receiver has not acknowledged the event in
   * time, the callback is called with an `ACK_TIMEOUT` error and the responses received so far.
   *
   * @example
   * io.timeout(1000).emit("some-event", (err, responses) => {
   *   if (err) {
   *     // some clients did not acknowledge the event in time; `responses` holds the answers of the others
   *   } else {
   *     console.log(responses); // one response per client
   *   }
   * });
   */
  timeout(timeout: number): ChainWithTimeout;
  /**
   * Sets a signal that ends the wait for answers: for acknowledgements, and for the result of `fetchSockets()`. When it is
   * aborted, the callback is called with an `AbortError` (`code` is `ABORT_ERR`, and `cause` the reason of the signal) and
   * the responses received so far. Promises are rejected with it; its `responses` are those received so far. Answers that
   * arrive later are ignored.
   *
   * If the signal is aborted already, nothing is sent, and `emit()` returns `false`. An event that was sent cannot be
   * recalled.
   *
   * Can be combined with `timeout()`. Without it, the answers of other servers are accepted for one minute only.
   *
   * @throws an `INVALID_OPTION` error if the argument is not an `AbortSignal`
   * @since 4.9.0
   * @example
   * const controller = new AbortController();
   * req.on("close", () => controller.abort());
   * const responses = await io.withSignal(controller.signal).timeout(1000).emitWithAck("some-event");
   */
  withSignal(signal: AbortSignal): ChainWithTimeout;
}

/** The methods that act on the selected sockets of all servers of the cluster. */
export interface ClusterVerbs<Remote> {
  /**
   * Returns the selected sockets of all servers.
   *
   * @example
   * for (const socket of await io.in("room-101").fetchSockets()) {
   *   console.log(socket.id, socket.handshake, socket.rooms, socket.data);
   *   socket.emit("hello");
   *   socket.join("room-102");
   *   socket.leave("room-101");
   *   socket.disconnect();
   * }
   */
  fetchSockets(): Promise<Remote[]>;
  /**
   * Makes the selected sockets join one or more rooms.
   *
   * @example
   * io.socketsJoin("room-101");
   * io.in("room-101").socketsJoin(["room-102", "room-103"]);
   */
  socketsJoin(room: Room | Room[]): void;
  /**
   * Makes the selected sockets leave one or more rooms.
   *
   * @example
   * io.socketsLeave("room-101");
   * io.in("room-101").socketsLeave(["room-102", "room-103"]);
   */
  socketsLeave(room: Room | Room[]): void;
  /**
   * Disconnects the selected sockets from the namespace. If `close` is `true`, closes their connections, and with them
   * their sockets in all other namespaces. Default: `false`.
   *
   * @example
   * io.disconnectSockets();
   * io.in("room-101").disconnectSockets(true);
   */
  disconnectSockets(close?: boolean): void;
  /**
   * Returns the ids of the selected sockets of all servers.
   *
   * @deprecated Use `fetchSockets()` or `serverSideEmit()` instead.
   */
  allSockets(): Promise<Set<SocketId>>;
}

/** The methods that send events to the other servers of the cluster. */
export interface ServerSideVerbs<ServerSideEvents extends EventsMap> {
  /**
   * Sends an event to the other servers of the cluster, whose namespaces of the same name emit it. If the last argument
   * is a function, it is called with an error, or `null`, and the array of their responses.
   *
   * The adapter sets how long to wait for responses. After `timeout()` or `withSignal()`, the wait ends earlier: with an
   * `ACK_TIMEOUT` error or an `AbortError`, and without responses. Returns `false` if the signal was aborted before the
   * call: nothing was sent.
   *
   * @throws a `RESERVED_EVENT` error if the name is `connect`, `connection` or `new_namespace`
   * @throws a `NO_SERVER_SIDE_ROOMS` error after methods that select receivers, such as `to()`
   * @example
   * io.serverSideEmit("hello", "world");
   * io.on("hello", (arg) => {
   *   console.log(arg); // on the other servers
   * });
   */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean;
  /**
   * Sends an event to the other servers of the cluster and resolves to the array of their responses.
   *
   * Rejects if a server has not responded in time; the `responses` of the error are those received so far. After `timeout()`
   * or `withSignal()`, rejects earlier with an `ACK_TIMEOUT` error or an `AbortError`, whose `responses` are empty.
   *
   * @example
   * const responses = await io.timeout(1000).serverSideEmitWithAck("ping");
   */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]>;
}

/** The methods that send an event named `message`. */
export interface MessageVerbs<EmitEvents extends EventsMap> {
  /**
   * Sends an event named `message`.
   *
   * @example
   * io.send("hello");
   * // the same as
   * io.emit("message", "hello");
   */
  send(...args: EventParams<EmitEvents, "message">): this;
  /** An alias of {@link send}. */
  write(...args: EventParams<EmitEvents, "message">): this;
}
