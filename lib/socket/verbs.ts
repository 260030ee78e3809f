/** What an application does with one client, with the documentation. */
import type { Room } from "../adapter/contract";
import type { DrainedOptions } from "../options/limits";
import type { Untyped } from "../typed-events";

/** An event as it came in: its name, its arguments and, if the client waits for an answer, the acknowledgement. */
export type Event = [eventName: string, ...args: Untyped[]];

/** Speaking with one client. */
export interface SocketVerbs {
  /**
   * How many bytes wait for this client: what was sent, and the kernel has not taken or, over long-polling, the client
   * has not fetched. A connection has one buffer, whose bytes the sockets in all its namespaces tell. Over WebTransport,
   * only those that wait for the stream are known.
   *
   * @example
   * if (socket.bufferedBytes < 1_000_000) {
   *   socket.emit("frame", bytes);
   * }
   */
  readonly bufferedBytes: number;
  /**
   * Resolves when what waits for this client has been taken. Rejects when the socket is disconnected first
   * (`SOCKET_DISCONNECTED`), and with the reason of the signal when that is aborted.
   *
   * @example
   * for await (const chunk of file) {
   *   socket.emit("chunk", chunk);
   *   await socket.drained({ below: 1_000_000 });
   * }
   */
  drained(options?: DrainedOptions): Promise<void>;
  /**
   * Joins rooms; does nothing once the socket has left its namespace. Gives a promise if the adapter does.
   *
   * @example
   * socket.join("room1");
   * socket.join(["room1", "room2"]);
   */
  join(rooms: Room | Room[]): Promise<void> | void;
  /**
   * Leaves a room. Gives a promise if the adapter does.
   *
   * @example
   * socket.leave("room1");
   */
  leave(room: Room): Promise<void> | void;
  /**
   * The rooms that the socket is in; its own id is one of them.
   *
   * @example
   * socket.join("room1");
   * console.log(socket.rooms); // Set { <socket.id>, "room1" }
   */
  readonly rooms: Set<Room>;
  /**
   * Leaves the namespace or, with `true`, closes the whole connection. Default: `false`.
   *
   * @example
   * socket.disconnect();
   * socket.disconnect(true);
   */
  disconnect(close?: boolean): this;
}

/** Checking the events of one client. */
export interface PacketMiddlewareVerbs {
  /**
   * Adds a function that each event of the client passes before its listeners; `next(err)` drops the event and emits
   * `error` here, on the server.
   *
   * @example
   * socket.use(([event, ...args], next) => {
   *   if (isUnauthorized(event)) {
   *     return next(new Error("unauthorized event"));
   *   }
   *   next();
   * });
   */
  use(fn: (event: Event, next: (err?: Error) => void) => void): this;
}
