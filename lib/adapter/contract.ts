/** The interfaces between the library and its adapters, built-in ones and those of other packages. */
import type { EventEmitter } from "node:events";
import type { Encoder, Packet } from "socket.io-parser";
import type { EncodedChunk, EncodedWriteOptions, EngineServer } from "../connection/port";
import type { HandlerGuard } from "../guards/handler-errors";
import type { Handshake } from "../socket/types";
import type { Listener, Untyped } from "../typed-events";

/** The public id of a socket, which is sent to the client when it connects to a namespace. */
export type SocketId = string;

/** The private id of a session, which only the client and the server know. A client needs it to restore the session. */
export type PrivateSessionId = string;

/** The name of a room. */
export type Room = string;

/** The flags of a broadcast. */
export interface BroadcastFlags {
  /** Whether to drop the packet for receivers whose connection is not writable. */
  volatile?: boolean;
  /** Whether the packet may be compressed. */
  compress?: boolean;
  /** Whether to send the packet to the sockets of this server only. */
  local?: boolean;
  /** Not used by the library: other adapters may send it. */
  broadcast?: boolean;
  /** Not used by the library: other adapters may send it. */
  binary?: boolean;
  /** How long to wait for acknowledgements, in milliseconds. */
  timeout?: number;
}

/** The receivers and the flags of a broadcast. */
export interface BroadcastOptions {
  /** The rooms whose sockets are receivers. An empty set stands for all sockets of the namespace. */
  rooms: Set<Room>;
  /** The rooms whose sockets are excluded. */
  except?: Set<Room>;
  /** The flags. Default: none. */
  flags?: BroadcastFlags;
}

/** The state of a disconnected socket that an adapter stores. */
export interface SessionToPersist {
  sid: SocketId;
  pid: PrivateSessionId;
  rooms: Room[];
  data: unknown;
  /** The return value of `sessionStart()` of the adapter when the session began. */
  since?: string;
}

/** A session that is being restored, with the events that the client has missed. */
export type Session = SessionToPersist & { missedPackets: unknown[][] };

/** The description of a socket of this or another server. */
export interface SocketDetails<SocketData = unknown> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Iterable<Room>;
  readonly data: SocketData;
}

/** A packet for an adapter. The adapter sets its namespace and, if acknowledgements are expected, its id. */
export type BroadcastPacket = Omit<Packet, "nsp"> & Partial<Pick<Packet, "nsp">>;

/** Called with the first argument of each acknowledgement. */
export type BroadcastAck = (response: unknown) => void;

/** The members that the library reads from `adapter.nsp`. */
interface ServedNamespace extends Pick<AdapterHost, "sockets"> {
  readonly handlerGuard?: Pick<HandlerGuard, "attempt">;
  readonly server?: {
    readonly opts: AdapterHost["server"]["opts"] & {
      readonly ackOnDisconnect?: "pending" | "reject";
      readonly ackTimeout?: number;
    };
  };
}

/**
 * An adapter, which stores the rooms of one namespace and delivers its broadcasts.
 *
 * Subclasses of npm `socket.io-adapter` implement this interface. Methods that return `void` may also return a promise.
 *
 * @since 4.9.0
 */
export interface AdapterContract extends EventEmitter {
  /** The namespace of the adapter. */
  readonly nsp?: ServedNamespace;
  /** The ids of the sockets in each room. */
  rooms: Map<Room, Set<SocketId>>;
  /** The rooms of each socket. */
  sids: Map<SocketId, Set<Room>>;
  /** Called once, when the namespace is created. */
  init(): Promise<void> | void;
  /** Called when the server is closed or the namespace is deleted; twice, if the server is closed again during a drain. */
  close(): Promise<void> | void;
  /** Returns the number of servers in the cluster. */
  serverCount(): Promise<number>;
  /** Adds a socket to rooms. */
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void;
  /** Removes a socket from a room. */
  del(id: SocketId, room: Room): Promise<void> | void;
  /** Removes a socket from all its rooms. */
  delAll(id: SocketId): void;
  /** Sends a packet to the receivers. */
  broadcast(packet: BroadcastPacket, options: BroadcastOptions): void;
  /**
   * Sends a packet to the receivers. Calls `clientCountCallback` with the number of receivers on each server, and `ack`
   * with each acknowledgement.
   */
  broadcastWithAck(
    packet: BroadcastPacket,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: BroadcastAck,
  ): void;
  /** How often a broadcast with the flag `local` calls `clientCountCallback`. Optional; default: once. */
  readonly localCounts?: number;
  /**
   * Called when the acknowledgements of a packet are no longer awaited. The library removes those that the adapter has
   * stored under `packet.id` in `socket.acks`; this method removes any others. Optional.
   */
  forgetAcks?(packet: BroadcastPacket): void;
  /** Returns the ids of the sockets in any of the rooms, or of all sockets if `rooms` is empty. */
  sockets(rooms: Set<Room>): Promise<Set<SocketId>>;
  /** Returns the rooms of a socket. */
  socketRooms(id: SocketId): Set<Room> | undefined;
  /** Returns the selected sockets of all servers. */
  fetchSockets(options: BroadcastOptions): Promise<Untyped[]>;
  /** Makes the selected sockets join rooms. */
  addSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Makes the selected sockets leave rooms. */
  delSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Disconnects the selected sockets. */
  disconnectSockets(options: BroadcastOptions, close: boolean): void;
  /** Sends an event to the other servers. The last element of `packet` may be an acknowledgement callback. */
  serverSideEmit(packet: Untyped[]): void;
  /**
   * Returns a mark for the beginning of a session, which is stored as its `since`. A restored session must not receive
   * events that were sent before it. Optional.
   */
  sessionStart?(): string;
  /** Stores a session, so that it can be restored. `address` is the address of the client, if it is known. */
  persistSession(session: SessionToPersist, address?: string): void;
  /**
   * Returns a session with the events that its client has missed since `offset`. Resolves to `null`, or rejects, if the
   * session cannot be restored.
   */
  restoreSession(pid: PrivateSessionId, offset: string): Promise<Session | null>;
  /**
   * Whether the adapter has stored all events after this offset. The library calls it when a client reconnects while its
   * older connection is still open, and closes the older connection only if the result is `true`. `id` is the id of the
   * socket of that connection, and `pid` the private id of its session, which does not change if the application sets
   * `socket.id`. Optional: without this method, the older connection is always closed.
   */
  knowsOffset?(offset: string, id?: SocketId, pid?: PrivateSessionId): Promise<boolean> | boolean;
  /**
   * Called when the client of a restored session is connected. Returns the events that were sent to the session since
   * it was restored, or `undefined` if they are no longer stored. Optional.
   */
  takeSession?(pid: PrivateSessionId): unknown[][] | undefined;
  /** Called when a session was restored, but its client was not connected. The client may ask for it again. Optional. */
  returnSession?(pid: PrivateSessionId): void;
  /** Called before another socket with the same id takes the place of this one in the namespace. Optional. */
  replaced?(id: SocketId): void;
}

/**
 * The members of a socket that adapters use.
 *
 * @since 4.9.0
 */
export interface AdapterSocket {
  /** The public id of the socket. */
  readonly id: SocketId;
  /** @internal The id by which the adapter knows the socket: its public id, until the application changes that. */
  readonly _storedId?: SocketId;
  /** The details of the request that opened the connection. */
  readonly handshake: Handshake;
  /** The rooms of the socket, which include its id. */
  readonly rooms: Set<Room>;
  /** The data of the application about the socket. */
  readonly data: Untyped;
  /** The pending acknowledgements of this socket, by packet id. Adapters add entries. */
  readonly acks: Map<number, Listener>;
  /** The same map, or `undefined` if it was not created yet; reading {@link acks} creates it. */
  readonly expectedAcks?: Map<number, Listener> | undefined;
  /** The connection, which sends packets that the adapter has encoded. */
  readonly client: { writeToEngine(encodedPackets: EncodedChunk[], options: EncodedWriteOptions): void };
  /** Calls the listeners that were added with `onAnyOutgoing()`. */
  notifyOutgoingListeners?(packet: { data?: Untyped }): void;
  /** Adds the socket to rooms. */
  join(rooms: Room | Room[]): Promise<void> | void;
  /** Removes the socket from a room. */
  leave(room: Room): Promise<void> | void;
  /** Disconnects the socket from its namespace; with `true`, closes the connection of the client. */
  disconnect(close?: boolean): unknown;
}

/** Sends a text message to all connections that have subscribed to a topic. */
export interface Publisher {
  publish(topic: string, text: string, compress: boolean | undefined): void;
}

/** A connection that can subscribe to topics. */
export interface Subscriber {
  /** The publisher of the topics of this connection. */
  readonly publisher: Publisher;
  /**
   * Calls `ready` when the connection is ready, at once or later. From then on, a published message arrives after all
   * packets that were written to the connection before.
   */
  whenReady(ready: () => void): void;
  /** Removes a function that was passed to {@link whenReady} and not called yet. */
  cancelReady(ready: () => void): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** The connections of a server that can subscribe to topics. */
export interface Subscribers {
  /** Returns the subscriber for an `AdapterSocket.client`, if its connection can subscribe. */
  of(client: object): Subscriber | undefined;
}

/**
 * The members of a namespace that adapters use. Published adapters depend on all of them.
 *
 * @since 4.9.0
 */
export interface AdapterHost {
  /** The name of the namespace, such as `"/"`. */
  readonly name: string;
  /** The sockets of the namespace that are connected to this server, by id. */
  readonly sockets: Map<SocketId, AdapterSocket>;
  /** @internal The sockets by the private ids of their sessions; `undefined` without connection state recovery. */
  readonly _holders?: { find(pid: PrivateSessionId): object | undefined } | undefined;
  /** The id of the next packet that expects an acknowledgement. Adapters increment it. */
  _ids: number;
  /** The server, with the encoder of packets and the options that adapters read. */
  readonly server: {
    readonly encoder: Encoder;
    /** @internal The connections that can subscribe to topics; `undefined` if there are none. */
    readonly _subscribers?: Subscribers;
    /** @internal */
    readonly _engines?: Iterable<Pick<EngineServer, "opts">>;
    readonly opts: {
      readonly pingInterval?: number;
      readonly pingTimeout?: number;
      readonly connectionStateRecovery?: {
        readonly maxDisconnectionDuration?: number;
        readonly skipMiddlewares?: boolean;
        readonly maxPackets?: number;
        readonly maxBytes?: number;
      };
    };
  };
  /** Emits an event that another server has sent. The last element may be an acknowledgement callback. */
  _onServerSideEmit(args: [string, ...Untyped[]]): void;
}
