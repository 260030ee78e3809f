/** One connection, split into its sockets. */
import type { IncomingMessage } from "node:http";
import process from "node:process";
import base64id from "base64id";
import type { Socket as RawSocket } from "engine.io";
import { Decoder, type Packet, PacketType } from "socket.io-parser";
import type { SocketId } from "./adapter/contract";
import { ClientSending } from "./client-sending";
import { type GuardCode, logs, tellGuard } from "./diagnostics";
import { closeWithCode } from "./engine/closing";
import { type EngineConnection, type EnginePort, engineConnection, type Receiver } from "./engine/contract";
import { portOf } from "./engine/port";
import { type CodedError, codedError } from "./errors";
import { forEachAnyway } from "./events/for-each-anyway";
import { awaitArrival } from "./guards/arrival";
import { AttachmentWatch } from "./guards/attachment-watch";
import { guardBehind } from "./guards/closing";
import { type FloodGuard, floodGuard } from "./guards/flood";
import { isTooDeep } from "./guards/payload-limits";
import { connectError } from "./guards/refusal";
import { decodeSimple } from "./parser/decode";
import { valueIsDeeper } from "./parser/depth";
import { splitNamespace } from "./parser/namespace-query";
import { isSound } from "./parser/soundness";
import type { Server } from "./server";
import type { Socket } from "./socket";
import type { DisconnectReason } from "./socket-types";
import type { EventsMap, Untyped } from "./typed-events";

/**
 * Joins one Engine.IO connection and the sockets of the namespaces that the client has joined over it: what comes in is
 * decoded and goes to a socket, what the sockets send is encoded and goes out.
 */
export class Client<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ServerSideEvents extends EventsMap,
    SocketData = Untyped,
  >
  extends ClientSending<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>
  implements Receiver
{
  /** The Engine.IO connection, as applications know it. */
  readonly conn: RawSocket;
  /** @internal The same connection, as the library uses it. */
  override readonly connection: EngineConnection;
  protected override readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  protected override readonly port: EnginePort;
  /** Made for the first packet that is no simple one. */
  private decoder?: Decoder;
  private forwardDecoded?: (packet: Packet) => void;
  /** Whether the decoder waits for attachments. */
  private inPieces = false;
  private attachments?: AttachmentWatch;
  /** @internal */
  arrivalTimer?: NodeJS.Timeout | undefined;
  /** @internal Whether it has asked for a namespace. */
  hasAsked = false;
  private readonly flood?: FloodGuard;

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, conn: RawSocket) {
    super();
    this.server = server;
    this.conn = conn;
    this.connection = engineConnection(conn);
    this.port = portOf(this.connection);
    this.flood = floodGuard(this, server.opts.limits);
    const { slowConsumer } = server.opts;
    slowConsumer && this.limitBacklog(slowConsumer);
  }

  /** The session id of the connection; it is a secret between this server and the client. */
  get id(): string {
    return this.connection.id;
  }

  /** The first request of the connection. */
  get request(): IncomingMessage {
    return this.conn.request;
  }

  /** @internal Begins to listen, and waits for the client to join a namespace. */
  open(): void {
    this.port.open(this);
    awaitArrival(this, this.server.opts.limits.idleHandshakeMs, this.server.connectTimeout());
    if (this.connection.protocol === 3) {
      // protocol 3 clients (Socket.IO v2) are in "/" without asking
      this.connect("/");
    }
  }

  /** @internal It was long enough on the way. */
  closeUnlessJoined(): void {
    if (this.sockets.length === 0) {
      logs.client.enabled && logs.client("no namespace joined yet, close the client");
      this.close();
    }
  }

  /** The address of the client, as the option `trustProxy` has it. */
  override get address(): string | undefined {
    return this.server._door.addressOf(this.connection);
  }

  /** @internal Tells that a guard has fired. */
  tell(code: GuardCode, detail?: unknown): void {
    tellGuard({ code, address: this.address, conn: this.conn, detail });
  }

  /** @internal The id of a new socket of this client. */
  newSocketId(namespace: string): SocketId {
    if (this.connection.protocol === 3) {
      // protocol 3 clients (Socket.IO v2) compute the id by themselves
      return namespace === "/" ? this.id : `${namespace}#${this.id}`;
    }
    return base64id.generateId();
  }

  /** Takes the client into a namespace, or tells it that there is none of this name. */
  private connect(name: string, auth: Record<string, unknown> = {}): void {
    logs.client.enabled && logs.client("connecting to namespace %s", name);
    this.hasAsked = true;
    const { namespacesPerClient } = this.server.opts.limits;
    if (namespacesPerClient !== undefined && this.countNamespaces() >= namespacesPerClient) {
      this.refuse(name, codedError("NAMESPACE_LIMIT"));
      return;
    }
    this.beginJoining(name);
    this.server._namespaces.resolve(name, auth, (nsp, refusal) => {
      if (nsp) {
        nsp._add(this, auth);
        return;
      }
      this.doneJoining(name);
      if (refusal) {
        this.refuse(name, refusal);
        return;
      }
      logs.client.enabled && logs.client("creation of namespace %s was denied", name);
      const data = { message: "Invalid namespace" };
      this.packet({ type: PacketType.CONNECT_ERROR, nsp: name, data });
    });
  }

  /** Tells the client that a guard keeps it out of a namespace. */
  private refuse(name: string, error: CodedError<GuardCode>): void {
    this.tell(error.code, name);
    this.packet(connectError(name, error, this.connection.protocol));
  }

  /** @internal */
  override admit(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    super.admit(socket);
    clearTimeout(this.arrivalTimer);
    this.arrivalTimer = undefined;
  }

  /** @internal Disconnects all sockets and closes the connection. */
  disconnect(): void {
    for (const socket of this.sockets) {
      socket.disconnect();
    }
    this.close();
  }

  private close(): void {
    if (this.connection.readyState === "open") {
      logs.client.enabled && logs.client("forcing transport close");
      this.connection.close();
      this.onClose("forced server close");
    }
  }

  /** @internal How many answers of the client are waited for. */
  get pendingAcks(): number {
    return this.sockets.reduce((sum, socket) => sum + socket.pendingAcks, 0);
  }

  /** @internal Closes the connection since the server goes: the client may come back. */
  leave(): void {
    try {
      forEachAnyway(this.sockets, (socket) => socket._onclose("server shutting down"));
    } finally {
      this.close();
    }
  }

  /** @internal Takes what came over the connection. */
  ondata(data: unknown): void {
    if (this.flood?.closesAt(data)) {
      return;
    }
    const { usesDefaultParser, payloadLimits } = this.server;
    if (usesDefaultParser && isTooDeep(data, payloadLimits)) {
      this.refusePacket(codedError("PAYLOAD_TOO_DEEP", payloadLimits.maxDepth));
      return;
    }
    const tooLarge = this.inPieces && this.attachments?.take(data);
    if (tooLarge) {
      this.dismiss(tooLarge);
      return;
    }
    try {
      const simple = usesDefaultParser && !this.inPieces ? decodeSimple(data) : undefined;
      if (simple) {
        this.onDecoded(simple);
        return;
      }
      this.inPieces = true;
      this.decoder ??= this.makeDecoder();
      this.decoder.add(data);
    } catch (error) {
      logs.client.enabled && logs.client("invalid packet format");
      this.onError(error as Error);
      return;
    }
    if (this.inPieces && announcesAttachments(data, this.decoder)) {
      this.attachments ??= new AttachmentWatch(this, payloadLimits);
      this.attachments.start();
    }
  }

  private makeDecoder(): Decoder {
    const decoder: Decoder = new this.server._parser.Decoder();
    this.forwardDecoded = (packet) => this.onDecoded(packet);
    decoder.on("decoded", this.forwardDecoded);
    return decoder;
  }

  private onDecoded(packet: Packet): void {
    if (this.inPieces) {
      this.inPieces = false;
      this.attachments?.stop();
    }
    const problem = this.server.usesDefaultParser ? undefined : this.problemWith(packet);
    if (problem) {
      this.refusePacket(problem);
      return;
    }
    let namespace = packet.nsp;
    let auth = packet.data ?? {};
    if (this.connection.protocol === 3) {
      // protocol 3 clients (Socket.IO v2) send what others send as auth in the query of the namespace
      [namespace, auth] = splitNamespace(packet.nsp);
    }
    const socket = this.socketIn(namespace);
    const isJoining = this.isJoining(namespace);
    if (this.flood?.stops(packet, namespace, isJoining || socket !== undefined, socket?.acks)) {
      return;
    }
    if (Array.isArray(packet.data) && packet.data.length > MAX_ARGUMENTS) {
      // more would not fit on the stack when the listeners are called
      this.refusePacket(codedError("TOO_MANY_ARGUMENTS", MAX_ARGUMENTS, packet.data.length));
    } else if (!socket && packet.type === PacketType.CONNECT && !isJoining) {
      this.connect(namespace, auth);
    } else if (packet.type === PacketType.CONNECT && isJoining) {
      this.dismiss(codedError("CONNECT_PENDING", namespace), { nsp: namespace });
    } else if (socket && packet.type !== PacketType.CONNECT && packet.type !== PacketType.CONNECT_ERROR) {
      process.nextTick(takePacket, socket, packet);
    } else {
      logs.client.enabled &&
        logs.client("no socket for namespace %s (packet type: %d)", namespace, packet.type);
      this.close();
    }
  }

  /** What is wrong with a packet that the parser of the application has let through. */
  private problemWith(packet: Packet): CodedError<"INVALID_PACKET" | "PAYLOAD_TOO_DEEP"> | undefined {
    const { maxDepth } = this.server.payloadLimits;
    if (!isSound(packet)) {
      return codedError("INVALID_PACKET");
    }
    return valueIsDeeper(packet.data, maxDepth) ? codedError("PAYLOAD_TOO_DEEP", maxDepth) : undefined;
  }

  /** Closes the connection since a packet is not to be taken; the sockets get the error, as with any unreadable one. */
  private refusePacket(error: CodedError<GuardCode>): void {
    try {
      forEachAnyway(this.sockets, (socket) => socket._onerror(error));
    } finally {
      this.end("parse error", error);
    }
  }

  /** @internal */
  override dismiss(error: CodedError<GuardCode>, detail?: unknown, isGone = false): void {
    this.end("forced server close", error, detail, isGone);
  }

  private end(
    reason: DisconnectReason,
    error: CodedError<GuardCode>,
    detail?: unknown,
    isGone = false,
  ): void {
    this.tell(error.code, detail);
    if (this.connection.readyState === "open") {
      // the engine would tell of the end by itself, and not know why
      this.release();
      if (isGone) {
        this.connection.close(true);
      } else {
        closeWithCode(this.connection, error.code);
      }
      this.onClose(reason, error);
    }
  }

  /** @internal The connection failed, or a packet cannot be read. */
  onError(error: Error): void {
    for (const socket of this.sockets) {
      socket._onerror(error);
    }
    this.connection.close();
  }

  /** @internal The connection is closed. */
  onClose(reason: DisconnectReason, description?: unknown): void {
    logs.client.enabled && logs.client("client close with reason %s", reason);
    const code = guardBehind(reason, description);
    if (code) {
      this.tell(code, description);
    }
    this.release();
    for (const socket of this.waitingSockets) {
      socket._cleanup();
    }
    forEachAnyway(this.sockets, (socket) => socket._onclose(reason, description));
  }

  /** Stops listening to the connection. */
  private release(): void {
    this.port.release();
    this.decoder?.off("decoded", this.forwardDecoded);
    this.decoder?.destroy();
    this.decoder = undefined;
    this.attachments?.release();
    clearTimeout(this.arrivalTimer);
    this.arrivalTimer = undefined;
  }
}

function takePacket(socket: { _onpacket(packet: Packet): void }, packet: Packet): void {
  socket._onpacket(packet);
}

/** Whether a text says that attachments follow; what other decoders make of a message is not known. */
function announcesAttachments(data: unknown, decoder: unknown): boolean {
  return typeof data === "string" && /^[56]/.test(data) && decoder instanceof Decoder;
}

/** How many arguments an event or an acknowledgement may have. */
const MAX_ARGUMENTS = 10_000;
