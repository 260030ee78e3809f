/** The Socket class: the server side of one client in one namespace. */
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import process from "node:process";
import base64id from "base64id";
import type { Socket as RawSocket } from "engine.io";
import { type Packet, PacketType } from "socket.io-parser";
import { type Ack, answerOnce, callAck, type PendingAcks, rejectAcks } from "../acks/pending";
import { SIGNAL, signalFlag } from "../acks/signal";
import type {
  AdapterContract,
  AdapterSocket,
  BroadcastFlags,
  BroadcastPacket,
  PrivateSessionId,
  Room,
  Session,
  SocketId,
} from "../adapter/contract";
import { buildHandshake } from "../admission/handshake";
import { isRecoverable, type MissedEvent, sendMissed } from "../admission/recovery";
import { BroadcastOperator } from "../broadcast/operator";
import { type Chain, RoomTargets } from "../broadcast/targets";
import type { MessageVerbs } from "../broadcast/verbs";
import type { Client } from "../client/client";
import type { EncodedChunk, EncodedWriteOptions } from "../connection/port";
import { answering } from "../contract/answering";
import { Door } from "../contract/door";
import { logs, reportGuard } from "../diagnostics";
import { channels, sent } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { type CodedError, codedError, describeValue } from "../errors";
import { useCompactDictionary } from "../events/compact-dictionary";
import { checkEventName, isErrorMonitor } from "../events/event-names";
import { forEachThenThrow } from "../events/for-each-then-throw";
import { emitGuarded } from "../guards/handler-errors";
import { wouldBeTooManyRooms } from "../guards/room-limit";
import type { DrainedOptions } from "../options/limits";
import type { Namespace } from "../server/namespace";
import type { Server } from "../server/server";
import { quoted, quotedRooms } from "../texts";
import type {
  AllButLast,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventHandler,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Listener,
  Untyped,
} from "../typed-events";
import { expectAnswer, refuseAnswer, type SocketFlags, settlingAck } from "./answers";
import { type Event, Interceptors } from "./interceptors";
import {
  type DisconnectReason,
  type Handshake,
  RESERVED_EVENTS,
  type SocketReservedEventsMap,
} from "./types";

/** The time at which this module was loaded, in milliseconds since the epoch. */
const LOADED = Date.now();

/**
 * The server side of one client in one namespace: sends events to the client, and emits the events that the client sends.
 *
 * A client that joins several namespaces has a `Socket` in each of them, over one connection.
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
  extends RoomTargets<ListenEvents, EmitEvents, SocketReservedEventsMap, EmitEvents, SocketData>
  implements MessageVerbs<EmitEvents>, AdapterSocket
{
  /** The public id of this socket; the client knows it as `socket.id`. */
  declare readonly id: SocketId;
  /** The namespace of the socket. */
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The connection, which the socket shares with the sockets of the same client in other namespaces. */
  readonly client: Client<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Whether the session of an earlier connection was restored. */
  readonly recovered: boolean;
  /** Whether the socket is connected to its namespace. */
  connected = false;
  /** @internal The adapter that keeps the rooms of this socket. */
  readonly adapter: AdapterContract;
  /** @internal The secret that lets the client restore its session. */
  declare readonly _pid?: PrivateSessionId;

  private _id: SocketId;
  /** Whether the socket has left its namespace, or was refused. */
  private _left = false;
  /** The milliseconds since `LOADED`. V8 stores small numbers without an object, if they are rounded. */
  private readonly _issued = Math.floor(Date.now() - LOADED);
  private _flags?: SocketFlags = undefined;
  // declared only, so that the sockets without these members need no memory for them
  declare private readonly _auth?: Record<string, unknown>;
  declare private _handshake?: Handshake;
  declare private _data?: SocketData;
  declare private _acks?: PendingAcks;
  declare private _interceptors?: Interceptors;
  /** The id that the socket was created with, if the application has set another one. */
  declare private _formerId?: SocketId;
  /** The offset at which the session begins, as the adapter has returned it. */
  declare private _since?: string;
  /** The events that were emitted before the client was connected to the namespace. */
  declare private _early?: (() => void)[];
  /** The error because of which the socket will be disconnected in the next tick, or when it is connected. */
  declare private _roomLimitError?: CodedError<"ROOM_LIMIT">;
  /** Whether the listeners of "disconnecting" are running; they may call disconnect(). */
  declare private _isLeaving?: boolean;

  static {
    // read-only in TypeScript, but applications in JavaScript set it
    Object.defineProperty(Socket.prototype, "id", {
      configurable: true,
      get(this: Socket) {
        return this._id;
      },
      set(this: Socket, id: SocketId) {
        this._formerId ??= this._id;
        this._id = id;
      },
    });
  }

  constructor(
    nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    client: Client<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    auth: Record<string, unknown>,
    session: Session | null = null,
  ) {
    super();
    useCompactDictionary(this);
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
      if (nsp.server.opts.connectionStateRecovery) {
        this._pid = base64id.generateId();
      }
    }
    // not left out for protocol 3 clients (Socket.IO v2), whose auth data is not a plain object
    if (Object.keys(auth).length > 0 || client.connection.protocol === 3) {
      this._auth = auth;
    }
    if (nsp.gate) {
      this._interceptors = new Door(nsp.gate);
    }
    // an "error" event without a listener would throw
    this.on("error" as never, ignoreError as never);
  }

  /** The request that opened the connection, and the auth data of the client. */
  get handshake(): Handshake {
    this._handshake ??= buildHandshake(this.client.connection, this._auth ?? {}, LOADED + this._issued);
    return this._handshake;
  }

  set handshake(handshake: Handshake) {
    this._handshake = handshake;
  }

  /**
   * Data of the application about this socket. Other servers read it through `fetchSockets()`. Default: `{}`.
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

  /** @internal The server; `fetchSockets()` recognises sockets of this server by this property. */
  get server(): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this.nsp.server;
  }

  /** Whether the socket is disconnected from its namespace. */
  get disconnected(): boolean {
    return !this.connected;
  }

  // Sending

  /**
   * Sends an event to the client. If the last argument is a function, asks the client for an acknowledgement, and calls the
   * function with its arguments.
   *
   * @throws a `RESERVED_EVENT` error for a name that the library uses itself
   * @throws an `INVALID_EVENT_NAME` error if the name is neither a string nor a number
   * @throws an `UNSERIALIZABLE` error if the arguments cannot be encoded as JSON
   * @example
   * socket.emit("hello", "world", { binary: Buffer.from([1, 2]) });
   * socket.emit("hello", "world", (answer) => {
   *   console.log(answer); // what the client answered
   * });
   */
  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    if (isErrorMonitor(ev)) {
      return this.emitUntyped(ev as never, ...args);
    }
    const flags = this._takeFlags();
    checkEventName(ev, RESERVED_EVENTS);
    this.nsp.gate?.checkEmit(ev, args);
    const data: unknown[] = [ev, ...args];
    const packet: BroadcastPacket = { type: PacketType.EVENT, data };
    const ack = typeof data[data.length - 1] === "function" ? (data.pop() as Ack) : undefined;
    const signal = flags?.[SIGNAL];
    if (signal?.aborted) {
      ack && refuseAnswer(this, ev, ack, signal);
      return false;
    }
    if (ack) {
      packet.id = this.nsp._ids++;
    }
    if (channels.emit.isActive) {
      observed().traceEmit(this, packet, flags);
    } else {
      this._send(packet, flags);
    }
    if (ack) {
      // registered last: if the event cannot be encoded, the lines above throw
      expectAnswer(this, packet, ack, flags);
      if (this._left) {
        process.nextTick(rejectAcks, this.acks, this);
      }
    }
    return true;
  }

  /** @internal Sends a packet to the client. */
  _send(packet: BroadcastPacket, flags: BroadcastFlags | undefined): void {
    if (this.nsp.server.opts.connectionStateRecovery) {
      this._sendThroughAdapter(packet, flags ?? {});
    } else {
      this.notifyOutgoingListeners(packet);
      packet.nsp = this.nsp.name;
      this.client.packet(packet as Packet, {
        volatile: flags?.volatile,
        compress: flags?.compress !== false,
      });
    }
  }

  /** Sends a packet through the adapter, which stores it in case the client does not receive it. */
  private _sendThroughAdapter(packet: BroadcastPacket, flags: BroadcastFlags): void {
    if (this.connected || this._left) {
      this.adapter.broadcast(packet, { rooms: new Set([this._storedId]), except: new Set(), flags });
      return;
    }
    const { name, server } = this.nsp;
    // sent later, since the socket is not in its room yet; encoded now, so that errors are thrown to the caller
    server.encoder.encode({ ...packet, nsp: name } as Packet);
    this._early ??= [];
    this._early.push(() => this._sendThroughAdapter(packet, flags));
  }

  /**
   * Sends an event to the client and resolves to its acknowledgement. Rejects if the client does not answer within the
   * `timeout()` (`ACK_TIMEOUT`), or disconnects first (`SOCKET_DISCONNECTED`), and if the signal of `withSignal()` is
   * aborted (`ABORT_ERR`). Default timeout: the option `ackTimeout`.
   *
   * Without a timeout or a signal, the promise stays pending if the client disconnects, unless the option
   * `ackOnDisconnect` is `"reject"`.
   *
   * @example
   * const answer = await socket.timeout(1000).emitWithAck("hello", "world");
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    const { ackTimeout } = this.nsp.server.opts;
    if (this._flags?.timeout === undefined && ackTimeout !== undefined) {
      this._setFlag({ timeout: ackTimeout });
    }
    const flags = this._flags;
    return new Promise((resolve, reject) => {
      const ack = settlingAck(resolve, reject, flags, this.nsp);
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

  /** @internal Adapters of socket.io-adapter 2.0 to 2.2 call it with packets that they have encoded. */
  packet(packet: Packet | EncodedChunk[], options: EncodedWriteOptions = {}): void {
    if (options.preEncoded) {
      this.client.writeToEngine(packet as EncodedChunk[], options);
    } else {
      this.client.packet({ ...(packet as Packet), nsp: this.nsp.name }, options);
    }
  }

  /**
   * Targets all sockets of the namespace except this one.
   *
   * @example
   * socket.broadcast.emit("hello");
   */
  get broadcast(): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator();
  }

  /** @internal */
  newBroadcastOperator(): Chain<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, undefined, new Set([this._storedId]), this._takeFlags());
  }

  /**
   * Sets whether the next event may be compressed over long-polling (option `httpCompression`), and over the WebSockets of
   * `attachApp()`. Default: `true`.
   *
   * @example
   * socket.compress(false).emit("hello");
   */
  compress(compress: boolean): this {
    this._setFlag({ compress });
    return this;
  }

  /**
   * Drops the next event if the connection is not writable: an earlier packet is still being sent, or no polling
   * request is open.
   *
   * @example
   * socket.volatile.emit("position", { x: 1, y: 2 });
   */
  get volatile(): this {
    this._setFlag({ volatile: true });
    return this;
  }

  /**
   * Sets how long to wait for the acknowledgement of the next event, in milliseconds. The callback takes an error as
   * its first argument: `null`, or an `ACK_TIMEOUT` error if the client did not answer in time, or a
   * `SOCKET_DISCONNECTED` error if it disconnected first.
   *
   * @example
   * socket.timeout(1000).emit("hello", (err, answer) => {
   *   if (err) {
   *     // the client did not acknowledge the event in time
   *   }
   * });
   */
  timeout(timeout: number): WithTimeout<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    this._setFlag({ timeout });
    return this as unknown as WithTimeout<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  }

  /**
   * Sets a signal that ends the wait for the acknowledgement of the next event. The callback takes an error as its first
   * argument, as with {@link timeout}: if the signal is aborted before the client has answered, an `AbortError` (`code` is
   * `ABORT_ERR`, and `cause` the reason of the signal). A later answer is ignored.
   *
   * If the signal is aborted already, the event is not sent, and `emit()` returns `false`. An event that was sent cannot be
   * recalled.
   *
   * @since 4.9.0
   * @throws an `INVALID_OPTION` error if the argument is not an `AbortSignal`
   * @example
   * const controller = new AbortController();
   * socket.once("cancel", () => controller.abort());
   * const answer = await socket.withSignal(controller.signal).emitWithAck("hello", "world");
   */
  withSignal(signal: AbortSignal): WithTimeout<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    this._setFlag(signalFlag(signal));
    return this as unknown as WithTimeout<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  }

  private _setFlag(flag: SocketFlags): void {
    this._flags = { ...this._flags, ...flag };
  }

  /** Returns the flags that were set for the next call, and clears them. */
  private _takeFlags(): SocketFlags | undefined {
    const flags = this._flags;
    this._flags = undefined;
    return flags;
  }

  /**
   * The number of bytes sent to this client that the operating system, or over long-polling the client, has not accepted
   * yet. All sockets of a client report the same number, since they share one connection. Over WebTransport, only the
   * bytes that were not written to the stream yet are counted.
   *
   * @since 4.9.0
   * @example
   * if (socket.bufferedBytes < 1_000_000) {
   *   socket.emit("frame", bytes);
   * }
   */
  get bufferedBytes(): number {
    return this.client.bufferedBytes;
  }

  /**
   * Resolves when at most `below` bytes are buffered for this client. Default: `0`. Rejects if the socket is disconnected
   * first (`SOCKET_DISCONNECTED`), or with the reason of the signal if the signal is aborted first.
   *
   * @since 4.9.0
   * @example
   * for await (const chunk of file) {
   *   socket.emit("chunk", chunk);
   *   await socket.drained({ below: 1_000_000 });
   * }
   */
  drained(options: DrainedOptions = {}): Promise<void> {
    return this.client.drained(this, options);
  }

  // Receiving

  /**
   * Adds a listener for an event of the client that answers with what it returns: the client receives the value, or that of
   * the promise, as the acknowledgement. If the handler throws or rejects, the client receives no acknowledgement, and the
   * error is handled like that of any asynchronous listener (see the option `onHandlerError`).
   *
   * If the contract of the namespace has `answers: "result"`, the client receives `{ value }` or `{ error }`. The error is the
   * one that the handler throws if it was made by `contract.error()`, and `{ code: "HANDLER_ERROR" }` otherwise.
   *
   * @since 4.9.0
   * @example
   * socket.handle("message", async ({ room, text }) => ({ id: await save(room, text) }));
   */
  handle<Ev extends EventNames<ListenEvents>>(ev: Ev, handler: EventHandler<ListenEvents[Ev]>): this {
    return this.on(ev, answering(this.nsp.gate, handler as never) as never);
  }

  /**
   * Registers middleware that runs for each event of the client, before the listeners of the event. `next(err)` drops the
   * event, and emits `error` on this socket (the client is not informed).
   *
   * @example
   * socket.use(([event, ...args], next) => {
   *   if (isUnauthorized(event)) {
   *     return next(new Error("unauthorized event"));
   *   }
   *   next();
   * });
   */
  use(fn: (event: Event, next: (err?: Error) => void) => void): this {
    this._intercept.use(fn);
    return this;
  }

  /**
   * Adds a listener for every event of the client. It is called before the packet middlewares (`socket.use()`). So it is
   * also called for events that a middleware drops, and it does not run in an asynchronous context (`AsyncLocalStorage`)
   * that a middleware enters, unlike the listeners of the event.
   *
   * @example
   * socket.onAny((event, ...args) => console.log(`got ${event}`));
   */
  onAny(listener: Listener): this {
    this._intercept.incoming.append(listener);
    return this;
  }

  /** Adds a listener like {@link onAny}, which is called before the listeners that were added earlier. */
  prependAny(listener: Listener): this {
    this._intercept.incoming.prepend(listener);
    return this;
  }

  /** Removes a listener of {@link onAny} or, without an argument, all of them. */
  offAny(listener?: Listener): this {
    this._intercept.incoming.remove(listener);
    return this;
  }

  /** Returns the listeners of {@link onAny}, in the order in which they are called. */
  listenersAny(): Listener[] {
    return this._intercept.incoming.listeners();
  }

  /**
   * Adds a listener for every event that is sent to the client, broadcasts included.
   *
   * @example
   * socket.onAnyOutgoing((event, ...args) => console.log(`sent ${event}`));
   */
  onAnyOutgoing(listener: Listener): this {
    this._intercept.outgoing.append(listener);
    return this;
  }

  /** Adds a listener like {@link onAnyOutgoing}, which is called before the listeners that were added earlier. */
  prependAnyOutgoing(listener: Listener): this {
    this._intercept.outgoing.prepend(listener);
    return this;
  }

  /** Removes a listener of {@link onAnyOutgoing} or, without an argument, all of them. */
  offAnyOutgoing(listener?: Listener): this {
    this._intercept.outgoing.remove(listener);
    return this;
  }

  /** Returns the listeners of {@link onAnyOutgoing}, in the order in which they are called. */
  listenersAnyOutgoing(): Listener[] {
    return this._intercept.outgoing.listeners();
  }

  private get _intercept(): Interceptors {
    this._interceptors ??= new Interceptors();
    return this._interceptors;
  }

  /** @internal Adapters call it for each receiver. */
  notifyOutgoingListeners(packet: { data?: Untyped }): void {
    if (sent.messages && channels.broadcast.isActive) {
      observed().countReceiver(packet);
    }
    this._interceptors?.outgoing.notify(this, packet.data);
  }

  /** @internal Handles a packet of the client. */
  _onpacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT:
        this.onevent(packet);
        break;
      case PacketType.ACK:
      case PacketType.BINARY_ACK:
        if (!this._acks || !callAck(this._acks, packet.id as number, packet.data, this)) {
          logs.socket.enabled && logs.socket("ignore ack %s, which is not pending", describeValue(packet.id));
        }
        break;
      case PacketType.DISCONNECT:
        this._onclose("client namespace disconnect");
        break;
    }
  }

  /** @internal Handles an event of the client. Some applications replace this method to observe every event. */
  onevent(packet: Packet): void {
    const { id } = packet;
    const event = (packet.data ?? []) as Event;
    if (id !== undefined && id !== null) {
      event.push(this.ack(id));
    }
    if (this._interceptors) {
      this._interceptors.pass(this, event);
    } else {
      this._callLater(event);
    }
  }

  /** @internal Calls the handlers of an event in the next tick, so that their errors do not count as decoding errors. */
  _callLater(event: Event): void {
    process.nextTick(callHandlers, this, event);
  }

  /** @internal Returns the function that answers the packet with this id, once. Packages that replace `onevent` call it. */
  ack(id: number): (...answer: unknown[]) => void {
    const { client, nsp } = this;
    return answerOnce((data) => client.packet({ type: PacketType.ACK, nsp: nsp.name, id, data }));
  }

  /** @internal Calls the handlers of an event, unless the socket has left its namespace. */
  _callHandlers(event: Event): void {
    const { handlerGuard } = this.nsp;
    if (!this.connected) {
      logs.socket.enabled && logs.socket("ignore an event that was received before the disconnection");
    } else if (!handlerGuard && event[0] === "error" && this.listenerCount("error") === 0) {
      // the application has removed the listener that the constructor adds
      logs.socket.enabled && logs.socket("no listener for the event error");
    } else if (channels.event.isActive || channels.handlerError.isActive) {
      observed().traceEvent(this as Untyped, event, handlerGuard);
    } else if (handlerGuard) {
      const handling = { phase: "event", event: event[0], socket: this } as const;
      handlerGuard.emit(this, event[0], event.slice(1), handling);
    } else {
      EventEmitter.prototype.emit.apply(this, event);
    }
  }

  /** @internal Emits an error of the connection, of a packet or of a middleware. */
  _onerror(err: Error): void {
    const { handlerGuard } = this.nsp;
    if (!handlerGuard && this.listenerCount("error") === 0) {
      logs.socket.enabled && logs.socket("no listener for the error: %s", quoted(err));
      return;
    }
    emitGuarded(handlerGuard, this, "error", [err], { phase: "event", event: "error", socket: this });
  }

  /** @internal */
  protected override hasErrorListeners(): boolean {
    return this.listeners("error" as never).some((listener) => listener !== ignoreError);
  }

  /** @internal The pending acknowledgements by packet id; adapters set entries. */
  get acks(): PendingAcks {
    this._acks ??= new Map();
    return this._acks;
  }

  /** @internal The same map as {@link acks}, or `undefined` if it was not created yet. */
  get expectedAcks(): PendingAcks | undefined {
    return this._acks;
  }

  /** @internal The number of pending acknowledgements. */
  get pendingAcks(): number {
    return this._acks?.size ?? 0;
  }

  // Rooms

  /**
   * Joins rooms. Does nothing once the socket has left its namespace. Returns a promise if the adapter does. If the limit
   * `roomsPerSocket` would be exceeded, the socket joins none of the rooms and is disconnected (`ROOM_LIMIT`).
   *
   * @example
   * socket.join("room1");
   * socket.join(["room1", "room2"]);
   */
  join(rooms: Room | Room[]): Promise<void> | void {
    if (this._left) {
      return;
    }
    const { roomsPerSocket: max } = this.nsp.effectiveLimits;
    if (max !== undefined && wouldBeTooManyRooms(this._storedId, this.rooms, rooms, max)) {
      this._roomLimitError ??= codedError("ROOM_LIMIT", max);
      process.nextTick(enforceRoomLimit, this);
      return;
    }
    logs.socket.enabled && logs.socket("join room %s", quotedRooms(rooms));
    return this.adapter.addAll(this._storedId, new Set(Array.isArray(rooms) ? rooms : [rooms]));
  }

  /**
   * Leaves a room. Returns a promise if the adapter does.
   *
   * @example
   * socket.leave("room1");
   */
  leave(room: Room): Promise<void> | void {
    return this.adapter.del(this._storedId, room);
  }

  /** @internal Leaves all rooms, including the room of its own id. */
  leaveAll(): void {
    this.adapter.delAll(this._storedId);
  }

  /**
   * The rooms of the socket. Its own id is one of them.
   *
   * @example
   * socket.join("room1");
   * console.log(socket.rooms); // Set { <socket.id>, "room1" }
   */
  get rooms(): Set<Room> {
    return this.adapter.socketRooms(this._storedId) ?? new Set();
  }

  /** @internal The id under which the namespace and the adapter store this socket. */
  get _storedId(): SocketId {
    return this._formerId ?? this._id;
  }

  /** @internal If the application has set an id, stores the socket under this id from now on, and moves its rooms to it. */
  _settleId(): void {
    const former = this._formerId;
    if (former === undefined) {
      return;
    }
    this._formerId = undefined;
    const rooms = new Set(this.adapter.socketRooms(former));
    if (former !== this._id && rooms.size > 0) {
      this.adapter.delAll(former);
      this.adapter.addAll(this._id, rooms);
    }
  }

  // Connecting and disconnecting

  /** @internal Connects the socket. Sends the missed events of a restored session first, then the CONNECT packet. */
  _onconnect(missed: readonly MissedEvent[]): void {
    sendMissed(missed, this.client, this.nsp.name);
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
    const early = this._early;
    if (early) {
      this._early = undefined;
      for (const send of early) {
        send();
      }
    }
    this._roomLimitError && process.nextTick(enforceRoomLimit, this);
  }

  /**
   * Disconnects the socket from its namespace or, with `true`, closes the whole connection. Default: `false`.
   *
   * @example
   * socket.disconnect();
   * socket.disconnect(true);
   */
  disconnect(close = false): this {
    if (this._left || (this._isLeaving && !close)) {
      return this;
    }
    if (close) {
      this.client.disconnect();
    } else if (!this.connected) {
      this.client.memberships.refuseSocket(this);
    } else {
      this._sendDisconnect();
      this._onclose("server namespace disconnect");
    }
    return this;
  }

  private _sendDisconnect(): void {
    this.client.packet({ type: PacketType.DISCONNECT, nsp: this.nsp.name });
    this.client.memberships.markDisconnected(this.nsp.name);
  }

  /** @internal Disconnects the socket if it is connected and has joined too many rooms. */
  _enforceRoomLimit(): void {
    const { _roomLimitError: error, client, nsp } = this;
    if (error && this.connected) {
      reportGuard({ code: error.code, address: client.address, conn: this.conn, socket: this, nsp });
      this._sendDisconnect();
      this._onclose("server namespace disconnect", error);
    }
  }

  /** @internal Emits "disconnecting", leaves the namespace, and emits "disconnect". */
  _onclose(reason: DisconnectReason, description?: unknown): void {
    if (!this.connected || this._isLeaving) {
      return;
    }
    logs.socket.enabled && logs.socket("closing socket - reason %s", reason);
    this._isLeaving = true;
    const steps = [
      () => this._emitLeaving("disconnecting", reason, description),
      () => this._persist(reason),
      () => this._cleanup(),
      () => this._disconnected(reason, description),
    ];
    // each step follows even if a listener or the adapter has thrown before
    forEachThenThrow(steps, (step) => step());
  }

  private _disconnected(reason: DisconnectReason, description: unknown): void {
    this.connected = false;
    channels.disconnect.isActive &&
      observed().reportDisconnect(this, reason, description, LOADED + this._issued);
    this._emitLeaving("disconnect", reason, description);
  }

  private _emitLeaving(phase: "disconnecting" | "disconnect", ...args: [DisconnectReason, unknown]): void {
    emitGuarded(this.nsp.handlerGuard, this, phase, args, { phase, socket: this });
  }

  private _persist(reason: DisconnectReason): void {
    if (!this.nsp.server.opts.connectionStateRecovery || !isRecoverable(reason)) {
      return;
    }
    const session = {
      sid: this.id,
      pid: this._pid as PrivateSessionId,
      rooms: [...this.rooms],
      data: this.data,
      ...(this._since !== undefined && { since: this._since }),
    };
    this.adapter.persistSession(session, this.client.address);
  }

  /** @internal Whether the socket has left its namespace, or was refused. */
  get _hasLeft(): boolean {
    return this._left;
  }

  /** @internal Removes the socket from its rooms, from the namespace and from the client. */
  _cleanup(): void {
    if (this._left) {
      return;
    }
    this._left = true;
    if (this._acks) {
      // in the next tick, so that acknowledgements that have arrived are handled first
      process.nextTick(rejectAcks, this._acks, this);
    }
    try {
      if ((this.nsp.sockets.get(this._storedId) ?? this) === this) {
        // otherwise the application has given the same id to another socket, which keeps its rooms
        this.leaveAll();
      }
    } finally {
      // also if the adapter or a listener of "leave-room" has thrown
      this.client.remove(this);
      this.nsp._remove(this);
    }
  }
}

type WithTimeout<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> = Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData>;

function callHandlers(socket: { _callHandlers(event: Event): void }, event: Event): void {
  socket._callHandlers(event);
}

function ignoreError(): void {}

function enforceRoomLimit(socket: { _enforceRoomLimit(): void }): void {
  socket._enforceRoomLimit();
}
