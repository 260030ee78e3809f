/** One connection, split into its sockets. */
import type { IncomingMessage } from "node:http";
import process from "node:process";
import { parse as parseQuery } from "node:querystring";
import base64id from "base64id";
import type { Socket as RawSocket } from "engine.io";
import { type Decoder, type Packet, PacketType } from "socket.io-parser";
import type { SocketId } from "./adapter/contract";
import { logs } from "./diagnostics";
import {
  type EncodedChunk,
  type EncodedWriteOptions,
  type EngineConnection,
  type EnginePort,
  engineConnection,
  type Receiver,
} from "./engine/contract";
import { portOf } from "./engine/port";
import { codedError } from "./errors";
import { forEachAnyway } from "./events/for-each-anyway";
import { decodeSimple } from "./parser/decode";
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
> implements Receiver
{
  /** The Engine.IO connection, as applications know it. */
  readonly conn: RawSocket;
  /** @internal The same connection, as the library uses it. */
  readonly connection: EngineConnection;
  private readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  private readonly port: EnginePort;
  /** Made for the first packet that is no simple one. */
  private decoder?: Decoder;
  private forwardDecoded?: (packet: Packet) => void;
  /** Whether the decoder waits for attachments. */
  private inPieces = false;
  /** Most clients join one namespace. */
  private firstSocket?: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The sockets in further namespaces, by the name. */
  private otherSockets?: Map<string, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  /** The namespaces that were asked for and not joined yet, with their sockets as far as those are there. */
  private joining?: Map<string, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | undefined>;
  private connectTimer?: NodeJS.Timeout;

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, conn: RawSocket) {
    this.server = server;
    this.conn = conn;
    this.connection = engineConnection(conn);
    this.port = portOf(this.connection);
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
    this.connectTimer = setTimeout(() => {
      if (this.sockets.length === 0) {
        logs.client.enabled && logs.client("no namespace joined yet, close the client");
        this.close();
      }
    }, this.server.connectTimeout());
    if (this.connection.protocol === 3) {
      // protocol 3 clients (Socket.IO v2) are in "/" without asking
      this.connect("/");
    }
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
    this.joining ??= new Map();
    this.joining.set(name, undefined);
    this.server._resolveNamespace(name, auth, (nsp) => {
      if (nsp) {
        nsp._add(this, auth);
        return;
      }
      this.doneJoining(name);
      logs.client.enabled && logs.client("creation of namespace %s was denied", name);
      const data = { message: "Invalid namespace" };
      this.packet({ type: PacketType.CONNECT_ERROR, nsp: name, data });
    });
  }

  /** @internal A socket waits to be let in; it goes if the connection does. */
  hold(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.joining?.set(socket.nsp.name, socket);
  }

  private doneJoining(name: string): void {
    this.joining?.delete(name);
    if (this.joining?.size === 0) {
      this.joining = undefined;
    }
  }

  /** The sockets, in the order of joining. */
  private get sockets(): Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>[] {
    const others = this.otherSockets ? [...this.otherSockets.values()] : [];
    return this.firstSocket ? [this.firstSocket, ...others] : others;
  }

  private socketIn(namespace: string) {
    return this.firstSocket?.nsp.name === namespace ? this.firstSocket : this.otherSockets?.get(namespace);
  }

  /** @internal A socket is in. */
  admit(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.doneJoining(socket.nsp.name);
    if (this.firstSocket || this.otherSockets?.size) {
      this.otherSockets ??= new Map();
      this.otherSockets.set(socket.nsp.name, socket);
    } else {
      this.firstSocket = socket;
    }
    clearTimeout(this.connectTimer);
    this.connectTimer = undefined;
  }

  /** @internal Disconnects all sockets and closes the connection. */
  disconnect(): void {
    for (const socket of this.sockets) {
      socket.disconnect();
    }
    this.close();
  }

  /** @internal Forgets a socket that has left its namespace, or was not let in. */
  remove(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    const { name } = socket.nsp;
    if (this.firstSocket === socket) {
      this.firstSocket = undefined;
    } else if (this.otherSockets?.get(name) === socket) {
      this.otherSockets.delete(name);
    } else if (this.joining?.get(name) === socket) {
      this.doneJoining(name);
    }
  }

  private close(): void {
    if (this.connection.readyState === "open") {
      logs.client.enabled && logs.client("forcing transport close");
      this.connection.close();
      this.onClose("forced server close");
    }
  }

  /** @internal Encodes a packet and writes it. */
  packet(packet: Packet, options: EncodedWriteOptions = {}): void {
    if (this.connection.readyState !== "open") {
      logs.client.enabled && logs.client("ignoring packet write %j", packet);
      return;
    }
    this.writeToEngine(this.server.encoder.encode(packet), options);
  }

  /**
   * Writes the parts of an encoded packet. Adapters call it with packets that they have encoded for many receivers.
   *
   * @internal
   */
  writeToEngine(encodedPackets: EncodedChunk[], options: EncodedWriteOptions): void {
    this.port.writeChunks(Array.isArray(encodedPackets) ? encodedPackets : [encodedPackets], options);
  }

  /** @internal Takes what came over the connection. */
  ondata(data: unknown): void {
    const simple = this.server.usesDefaultParser && !this.inPieces ? decodeSimple(data) : undefined;
    if (simple) {
      this.onDecoded(simple);
      return;
    }
    try {
      this.inPieces = true;
      this.decoder ??= this.makeDecoder();
      this.decoder.add(data);
    } catch (error) {
      logs.client.enabled && logs.client("invalid packet format");
      this.onError(error as Error);
    }
  }

  private makeDecoder(): Decoder {
    const decoder: Decoder = new this.server._parser.Decoder();
    this.forwardDecoded = (packet) => this.onDecoded(packet);
    decoder.on("decoded", this.forwardDecoded);
    return decoder;
  }

  private onDecoded(packet: Packet): void {
    this.inPieces = false;
    let namespace = packet.nsp;
    let auth = packet.data ?? {};
    if (this.connection.protocol === 3) {
      // protocol 3 clients (Socket.IO v2) send what others send as auth in the query of the namespace
      const [pathname, query] = splitOnce(packet.nsp, "?");
      namespace = pathname;
      auth = lastValues(parseQuery(splitOnce(query, "#")[0]));
    }
    const socket = this.socketIn(namespace);
    if (Array.isArray(packet.data) && packet.data.length > MAX_ARGUMENTS) {
      // more would not fit on the stack when the listeners are called
      this.onError(codedError("TOO_MANY_ARGUMENTS", MAX_ARGUMENTS, packet.data.length));
    } else if (!socket && packet.type === PacketType.CONNECT && !this.joining?.has(namespace)) {
      this.connect(namespace, auth);
    } else if (socket && packet.type !== PacketType.CONNECT && packet.type !== PacketType.CONNECT_ERROR) {
      process.nextTick(takePacket, socket, packet);
    } else {
      logs.client.enabled &&
        logs.client("no socket for namespace %s (packet type: %d)", namespace, packet.type);
      this.close();
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
    this.release();
    for (const socket of this.joining?.values() ?? []) {
      socket?._cleanup();
    }
    forEachAnyway(this.sockets, (socket) => socket._onclose(reason, description));
  }

  /** Stops listening to the connection. */
  private release(): void {
    this.port.release();
    this.decoder?.off("decoded", this.forwardDecoded);
    this.decoder?.destroy();
    this.decoder = undefined;
    clearTimeout(this.connectTimer);
    this.connectTimer = undefined;
  }
}

function takePacket(socket: { _onpacket(packet: Packet): void }, packet: Packet): void {
  socket._onpacket(packet);
}

/** How many arguments an event or an acknowledgement may have. */
const MAX_ARGUMENTS = 10_000;

function splitOnce(text: string, separator: string): [before: string, after: string] {
  const index = text.indexOf(separator);
  return index === -1 ? [text, ""] : [text.slice(0, index), text.slice(index + separator.length)];
}

/** Where a parameter is given more than once, the last one counts. */
function lastValues(query: Record<string, string | string[] | undefined>): Record<string, unknown> {
  for (const [name, value] of Object.entries(query)) {
    query[name] = Array.isArray(value) ? value[value.length - 1] : value;
  }
  return query;
}
