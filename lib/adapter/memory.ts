/** The in-memory adapter: stores the rooms of a namespace, and delivers broadcasts to the sockets of this server. */
import { EventEmitter } from "node:events";
import process from "node:process";
import type { Packet } from "socket.io-parser";
import { logs } from "../diagnostics";
import { forEachThenThrow } from "../events/for-each-then-throw";
import type { Listener, Untyped } from "../typed-events";
import { audience, membersOf } from "./audience";
import type {
  AdapterContract,
  AdapterHost,
  AdapterSocket,
  BroadcastAck,
  BroadcastOptions,
  BroadcastPacket,
  PrivateSessionId,
  Room,
  Session,
  SessionToPersist,
  SocketId,
  Subscribers,
} from "./contract";
import { type EncodedPacket, encodeOnce } from "./encode-once";
import { ALL_SOCKETS, Receivers, storedIdOf } from "./receivers";
import { RoomTopics } from "./topics";

/**
 * Stores the rooms of a namespace in memory, and delivers broadcasts to the sockets of this server.
 *
 * Emits `create-room` (room), `join-room` (room, id), `leave-room` (room, id) and `delete-room` (room).
 */
export class Adapter extends EventEmitter implements AdapterContract {
  rooms: Map<Room, Set<SocketId>> = new Map();
  sids: Map<SocketId, Set<Room>> = new Map();

  private readonly receivers: Receivers;
  private readonly usesBuiltInRooms: boolean;
  /** Created for the first socket over µWebSockets.js. */
  private topics?: RoomTopics;

  constructor(readonly nsp: AdapterHost) {
    super();
    // a subclass may store rooms differently
    const { addAll, del, delAll } = Adapter.prototype;
    this.usesBuiltInRooms = this.addAll === addAll && this.del === del && this.delAll === delAll;
    this.receivers = new Receivers(nsp, this.usesBuiltInRooms);
  }

  init(): Promise<void> | void {}

  close(): Promise<void> | void {}

  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    let joined = this.sids.get(id);
    if (!joined) {
      joined = new Set();
      this.sids.set(id, joined);
      this.receivers.joined(ALL_SOCKETS, id);
    }
    if (this.nsp.server?._subscribers !== undefined) {
      this.addToTopics(id, this.nsp.server._subscribers);
    }
    for (const room of rooms) {
      if (this.sids.get(id) !== joined) {
        // a listener of a room's event has disconnected the socket
        return;
      }
      joined.add(room);
      const members = this.rooms.get(room) ?? this.createRoom(room);
      if (this.sids.get(id) !== joined || !joined.has(room)) {
        this.deleteIfEmpty(room, members);
      } else if (!members.has(id)) {
        members.add(id);
        this.receivers.joined(room, id);
        this.topics?.joined(room, id);
        this.emit("join-room", room, id);
      }
    }
  }

  private createRoom(room: Room): Set<SocketId> {
    const members = new Set<SocketId>();
    this.rooms.set(room, members);
    this.emit("create-room", room);
    // a listener may have added a socket to the room, and removed it again
    const present = this.rooms.get(room) ?? members;
    this.rooms.set(room, present);
    return present;
  }

  /** @internal Called before another socket with the same id takes the place of this one in the namespace. */
  replaced(id: SocketId): void {
    this.receivers.clear();
    if (this.topics) {
      for (const room of this.sids.get(id) ?? []) {
        this.topics.left(room, id);
      }
      this.topics.disconnected(id);
    }
  }

  private addToTopics(id: SocketId, subscribers: Subscribers): void {
    const socket = this.nsp.sockets.get(id);
    // sockets that are not yet connected to the namespace receive no broadcasts
    if (socket && this.usesBuiltInRooms) {
      this.topics ??= new RoomTopics(subscribers, this.sids);
      this.topics.connected(socket);
    }
  }

  del(id: SocketId, room: Room): Promise<void> | void {
    this.sids.get(id)?.delete(room);
    this.removeMember(room, id);
  }

  delAll(id: SocketId): void {
    const joined = this.sids.get(id);
    if (!joined) {
      return;
    }
    for (const room of joined) {
      this.removeMember(room, id);
    }
    this.sids.delete(id);
    this.receivers.left(ALL_SOCKETS);
    this.topics?.disconnected(id);
  }

  private removeMember(room: Room, id: SocketId): void {
    const members = this.rooms.get(room);
    if (!members?.delete(id)) {
      return;
    }
    this.receivers.left(room);
    this.topics?.left(room, id);
    this.emit("leave-room", room, id);
    // a listener of "leave-room" may have added a socket to the room
    this.deleteIfEmpty(room, members);
  }

  private deleteIfEmpty(room: Room, members: ReadonlySet<SocketId>): void {
    if (members.size === 0 && this.rooms.get(room) === members) {
      this.rooms.delete(room);
      this.emit("delete-room", room);
    }
  }

  broadcast(packet: BroadcastPacket, options: BroadcastOptions): void {
    this.deliver(packet, this.encode(packet, options), options);
  }

  broadcastWithAck(
    packet: BroadcastPacket,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: BroadcastAck,
  ): void {
    // the id is unique in the namespace, and all receivers use it for this packet
    const id = this.nsp._ids++;
    packet.id = id;
    let clientCount = 0;
    this.deliver(packet, this.encode(packet, options), options, (socket) => {
      clientCount++;
      socket.acks.set(id, ack);
    });
    clientCountCallback(clientCount);
  }

  /** @internal Encodes a packet once for all its receivers. */
  protected encode(packet: BroadcastPacket, { flags }: BroadcastOptions): EncodedPacket {
    packet.nsp = this.nsp.name;
    return encodeOnce(this.nsp.server.encoder, packet as Packet, flags);
  }

  /** @internal Writes an encoded packet to its receivers. */
  protected deliver(
    packet: BroadcastPacket,
    encoded: EncodedPacket,
    options: BroadcastOptions,
    prepare?: (socket: AdapterSocket) => void,
  ): void {
    const isReached = this.topics && this.publish(encoded, options);
    this.forEachSocket(options, (socket) => {
      prepare?.(socket);
      socket.notifyOutgoingListeners?.(packet);
      if (isReached === undefined || !isReached(storedIdOf(socket))) {
        socket.client.writeToEngine(encoded.chunks, encoded.options);
      }
    });
  }

  /**
   * Publishes a text message to the subscribers of one room or of all sockets, unless it is volatile or excludes rooms.
   * Returns a function that returns whether it was published to a socket; `undefined` if nothing was published.
   */
  private publish(
    { chunks }: EncodedPacket,
    { rooms, except, flags }: BroadcastOptions,
  ): ((id: SocketId) => boolean) | undefined {
    const [text] = chunks;
    if (chunks.length > 1 || typeof text !== "string" || flags?.volatile || except?.size || rooms?.size > 1) {
      return undefined;
    }
    // a room may be undefined by mistake, as in io.to(user.room), and has no members then
    const room = rooms?.size > 0 ? [...rooms][0] : ALL_SOCKETS;
    return this.topics?.publish(room, text, flags?.compress);
  }

  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    this.forEachSocket({ rooms }, (socket) => ids.add(socket.id));
    return Promise.resolve(ids);
  }

  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.sids.get(id);
  }

  fetchSockets(options: BroadcastOptions): Promise<Untyped[]> {
    const sockets: AdapterSocket[] = [];
    this.forEachSocket(options, (socket) => sockets.push(socket));
    return Promise.resolve(sockets);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.forEachSocket(options, (socket) => socket.join(rooms));
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.forEachSocket(options, (socket) => {
      // another server may have sent a single room
      for (const room of Array.isArray(rooms) ? rooms : [rooms]) {
        socket.leave(room);
      }
    });
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    const sockets: AdapterSocket[] = [];
    this.forEachSocket(options, (socket) => sockets.push(socket));
    forEachThenThrow(sockets, (socket) => socket.disconnect(close));
  }

  private forEachSocket(options: BroadcastOptions, visit: (socket: AdapterSocket) => void): void {
    const { rooms, except } = options;
    if (rooms && rooms.size > 1) {
      audience(options, this, (id) => {
        const socket = this.nsp.sockets.get(id);
        if (socket) {
          visit(socket);
        }
      });
      return;
    }
    const excluded = except && except.size > 0 ? membersOf(except, this) : undefined;
    const visitUnlessExcluded = excluded
      ? (socket: AdapterSocket) => {
          if (!excluded.has(storedIdOf(socket))) {
            visit(socket);
          }
        }
      : visit;
    if (!rooms || rooms.size === 0) {
      this.receivers.visit(ALL_SOCKETS, this.sids, visitUnlessExcluded);
      return;
    }
    for (const room of rooms) {
      const members = this.rooms.get(room);
      if (members) {
        this.receivers.visit(room, members, visitUnlessExcluded);
      }
    }
  }

  serverSideEmit(packet: unknown[]): void {
    console.warn(
      "this adapter does not support the serverSideEmit() functionality: there is no other server to send the event to",
    );
    const ack = packet[packet.length - 1];
    if (typeof ack === "function") {
      process.nextTick(ack as Listener, null, []);
    }
  }

  persistSession(_session: SessionToPersist): void {}

  restoreSession(_pid: PrivateSessionId, _offset: string): Promise<Session | null> {
    logs.adapter.enabled &&
      logs.adapter("the in-memory adapter only stores sessions with connection state recovery");
    return Promise.resolve(null);
  }
}
