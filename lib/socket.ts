/** One client in one namespace. */
import type { IncomingMessage } from "node:http";
import base64id from "base64id";
import type { Socket as RawSocket } from "engine.io";
import { type Packet, PacketType } from "socket.io-parser";
import { type Ack, abandonAcks, answerOnce, expectAck, type PendingAcks, settleAck } from "./acks/pending";
import type {
  AdapterContract,
  AdapterSocket,
  BroadcastFlags,
  BroadcastPacket,
  PrivateSessionId,
  Room,
  Session,
  SocketId,
} from "./adapter/contract";
import { buildHandshake } from "./admission/handshake";
import { isRecoverable } from "./admission/recovery";
import { BroadcastOperator } from "./broadcast/operator";
import type { Chain } from "./broadcast/targets";
import type { MessageVerbs, OneShotVerbs } from "./broadcast/verbs";
import type { Client } from "./client";
import { logs } from "./diagnostics";
import type { EncodedChunk, EncodedWriteOptions } from "./engine/contract";
import { codedError } from "./errors";
import type { Namespace } from "./namespace";
import type { Server } from "./server";
import { SocketListeners } from "./socket-listeners";
import { type DisconnectReason, type Handshake, RESERVED_EVENTS } from "./socket-types";
import type { Event, SocketVerbs } from "./socket-verbs";
import type {
  AllButLast,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Untyped,
} from "./typed-events";

export type { Event } from "./socket-verbs";

/**
 * Speaks with one client in one namespace.
 *
 * @example
 * io.on("connection", (socket) => {
 *   console.log(`socket ${socket.id} connected`);
 *   socket.emit("foo", "bar");
 *   socket.on("foobar", () => {
 *     // an event was received from the client
 *   });
 *   socket.on("disconnect", (reason) => {
 *     console.log(`socket ${socket.id} disconnected due to ${reason}`);
 *   });
 * });
 */
export class Socket<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = Untyped,
  >
  extends SocketListeners<ListenEvents, EmitEvents, SocketData>
  implements
    SocketVerbs<EmitEvents>,
    MessageVerbs<EmitEvents>,
    OneShotVerbs<WithTimeout<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    AdapterSocket
{
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly client: Client<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The public id of this socket; the client knows it as `socket.id`. */
  readonly id: SocketId;
  /** Whether the session of an earlier connection was restored. */
  readonly recovered: boolean;
  /** Whether the socket is connected to its namespace. */
  connected = false;
  /** @internal The adapter that has the rooms of this socket. */
  readonly adapter: AdapterContract;

  private readonly _pid?: PrivateSessionId;
  private _left = false;
  // made when somebody asks for them: most sockets are idle, and there are many
  private readonly _auth?: Record<string, unknown>;
  private readonly _issued = Date.now();
  private _handshake?: Handshake;
  private _data?: SocketData;
  private _acks?: PendingAcks;
  private _flags?: BroadcastFlags;

  constructor(
    nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    client: Client<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    auth: Record<string, unknown>,
    session: Session | null = null,
  ) {
    super();
    this.nsp = nsp;
    this.client = client;
    this.adapter = nsp.adapter;
    this.recovered = session !== null;
    if (session) {
      this.id = session.sid;
      this._pid = session.pid;
      this._data = session.data as SocketData;
    } else {
      this.id = client.newSocketId(nsp.name);
      this._pid = nsp.server.opts.connectionStateRecovery ? base64id.generateId() : undefined;
    }
    this._auth = Object.keys(auth).length > 0 ? auth : undefined;
    // an "error" event without a listener would throw
    this.on("error" as never, ignoreError as never);
  }

  /** The request that opened the connection, and what the client sent to be let in. */
  get handshake(): Handshake {
    this._handshake ??= buildHandshake(this.client.connection, this._auth ?? {}, this._issued);
    return this._handshake;
  }

  /**
   * Whatever the application wants to keep with the socket; other servers see it through `fetchSockets()`.
   *
   * @example
   * socket.data.username = "alice";
   */
  get data(): SocketData {
    this._data ??= {} as SocketData;
    return this._data;
  }

  set data(data: SocketData) {
    this._data = data;
  }

  /** @internal Adapters set entries. */
  get acks(): PendingAcks {
    this._acks ??= new Map();
    return this._acks;
  }

  /** The first request of the connection. */
  get request(): IncomingMessage {
    return this.client.request;
  }

  /** The Engine.IO connection. */
  get conn(): RawSocket {
    return this.client.conn;
  }

  /** @internal fetchSockets() tells local sockets by it. */
  get server(): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this.nsp.server;
  }

  /** Whether the socket is disconnected from its namespace. */
  get disconnected(): boolean {
    return !this.connected;
  }

  get rooms(): Set<Room> {
    return this.adapter.socketRooms(this.id) ?? new Set();
  }

  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    const flags = this._takeFlags();
    if (RESERVED_EVENTS.has(ev)) {
      throw codedError("RESERVED_EVENT", ev);
    }
    const data: unknown[] = [ev, ...args];
    const packet: BroadcastPacket = { type: PacketType.EVENT, data };
    if (typeof data[data.length - 1] === "function") {
      packet.id = this.nsp._ids++;
      expectAck(this.acks, packet.id, data.pop() as Ack, this, flags?.timeout);
    }
    if (this.nsp.server.opts.connectionStateRecovery) {
      // the adapter keeps the packet, for the case that the client does not get it
      this.adapter.broadcast(packet, { rooms: new Set([this.id]), except: new Set(), flags: flags ?? {} });
    } else {
      this.notifyOutgoingListeners(packet);
      packet.nsp = this.nsp.name;
      this.client.packet(packet as Packet, {
        volatile: flags?.volatile,
        compress: flags?.compress !== false,
      });
    }
    return true;
  }

  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    const withTimeout = this._flags?.timeout !== undefined;
    return new Promise((resolve, reject) => {
      const ack: Ack = withTimeout ? (err, answer) => (err ? reject(err) : resolve(answer)) : resolve;
      this.emit(ev, ...([...args, ack] as unknown as EventParams<EmitEvents, Ev>));
    });
  }

  send(...args: EventParams<EmitEvents, "message">): this {
    this.emit("message" as never, ...(args as never));
    return this;
  }

  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  join(rooms: Room | Room[]): Promise<void> | void {
    if (this._left) {
      return;
    }
    logs.socket.enabled && logs.socket("join room %s", rooms);
    return this.adapter.addAll(this.id, new Set(Array.isArray(rooms) ? rooms : [rooms]));
  }

  leave(room: Room): Promise<void> | void {
    return this.adapter.del(this.id, room);
  }

  disconnect(close = false): this {
    if (!this.connected) {
      return this;
    }
    if (close) {
      this.client.disconnect();
    } else {
      this.client.packet({ type: PacketType.DISCONNECT, nsp: this.nsp.name });
      this._onclose("server namespace disconnect");
    }
    return this;
  }

  /**
   * Sends to everybody but this socket.
   *
   * @example
   * socket.broadcast.emit("hello");
   */
  get broadcast(): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator();
  }

  compress(compress: boolean): this {
    this._setFlag({ compress });
    return this;
  }

  get volatile(): this {
    this._setFlag({ volatile: true });
    return this;
  }

  timeout(timeout: number): WithTimeout<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    this._setFlag({ timeout });
    return this as unknown as WithTimeout<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  }

  /** @internal */
  newBroadcastOperator(): Chain<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, undefined, new Set([this.id]), this._takeFlags());
  }

  /** The flags of the call that is being made: they are used up by it. */
  private _takeFlags(): BroadcastFlags | undefined {
    const flags = this._flags;
    this._flags = undefined;
    return flags;
  }

  private _setFlag(flag: BroadcastFlags): void {
    this._flags = { ...this._flags, ...flag };
  }

  /** @internal Is let in: after a reconnection the client gets what it missed, and then is told its ids. */
  _onconnect(missedPackets: readonly unknown[][] = []): void {
    for (const data of missedPackets) {
      this.client.packet({ type: PacketType.EVENT, nsp: this.nsp.name, data });
    }
    this.connected = true;
    this.join(this.id);
    const packet: Packet = { type: PacketType.CONNECT, nsp: this.nsp.name };
    if (this.client.connection.protocol !== 3) {
      packet.data = { sid: this.id, pid: this._pid };
    }
    this.client.packet(packet);
  }

  /** @internal Is not let in: the client is told why. */
  _refuse(err: Error & { data?: unknown }): void {
    this._cleanup();
    // protocol 3 clients (Socket.IO v2) take a bare value
    const data =
      this.client.connection.protocol === 3
        ? err.data || err.message
        : { message: err.message, data: err.data };
    this.client.packet({ type: PacketType.CONNECT_ERROR, nsp: this.nsp.name, data });
  }

  /** @internal Takes a packet of the client. */
  _onpacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT:
        this.onevent(packet);
        break;
      case PacketType.ACK:
      case PacketType.BINARY_ACK:
        if (!this._acks || !settleAck(this._acks, packet.id as number, packet.data, this)) {
          logs.socket.enabled && logs.socket("nobody waits for ack %s", packet.id);
        }
        break;
      case PacketType.DISCONNECT:
        this._onclose("client namespace disconnect");
        break;
    }
  }

  /** @internal Takes an event of the client; applications replace it to see every packet. */
  onevent(packet: Packet): void {
    const { id } = packet;
    const event = (packet.data ?? []) as Event;
    if (id !== undefined && id !== null) {
      event.push(
        answerOnce((data) => this.client.packet({ type: PacketType.ACK, nsp: this.nsp.name, id, data })),
      );
    }
    this._hear(event);
  }

  /** @internal Adapters of socket.io-adapter 2.0 to 2.2 call it with packets that they have encoded. */
  packet(packet: Packet | EncodedChunk[], options: EncodedWriteOptions = {}): void {
    if (options.preEncoded) {
      this.client.writeToEngine(packet as EncodedChunk[], options);
    } else {
      this.client.packet({ ...(packet as Packet), nsp: this.nsp.name }, options);
    }
  }

  /** @internal Leaves the namespace. */
  _onclose(reason: DisconnectReason, description?: unknown): void {
    if (!this.connected) {
      return;
    }
    logs.socket.enabled && logs.socket("closing socket - reason %s", reason);
    try {
      this.emitReserved("disconnecting", reason, description);
    } finally {
      // whatever the listeners do, the socket is gone
      if (this.nsp.server.opts.connectionStateRecovery && isRecoverable(reason)) {
        this._persist();
      }
      this._cleanup();
      this.connected = false;
      // answers that have come in already are on their way
      process.nextTick(() => this._acks && abandonAcks(this._acks));
      this.emitReserved("disconnect", reason, description);
    }
  }

  private _persist(): void {
    this.adapter.persistSession({
      sid: this.id,
      pid: this._pid as PrivateSessionId,
      rooms: [...this.rooms],
      data: this.data,
    });
  }

  /** @internal Leaves all rooms, the one of its own id too. */
  leaveAll(): void {
    this.adapter.delAll(this.id);
  }

  /** @internal Leaves its rooms, and the lists of the namespace and the client. */
  _cleanup(): void {
    if (this._left) {
      return;
    }
    this._left = true;
    this.leaveAll();
    this.client.remove(this);
    this.nsp._remove(this);
  }
}

type WithTimeout<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> = Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData>;

function ignoreError(): void {}
