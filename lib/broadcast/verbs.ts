/** The verbs for speaking to many sockets, with their documentation. */
import type { Room, SocketId } from "../adapter/contract";
import type { EventParams, EventsMap } from "../typed-events";

/** Choosing the receivers. */
export interface TargetVerbs<Chain> {
  /**
   * Targets the sockets of a room, or of any of several rooms; each socket gets the event once.
   *
   * @example
   * io.to("room-101").emit("hello");
   * io.to(["room-101", "room-102"]).emit("hello");
   * io.to("room-101").to("room-102").emit("hello");
   */
  to(room: Room | Room[]): Chain;
  /**
   * Does the same as {@link to}; reads better with verbs such as `fetchSockets()`.
   *
   * @example
   * io.in("room-101").disconnectSockets();
   */
  in(room: Room | Room[]): Chain;
  /**
   * Leaves out the sockets that are in a room, or in any of several rooms.
   *
   * @example
   * io.except("room-101").emit("hello");
   * io.to("room-101").except(["room-102", "room-103"]).emit("hello");
   */
  except(room: Room | Room[]): Chain;
  /**
   * Means the sockets of this server only, where an adapter connects several servers.
   *
   * @example
   * io.local.emit("hello");
   */
  readonly local: Chain;
}

/** Choosing how a packet is delivered. */
export interface DeliveryVerbs<Chain, ChainWithTimeout> {
  /**
   * Says whether the packet may be compressed, where compression is switched on. Default: `true`.
   *
   * @example
   * io.compress(false).emit("hello");
   */
  compress(compress: boolean): Chain;
  /**
   * Lets the event be lost for receivers that cannot take it right now: their connection is busy, or between two
   * polling requests.
   *
   * @example
   * io.volatile.emit("position", { x: 1, y: 2 });
   */
  readonly volatile: Chain;
  /**
   * Waits for acknowledgements at most so many milliseconds; then the acknowledgement gets an error, with what has
   * been answered so far.
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
}

/** Acting on sockets, wherever they live. */
export interface ClusterVerbs<Remote> {
  /**
   * Gives the matching sockets, of all servers.
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
   * Makes the matching sockets join rooms.
   *
   * @example
   * io.socketsJoin("room-101");
   * io.in("room-101").socketsJoin(["room-102", "room-103"]);
   */
  socketsJoin(room: Room | Room[]): void;
  /**
   * Makes the matching sockets leave rooms.
   *
   * @example
   * io.socketsLeave("room-101");
   * io.in("room-101").socketsLeave(["room-102", "room-103"]);
   */
  socketsLeave(room: Room | Room[]): void;
  /**
   * Disconnects the matching sockets from the namespace or, with `true`, closes their connections. Default: `false`.
   *
   * @example
   * io.disconnectSockets();
   * io.in("room-101").disconnectSockets(true);
   */
  disconnectSockets(close?: boolean): void;
  /**
   * Gives the ids of the matching sockets.
   *
   * @deprecated `serverSideEmit()` and `fetchSockets()` tell more.
   */
  allSockets(): Promise<Set<SocketId>>;
}

/** Sending the event named "message". */
export interface MessageVerbs<EmitEvents extends EventsMap> {
  /**
   * Emits a `message` event, for clients that send and receive messages rather than named events.
   *
   * @example
   * io.send("hello");
   * // the same as
   * io.emit("message", "hello");
   */
  send(...args: EventParams<EmitEvents, "message">): this;
  /** Does the same as {@link send}. */
  write(...args: EventParams<EmitEvents, "message">): this;
}

/** Choosing how the next event of one socket is delivered; the choice is used up by that event. */
export interface OneShotVerbs<WithTimeout> {
  /**
   * Says whether the next event may be compressed, where compression is switched on. Default: `true`.
   *
   * @example
   * socket.compress(false).emit("hello");
   */
  compress(compress: boolean): this;
  /**
   * Lets the next event be lost if the client cannot take it right now.
   *
   * @example
   * socket.volatile.emit("position", { x: 1, y: 2 });
   */
  readonly volatile: this;
  /**
   * Waits for the acknowledgement of the next event at most so many milliseconds: it then gets an error first.
   *
   * @example
   * socket.timeout(1000).emit("hello", (err, answer) => {
   *   if (err) {
   *     // the client did not acknowledge the event in time
   *   }
   * });
   */
  timeout(timeout: number): WithTimeout;
}
