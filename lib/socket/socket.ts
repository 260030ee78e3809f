/** One client in one namespace. */
import type { IncomingMessage } from "node:http";
import base64id from "base64id";
import type { Socket as RawSocket } from "engine.io";
import { type Packet, PacketType } from "socket.io-parser";
import { type Ack, abandonAcks, answerOnce, settleAck } from "../acks/pending";
import type { AdapterContract, AdapterSocket, PrivateSessionId, Room, Session } from "../adapter/contract";
import { buildHandshake } from "../admission/handshake";
import type { Reason } from "../admission/reason";
import { isRecoverable } from "../admission/recovery";
import type { OneShotVerbs } from "../broadcast/verbs";
import type { Client } from "../client/client";
import { logs, tellGuard } from "../diagnostics";
import { type CodedError, codedError } from "../errors";
import { wouldBeTooManyRooms } from "../guards/rooms";
import type { DrainedOptions } from "../options/limits";
import type { Namespace } from "../server/namespace";
import type { Server } from "../server/server";
import type { DecorateAcknowledgements, DefaultEventsMap, EventsMap, Untyped } from "../typed-events";
import { SocketSending } from "./sending";
import type { DisconnectReason, Handshake } from "./types";
import type { Event, SocketVerbs } from "./verbs";

export type { Event } from "./verbs";

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
  extends SocketSending<ListenEvents, EmitEvents, SocketData>
  implements
    SocketVerbs,
    OneShotVerbs<WithTimeout<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    AdapterSocket
{
  /** The namespace that the socket is in. */
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The connection that the socket shares with the sockets of the same client in other namespaces. */
  readonly client: Client<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Whether the session of an earlier connection was restored. */
  readonly recovered: boolean;
  /** Whether the socket is connected to its namespace. */
  connected = false;
  override readonly adapter: AdapterContract;

  protected override _left = false;
  /** @internal A secret that it shares with its client: whoever has it may restore the session. */
  readonly _pid?: PrivateSessionId;
  // made when somebody asks for them: most sockets are idle, and there are many
  private readonly _auth?: Record<string, unknown>;
  private readonly _issued = Date.now();
  private _handshake?: Handshake;
  private _data?: SocketData;
  /** Where its session begins, for adapters that can tell. */
  declare private _since?: string;
  /** Why it is about to be disconnected; few sockets ever have it. */
  declare private _excess?: CodedError<"ROOM_LIMIT">;
  /** Whether the listeners of "disconnecting" are called; they may call disconnect(). */
  declare private _isLeaving?: boolean;

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
      this._id = session.sid;
      this._pid = session.pid;
      this._data = session.data as SocketData;
      this._since = session.since;
    } else {
      this._id = client.newSocketId(nsp.name);
      this._pid = nsp.server.opts.connectionStateRecovery ? base64id.generateId() : undefined;
    }
    // that of protocol 3 clients (Socket.IO v2) is no plain object
    this._auth = Object.keys(auth).length > 0 || client.connection.protocol === 3 ? auth : undefined;
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
    return this.adapter.socketRooms(this._storedId) ?? new Set();
  }

  get bufferedBytes(): number {
    return this.client.bufferedBytes;
  }

  drained(options: DrainedOptions = {}): Promise<void> {
    return this.client.drained(this, options);
  }

  join(rooms: Room | Room[]): Promise<void> | void {
    if (this._left) {
      return;
    }
    const { roomsPerSocket: most } = this.nsp.limitsInForce;
    if (most !== undefined && wouldBeTooManyRooms(this._storedId, this.rooms, rooms, most)) {
      this._excess ??= codedError("ROOM_LIMIT", most);
      process.nextTick(expel, this);
      return;
    }
    logs.socket.enabled && logs.socket("join room %s", rooms);
    return this.adapter.addAll(this._storedId, new Set(Array.isArray(rooms) ? rooms : [rooms]));
  }

  leave(room: Room): Promise<void> | void {
    return this.adapter.del(this._storedId, room);
  }

  disconnect(close = false): this {
    if (this._left) {
      return this;
    }
    if (close) {
      this.client.disconnect();
    } else if (!this.connected) {
      this.client.turnAway(this);
    } else {
      this._sayDisconnect();
      this._onclose("server namespace disconnect");
    }
    return this;
  }

  private _sayDisconnect(): void {
    this.client.packet({ type: PacketType.DISCONNECT, nsp: this.nsp.name });
    this.client.expelled(this.nsp.name);
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

  /** @internal Is let in: after a reconnection the client gets what it missed, and then is told its ids. */
  _onconnect(missedPackets: readonly unknown[][]): void {
    for (const data of missedPackets) {
      this.client.packet({ type: PacketType.EVENT, nsp: this.nsp.name, data });
    }
    this.connected = true;
    if (!this.recovered && this._pid !== undefined) {
      this._since = this.adapter.sessionStart?.();
    }
    this.join(this.id);
    const packet: Packet = { type: PacketType.CONNECT, nsp: this.nsp.name };
    if (this.client.connection.protocol !== 3) {
      packet.data = { sid: this.id, pid: this._pid };
    }
    this.client.packet(packet);
    this._early && this._sendEarly();
    if (this._excess) {
      process.nextTick(expel, this);
    }
  }

  /** @internal Is disconnected for what was done in its name, as soon as it is let in. */
  _expel(): void {
    const { _excess: error, client, nsp } = this;
    if (error && this.connected) {
      tellGuard({ code: error.code, address: client.address, conn: this.conn, socket: this, nsp });
      this._sayDisconnect();
      this._onclose("server namespace disconnect", error);
    }
  }

  /** @internal The packet that says why the client is not let in. */
  _refusal(reason: Reason): Packet {
    // protocol 3 clients (Socket.IO v2) take a bare value
    const { message, data } = reason;
    const content = this.client.connection.protocol === 3 ? data || message : { message, data };
    return { type: PacketType.CONNECT_ERROR, nsp: this.nsp.name, data: content };
  }

  /** @internal */
  protected override hearsErrors(): boolean {
    return this.listeners("error" as never).some((listener) => listener !== ignoreError);
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
      event.push(answerTo(this, id));
    }
    this._hear(event);
  }

  /** @internal Makes the function that answers the packet with this id, once; packages that replace `onevent` call it. */
  ack(id: number): (...answer: unknown[]) => void {
    return answerTo(this, id);
  }

  /** @internal Leaves the namespace. */
  _onclose(reason: DisconnectReason, description?: unknown): void {
    if (!this.connected || this._isLeaving) {
      return;
    }
    logs.socket.enabled && logs.socket("closing socket - reason %s", reason);
    this._isLeaving = true;
    try {
      this._tellOfLeaving("disconnecting", reason, description);
    } finally {
      // whatever the listeners do, the socket is gone
      if (this.nsp.server.opts.connectionStateRecovery && isRecoverable(reason)) {
        this._persist();
      }
      this._cleanup();
      this.connected = false;
      this._tellOfLeaving("disconnect", reason, description);
    }
  }

  private _tellOfLeaving(
    event: "disconnecting" | "disconnect",
    reason: DisconnectReason,
    description: unknown,
  ): void {
    const { handlerGuard } = this.nsp;
    if (handlerGuard) {
      handlerGuard.emit(this, event, [reason, description], { phase: event, socket: this });
    } else {
      this.emitReserved(event, reason, description);
    }
  }

  private _persist(): void {
    this.adapter.persistSession({
      sid: this.id,
      pid: this._pid as PrivateSessionId,
      rooms: [...this.rooms],
      data: this.data,
      ...(this._since !== undefined && { since: this._since }),
    });
  }

  /** @internal Whether it has left its namespace, or was not let in. */
  get _hasLeft(): boolean {
    return this._left;
  }

  /** @internal Leaves all rooms, the one of its own id too. */
  leaveAll(): void {
    this.adapter.delAll(this._storedId);
  }

  /** @internal Leaves its rooms, and the lists of the namespace and the client. */
  _cleanup(): void {
    if (this._left) {
      return;
    }
    this._left = true;
    if (this._acks) {
      // answers that have come in already are on their way
      process.nextTick(abandonAcks, this._acks, this);
    }
    const holder = this.nsp.sockets.get(this._storedId);
    if (holder === undefined || holder === this) {
      // another socket may have been given the same id
      this.leaveAll();
    }
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

/** What an answer needs of its socket. */
interface Answering {
  readonly client: { packet(packet: Packet): void };
  readonly nsp: { readonly name: string };
}

function answerTo({ client, nsp }: Answering, id: number): Ack {
  return answerOnce((data) => client.packet({ type: PacketType.ACK, nsp: nsp.name, id, data }));
}

function ignoreError(): void {}

function expel(socket: { _expel(): void }): void {
  socket._expel();
}
