/** One connection, split into its sockets. */
import type { IncomingMessage } from "node:http";
import base64id from "base64id";
import type { Socket as RawSocket } from "engine.io";
import { Decoder, type Packet } from "socket.io-parser";
import type { SocketId } from "../adapter/contract";
import { closeWithCode } from "../connection/closing";
import { type EngineConnection, type EnginePort, engineConnection, type Receiver } from "../connection/port";
import { portOf } from "../connection/stock-port";
import { type GuardCode, logs, tellGuard } from "../diagnostics";
import { type CodedError, codedError } from "../errors";
import { forEachAnyway } from "../events/for-each-anyway";
import { awaitArrival } from "../guards/arrival";
import { AttachmentWatch } from "../guards/attachment-watch";
import { guardBehind } from "../guards/closing";
import { type FloodGuard, floodGuard } from "../guards/flood";
import { isTooDeep } from "../guards/payload-limits";
import { decodeSimple } from "../parser/decode";
import { valueIsDeeper } from "../parser/depth";
import { splitNamespace } from "../parser/namespace-query";
import { isSound } from "../parser/soundness";
import type { Server } from "../server/server";
import type { Socket } from "../socket/socket";
import type { DisconnectReason } from "../socket/types";
import type { EventsMap, Untyped } from "../typed-events";
import { ClientJoining } from "./joining";
import type { JoinRequest } from "./memberships";

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
  extends ClientJoining<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>
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
  override tell(code: GuardCode, detail?: unknown): void {
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

  protected override decide(
    request: JoinRequest<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    auth: Record<string, unknown>,
  ): void {
    this.server._namespaces.resolve(request.namespace, auth, (nsp, refusal) => {
      if (nsp) {
        nsp._add(this, auth, request);
      } else {
        this.declineName(request, refusal);
      }
    });
  }

  /** @internal Ends a request with the client being let in; a CONNECT that came meanwhile has its answer, too. */
  letIn(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    request: JoinRequest<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): void {
    request.socket = undefined;
    this.doneJoining(request);
    this.admit(socket);
    clearTimeout(this.arrivalTimer);
    this.arrivalTimer = undefined;
  }

  /** @internal Disconnects all sockets and closes the connection. */
  disconnect(): void {
    try {
      forEachAnyway(this.sockets, (socket) => socket.disconnect());
    } finally {
      this.close();
    }
  }

  protected override close(): void {
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
    if (!this.inPieces) {
      return;
    }
    if (announcesAttachments(data, this.decoder)) {
      this.attachments ??= new AttachmentWatch(this, payloadLimits);
      this.attachments.start();
    } else {
      this.attachments?.goOn();
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
    if (this.flood?.stops(packet, namespace, this.isIn(namespace), this.socketIn(namespace)?.expectedAcks)) {
      return;
    }
    if (Array.isArray(packet.data) && packet.data.length > MAX_ARGUMENTS) {
      // more would not fit on the stack when the listeners are called
      this.refusePacket(codedError("TOO_MANY_ARGUMENTS", MAX_ARGUMENTS, packet.data.length));
    } else {
      this.dispatch(packet, namespace, auth);
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
    try {
      forEachAnyway(this.sockets, (socket) => socket._onerror(error));
    } finally {
      this.connection.close();
    }
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

/** Whether a text says that attachments follow; what other decoders make of a message is not known. */
function announcesAttachments(data: unknown, decoder: unknown): boolean {
  return typeof data === "string" && /^[56]/.test(data) && decoder instanceof Decoder;
}

/** How many arguments an event or an acknowledgement may have. */
const MAX_ARGUMENTS = 10_000;
