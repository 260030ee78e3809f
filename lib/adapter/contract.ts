/** What the library asks of an adapter, and what an adapter may ask of the library. */
import type { EventEmitter } from "node:events";
import type { Encoder, Packet } from "socket.io-parser";
import type { EncodedChunk, EncodedWriteOptions, EngineServer } from "../connection/port";
import type { HandlerGuard } from "../guards/handler-errors";
import type { Handshake } from "../socket/types";
import type { Listener, Untyped } from "../typed-events";

/** The public id of a socket, sent to the client when it joins a namespace. */
export type SocketId = string;

/** The secret id of a session: whoever has it may restore the session. */
export type PrivateSessionId = string;

/** The name of a room. */
export type Room = string;

/** How a packet is to be delivered to many. */
export interface BroadcastFlags {
  /** Receivers that are not ready are left out. */
  volatile?: boolean;
  /** Whether the packet may be compressed. */
  compress?: boolean;
  /** Only the sockets of this server are meant. */
  local?: boolean;
  broadcast?: boolean;
  binary?: boolean;
  /** How long answers are waited for, in milliseconds. */
  timeout?: number;
}

/** The receivers of a packet, and how it is to be delivered. */
export interface BroadcastOptions {
  /** All sockets of these rooms; an empty set means all sockets. */
  rooms: Set<Room>;
  /** But none that is in one of these rooms. */
  except?: Set<Room>;
  flags?: BroadcastFlags;
}

/** What is kept of a socket that was disconnected. */
export interface SessionToPersist {
  sid: SocketId;
  pid: PrivateSessionId;
  rooms: Room[];
  data: unknown;
  /** What the adapter's `sessionStart()` gave when the session began. */
  since?: string;
}

/** A session that is being restored, with the events that the client has not seen. */
export type Session = SessionToPersist & { missedPackets: unknown[][] };

/** What is known of a socket, wherever it lives. */
export interface SocketDetails<SocketData = unknown> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Iterable<Room>;
  readonly data: SocketData;
}

/** A packet on its way to an adapter, which fills in its namespace and, where answers are wanted, its id. */
export type BroadcastPacket = Omit<Packet, "nsp"> & Partial<Pick<Packet, "nsp">>;

/** Called with the first argument that each receiver answered. */
export type BroadcastAck = (response: unknown) => void;

/** What is read of the namespace that an adapter works for. */
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
 * Rooms and delivery for one namespace.
 *
 * Any adapter of the socket.io-adapter family fits. Methods that return `void` may also return a promise.
 */
export interface AdapterContract extends EventEmitter {
  /** The namespace that the adapter works for. */
  readonly nsp?: ServedNamespace;
  /** Which sockets are in a room. */
  rooms: Map<Room, Set<SocketId>>;
  /** Which rooms a socket is in. */
  sids: Map<SocketId, Set<Room>>;
  /** Called once, when the namespace is made. */
  init(): Promise<void> | void;
  /** Called once, when the server closes or the namespace is dropped. */
  close(): Promise<void> | void;
  /** How many servers there are in the cluster. */
  serverCount(): Promise<number>;
  /** Puts a socket into rooms. */
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void;
  /** Takes a socket out of a room. */
  del(id: SocketId, room: Room): Promise<void> | void;
  /** Takes a socket out of all its rooms. */
  delAll(id: SocketId): void;
  /** Sends a packet to the receivers. */
  broadcast(packet: BroadcastPacket, options: BroadcastOptions): void;
  /** Sends a packet to the receivers, tells each server's count of them, and passes each answer on. */
  broadcastWithAck(
    packet: BroadcastPacket,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: BroadcastAck,
  ): void;
  /** The ids of the sockets in any of the rooms; of all sockets, if there are none. */
  sockets(rooms: Set<Room>): Promise<Set<SocketId>>;
  /** The rooms of a socket. */
  socketRooms(id: SocketId): Set<Room> | undefined;
  /** The matching sockets, of all servers. */
  fetchSockets(options: BroadcastOptions): Promise<Untyped[]>;
  /** Makes the matching sockets join rooms. */
  addSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Makes the matching sockets leave rooms. */
  delSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Disconnects the matching sockets. */
  disconnectSockets(options: BroadcastOptions, close: boolean): void;
  /** Sends an event to the other servers; an acknowledgement may be its last element. */
  serverSideEmit(packet: Untyped[]): void;
  /**
   * Marks where a session begins: what this gives comes back as its `since`, and nothing that was sent before is given to it.
   * Adapters need not have it.
   */
  sessionStart?(): string;
  /** Keeps a session, so that it can be restored. */
  persistSession(session: SessionToPersist): void;
  /** Gives a session back with what was missed since `offset`; null, or a rejection, if that cannot be done. */
  restoreSession(pid: PrivateSessionId, offset: string): Promise<Session | null>;
  /**
   * Whether it is known what came after the event with this offset: asked while a connection still has the session, which
   * is closed only then. Adapters need not have it; what they do not tell is tried.
   */
  knowsOffset?(offset: string): Promise<boolean> | boolean;
  /**
   * The client of a restored session is in: gives what was sent to it since the session was restored, undefined if that is
   * not kept any more. Adapters need not have it.
   */
  takeSession?(pid: PrivateSessionId): unknown[][] | undefined;
  /** The client of a restored session was not let in: it may ask again. Adapters need not have it. */
  returnSession?(pid: PrivateSessionId): void;
}

/** One socket, as an adapter sees it. */
export interface AdapterSocket {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  readonly data: Untyped;
  /** The acknowledgements that this socket owes, by packet id; adapters set entries. */
  readonly acks: Map<number, Listener>;
  /** The same, if there ever were any: {@link acks} makes the map. */
  readonly expectedAcks?: Map<number, Listener> | undefined;
  readonly client: { writeToEngine(encodedPackets: EncodedChunk[], options: EncodedWriteOptions): void };
  /** Tells the socket's catch-all listeners that this packet goes out to it. */
  notifyOutgoingListeners?(packet: { data?: Untyped }): void;
  join(rooms: Room | Room[]): Promise<void> | void;
  leave(room: Room): Promise<void> | void;
  disconnect(close?: boolean): unknown;
}

/** Sends a text to all connections that have subscribed to a topic. */
export interface Publisher {
  publish(topic: string, text: string, compress: boolean | undefined): void;
}

/** A connection that can subscribe to topics. */
export interface Line {
  /** Where the topics of this connection are published. */
  readonly publisher: Publisher;
  /** Has `ready` called as soon as a text that is published comes behind all that was written before: now, or later. */
  add(ready: () => void): void;
  remove(ready: () => void): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** The connections of a server that can subscribe. */
export interface Lines {
  /** That of this `AdapterSocket.client`. */
  of(client: object): Line | undefined;
}

/** The namespace that an adapter works for: everything here stays, because published adapters rely on it. */
export interface AdapterHost {
  readonly name: string;
  readonly sockets: Map<SocketId, AdapterSocket>;
  /** The next free packet id. */
  _ids: number;
  readonly server: {
    readonly encoder: Encoder;
    /** @internal Undefined as long as no connection can subscribe. */
    readonly _lines?: Lines;
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
  /** Delivers an event of another server; the last element may be an acknowledgement. */
  _onServerSideEmit(args: [string, ...Untyped[]]): void;
}
