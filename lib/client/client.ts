/** The Client class: decodes the messages of one connection for its sockets, and encodes the packets of the sockets. */
import type { IncomingMessage } from "node:http";
import base64id from "base64id";
import type { Socket as RawSocket } from "engine.io";
import { type Packet, PacketType } from "socket.io-parser";
import type { SocketId } from "../adapter/contract";
import { backlogOf, closeAndDiscard } from "../connection/backlog";
import { closeConnection, closeWithCode } from "../connection/closing";
import {
  type EncodedChunk,
  type EncodedWriteOptions,
  type EngineConnection,
  type EnginePort,
  engineConnection,
  type Receiver,
} from "../connection/port";
import { portOf } from "../connection/stock-port";
import { type GuardCode, type GuardErrorCode, logs, reportGuard } from "../diagnostics";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { type CodedError, codedError } from "../errors";
import { forEachThenThrow } from "../events/for-each-then-throw";
import { guardCodeOf } from "../guards/close-codes";
import { connectProblem, oversizedConnect } from "../guards/connect-size";
import { startConnectTimer } from "../guards/connect-timeout";
import { DrainWaiters } from "../guards/drain-waiters";
import { type FloodGuard, floodGuard, sizeOf } from "../guards/flood";
import { MAX_ARGUMENTS } from "../guards/payload-limits";
import { type SlowClient, SlowConsumer } from "../guards/slow-consumer";
import type { DrainedOptions } from "../options/limits";
import { decodeSimple } from "../parser/decode";
import { textIsDeeper, valueIsDeeper } from "../parser/depth";
import { namespaceOf } from "../parser/namespace-of";
import { splitNamespace } from "../parser/namespace-query";
import { isValidPacket } from "../parser/validity";
import type { Server } from "../server/server";
import type { Socket } from "../socket/socket";
import type { DisconnectReason } from "../socket/types";
import { quoted } from "../texts";
import type { EventsMap, Untyped } from "../typed-events";
import { type JoinRequest, Memberships } from "./memberships";
import { PacketReader } from "./packet-reader";

/**
 * The link between one Engine.IO connection and the sockets of the namespaces that the client has joined over it.
 *
 * {@link ondata} handles each message of the connection. {@link write} writes each packet for the client.
 */
export class Client<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData = Untyped,
> implements Receiver, SlowClient
{
  /** The Engine.IO connection, with the type that applications use. */
  readonly conn: RawSocket;
  /** @internal The namespaces that the client has joined or asks to join. */
  readonly memberships: Memberships<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  /** @internal Closes the connection if the client joins no namespace in time. */
  connectTimer?: NodeJS.Timeout | undefined = undefined;
  private readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  private readonly port: EnginePort;
  // declared only, so that the clients without these members need no memory for them
  declare private readonly flood?: FloodGuard;
  declare private readonly slowConsumer?: SlowConsumer;
  /** Created for the first packet that is not simple. */
  declare private reader?: PacketReader;
  /** Created by the first call of `socket.drained()`. */
  declare private drain?: DrainWaiters;

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, conn: RawSocket) {
    this.server = server;
    this.conn = conn;
    this.memberships = new Memberships(this);
    this.port = portOf(this.connection, server._closeDeadline);
    const { limits, slowConsumer } = server.opts;
    const flood = floodGuard(this, limits);
    if (flood) {
      this.flood = flood;
    }
    if (slowConsumer) {
      this.slowConsumer = new SlowConsumer(this, this.port, slowConsumer);
    }
  }

  /** @internal The Engine.IO connection, with the type that the library uses. */
  get connection(): EngineConnection {
    return engineConnection(this.conn);
  }

  /** The session id of the connection. It is a secret between this server and the client. */
  get id(): string {
    return this.connection.id;
  }

  /** The first request of the connection. */
  get request(): IncomingMessage {
    return this.conn.request;
  }

  /** The address of the client, determined according to the option `trustProxy`. */
  get address(): string | undefined {
    return this.server._connectionGuard.addressOf(this.connection);
  }

  /** @internal The limit `namespacesPerClient`. */
  get maxNamespaces(): number | undefined {
    return this.server.opts.limits.namespacesPerClient;
  }

  /** @internal Whether the client has asked to join a namespace. */
  get hasAsked(): boolean {
    return this.memberships.hasAsked;
  }

  /** @internal The sockets by their ids; read by tools. */
  get sockets(): Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return new Map(this.memberships.sockets.map((socket) => [socket.id, socket]));
  }

  /** @internal Starts receiving, and starts the connect timeout. */
  open(): void {
    if (channels.connectionOpen.isActive || channels.connectionClose.isActive || channels.upgrade.isActive) {
      observed().reportOpened(this.server, this.conn);
    }
    this.port.open(this);
    startConnectTimer(this, this.server.opts.limits.idleHandshakeMs, this.server.connectTimeout());
    if (this.connection.protocol === 3) {
      // protocol 3 clients (Socket.IO v2) join "/" without a CONNECT packet
      this.memberships.join("/");
    }
  }

  /** @internal Called when the connect timeout has elapsed. */
  closeUnlessJoined(): void {
    if (this.memberships.sockets.length === 0) {
      logs.client.enabled && logs.client("no namespace joined yet, close the client");
      this.close();
    }
  }

  /** @internal Reports that a guard has acted. */
  report(code: GuardCode, detail?: unknown): void {
    reportGuard({ code, address: this.address, conn: this.conn, detail });
  }

  /** @internal Returns an id for a new socket of this client. */
  newSocketId(namespace: string): SocketId {
    if (this.connection.protocol === 3) {
      // protocol 3 clients (Socket.IO v2) compute the id by themselves
      return namespace === "/" ? this.id : `${namespace}#${this.id}`;
    }
    return base64id.generateId();
  }

  /** @internal Finds or creates the namespace, and runs its middlewares. */
  admit(
    request: JoinRequest<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    auth: Record<string, unknown>,
  ): void {
    this.server._namespaces.resolve(request.namespace, auth, (nsp, refusal) => {
      if (nsp) {
        nsp._add(this, auth, request);
      } else {
        this.memberships.refuseName(request, refusal);
      }
    });
  }

  /** @internal Ends a request: the client is connected to the namespace. */
  accept(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    request: JoinRequest<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): void {
    this.memberships.accept(socket, request);
    this.clearConnectTimer();
  }

  /** @internal Removes a socket that has left its namespace or was refused. */
  remove(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.drain?.abandon(socket);
    this.memberships.remove(socket);
  }

  private clearConnectTimer(): void {
    clearTimeout(this.connectTimer);
    this.connectTimer = undefined;
  }

  // Receiving

  /** @internal Handles a message of the connection: an encoded packet, or a part of one. */
  ondata(data: unknown): void {
    if (channels.packet.isActive) {
      observed().reportReceived(this.conn, data);
    }
    if (this.flood?.closesAt(data)) {
      return;
    }
    const { usesDefaultParser, payloadLimits } = this.server;
    if (usesDefaultParser && typeof data === "string" && data.length > payloadLimits.flatLength) {
      const oversized = this.reader?.isInPacket ? undefined : oversizedConnect(data, payloadLimits.connect);
      if (oversized) {
        this.onDecoded(oversized, data);
        return;
      }
      if (textIsDeeper(data, payloadLimits.maxDepth)) {
        this.refusePacket(codedError("PAYLOAD_TOO_DEEP", payloadLimits.maxDepth));
        return;
      }
    }
    try {
      const packet = usesDefaultParser && !this.reader?.isInPacket ? decodeSimple(data) : undefined;
      if (packet) {
        this.onDecoded(packet, data);
      } else {
        this.reader ??= new PacketReader(this, new this.server._parser.Decoder(), payloadLimits);
        this.reader.read(data);
      }
    } catch (error) {
      logs.client.enabled && logs.client("invalid packet format");
      this.onError(error as Error);
    }
  }

  /** @internal Handles a decoded packet, whose last part is `message`, and whose other parts have `earlier` bytes. */
  onDecoded(packet: Packet, message: unknown, earlier = 0): void {
    const invalid = this.server.usesDefaultParser ? undefined : this.problemWith(packet);
    if (invalid) {
      this.refusePacket(invalid);
      return;
    }
    const { memberships } = this;
    let namespace = packet.nsp;
    let auth = packet.data ?? {};
    if (this.conn.protocol === 3) {
      // protocol 3 clients (Socket.IO v2) send the auth data in the query of the namespace
      [namespace, auth] = splitNamespace(packet.nsp);
    }
    if (
      this.flood?.stops(
        packet,
        namespace,
        memberships.includes(namespace),
        memberships.socketIn(namespace)?.expectedAcks,
      )
    ) {
      return;
    }
    if (packet.type === PacketType.CONNECT) {
      const problem = connectProblem(auth, earlier + sizeOf(message), this.server.payloadLimits.connect);
      if (problem) {
        memberships.refuseConnect(namespace, problem);
        return;
      }
    }
    if (Array.isArray(packet.data) && packet.data.length > MAX_ARGUMENTS) {
      this.refusePacket(codedError("TOO_MANY_ARGUMENTS", MAX_ARGUMENTS, packet.data.length));
    } else {
      memberships.dispatch(packet, namespace, auth);
    }
  }

  /** Checks a packet that a custom parser has decoded. Returns an error if it is invalid or nested too deeply. */
  private problemWith(packet: Packet): CodedError<"INVALID_PACKET" | "PAYLOAD_TOO_DEEP"> | undefined {
    const { maxDepth } = this.server.payloadLimits;
    if (!isValidPacket(packet)) {
      return codedError("INVALID_PACKET");
    }
    return valueIsDeeper(packet.data, maxDepth) ? codedError("PAYLOAD_TOO_DEEP", maxDepth) : undefined;
  }

  // Sending

  /** @internal Encodes a packet and writes it. */
  packet(packet: Packet, options: EncodedWriteOptions = {}): void {
    if (this.connection.readyState !== "open") {
      logs.client.enabled &&
        logs.client("ignoring packet write of type %d to %s", packet.type, quoted(packet.nsp));
      return;
    }
    this.write(this.server.encoder.encode(packet), options, packet);
  }

  /** @internal Writes an encoded packet. Adapters call it with a packet that they have encoded once for many receivers. */
  writeToEngine(encodedPackets: EncodedChunk[], options: EncodedWriteOptions): void {
    this.write(Array.isArray(encodedPackets) ? encodedPackets : [encodedPackets], options);
  }

  /** Writes the chunks of an encoded packet. All packets go through this method, except those that RoomTopics publishes. */
  private write(chunks: EncodedChunk[], options: EncodedWriteOptions, packet?: Packet): void {
    if (this.slowConsumer) {
      this.slowConsumer.write(chunks, options, packet);
    } else {
      if (channels.packet.isActive) {
        observed().reportWritten(this.connection, chunks, options);
      }
      this.port.writeChunks(chunks, options);
    }
  }

  /** @internal Returns the socket to which a packet is addressed. */
  addressee(
    chunks: readonly EncodedChunk[],
    packet: Packet | undefined,
  ): Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | undefined {
    const { onlySocket } = this.memberships;
    if (!packet && onlySocket) {
      return onlySocket;
    }
    const { _parser, usesDefaultParser } = this.server;
    const name = packet ? packet.nsp : namespaceOf(chunks, usesDefaultParser, () => new _parser.Decoder());
    return name === undefined ? undefined : this.memberships.socketIn(name);
  }

  /** @internal Whether all packets are sent and, over long-polling, the client has an open request for further packets. */
  get isAllSent(): boolean {
    const { transport, writeBuffer } = this.connection;
    return transport.writable && !writeBuffer?.length;
  }

  /** @internal Whether the client sends each of its packets in an HTTP request. */
  get isPolling(): boolean {
    const { name } = this.connection.transport;
    return name === "polling" || name === "sse";
  }

  /** @internal The number of bytes that the operating system, or over long-polling the client, has not accepted yet. */
  get bufferedBytes(): number {
    return backlogOf(this.connection);
  }

  /** @internal Resolves when few enough bytes are buffered. Rejects if the socket leaves its namespace first. */
  drained(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    options: DrainedOptions,
  ): Promise<void> {
    if (this.memberships.socketIn(socket.nsp.name) !== socket) {
      return Promise.reject(codedError("SOCKET_DISCONNECTED"));
    }
    this.drain ??= new DrainWaiters(this.connection);
    return this.drain.wait(socket, options);
  }

  /** @internal The number of pending acknowledgements of all sockets of the client. */
  get pendingAcks(): number {
    return this.memberships.sockets.reduce((sum, socket) => sum + socket.pendingAcks, 0);
  }

  // Closing

  /** @internal Disconnects all sockets and closes the connection. */
  disconnect(): void {
    try {
      forEachThenThrow(this.memberships.sockets, (socket) => socket.disconnect());
    } finally {
      this.close();
    }
  }

  /** @internal Closes the connection. */
  close(): void {
    if (this.connection.readyState === "open") {
      logs.client.enabled && logs.client("forcing transport close");
      closeConnection(this.connection, this.server._closeDeadline);
      this.onClose("forced server close");
    }
  }

  /** @internal Closes the connection because the server shuts down. */
  closeForShutdown(): void {
    try {
      forEachThenThrow(this.memberships.sockets, (socket) => socket._onclose("server shutting down"));
    } finally {
      this.close();
    }
  }

  /** Closes the connection because of an invalid packet. The sockets emit "error", as for a packet that cannot be decoded. */
  private refusePacket(error: CodedError<GuardErrorCode>): void {
    try {
      forEachThenThrow(this.memberships.sockets, (socket) => socket._onerror(error));
    } finally {
      this.end("parse error", error);
    }
  }

  /** @internal Closes the connection because a guard has acted; if `isGone` is `true`, discards its buffered packets. */
  closeFor(error: CodedError<GuardErrorCode>, detail?: unknown, isGone = false): void {
    this.end("forced server close", error, detail, isGone);
  }

  /** @internal Closes the connection because the client does not read, and frees its buffers. */
  cut(error: CodedError<"SLOW_CONSUMER">, detail: unknown): void {
    try {
      this.closeFor(error, detail, true);
    } finally {
      closeAndDiscard(this.connection);
    }
  }

  private end(
    reason: DisconnectReason,
    error: CodedError<GuardErrorCode>,
    detail?: unknown,
    isGone = false,
  ): void {
    this.report(error.code, detail);
    if (this.connection.readyState === "open") {
      // stop listening first: the "close" event of the engine would report another reason
      this.release();
      if (isGone) {
        this.connection.close(true);
      } else {
        closeWithCode(this.connection, error.code, this.server._closeDeadline);
      }
      this.onClose(reason, error);
    }
  }

  /** @internal Called when the connection has failed, or a packet cannot be decoded. */
  onError(error: Error): void {
    try {
      forEachThenThrow(this.memberships.sockets, (socket) => socket._onerror(error));
    } finally {
      closeConnection(this.connection, this.server._closeDeadline);
    }
  }

  /** @internal Called when the connection is closed. */
  onClose(reason: DisconnectReason, description?: unknown): void {
    logs.client.enabled && logs.client("client close with reason %s", reason);
    if (channels.connectionClose.isActive) {
      observed().reportClosed(this.server, this.conn, reason, description);
    }
    const code = guardCodeOf(reason, description);
    if (code) {
      this.report(code, description);
    }
    this.release();
    try {
      this.memberships.abandonRequests();
    } finally {
      forEachThenThrow(this.memberships.sockets, (socket) => socket._onclose(reason, description));
    }
  }

  /** Stops receiving, and frees the decoder and the connect timer. */
  private release(): void {
    this.port.release();
    if (this.reader) {
      this.reader.release();
      this.reader = undefined;
    }
    this.clearConnectTimer();
  }
}
