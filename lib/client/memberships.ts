/** The namespaces that one client has joined or asks to join. */
import process from "node:process";
import { type Packet, PacketType } from "socket.io-parser";
import { inNextTurn } from "../at-load";
import { type GuardCode, logs } from "../diagnostics";
import { channels } from "../diagnostics/channels";
import type { ConnectionMessage } from "../diagnostics/messages";
import { observed } from "../diagnostics/observe";
import { type CodedError, codedError } from "../errors";
import { forEachThenThrow } from "../events/for-each-then-throw";
import { connectError, refusalPacket } from "../guards/connect-error";
import { copyOf, escaped, quoted } from "../texts";

/** An undecided request to join a namespace. A connection has at most one for each namespace. */
export interface JoinRequest<Socket> {
  readonly namespace: string;
  /** The socket that the middlewares receive, once it exists. */
  socket?: Socket;
  /** Whether the client has sent DISCONNECT since. The client is then not connected, and receives no answer. */
  isCancelled: boolean;
  /** Whether a middleware has disconnected the socket. */
  isDisconnected?: boolean;
  /** The auth data of the latest CONNECT packet after this request, which is handled next if this request is refused. */
  next?: Record<string, unknown>;
  /** The message about this request, if its diagnostics channel has subscribers. */
  trace?: ConnectionMessage | undefined;
}

/** The members of a socket that are used here. */
interface Member {
  readonly nsp: { readonly name: string };
  _onpacket(packet: Packet): void;
  _cleanup(): void;
}

/** The members of a client that are used here. */
interface MemberClient<Socket> {
  readonly conn: unknown;
  readonly connection: { readonly readyState: string; readonly protocol?: number };
  /** The limit `namespacesPerClient`. */
  readonly maxNamespaces: number | undefined;
  /** Runs the middlewares of the namespace; the request ends with `accept()` or `refuse()`. */
  admit(request: JoinRequest<Socket>, auth: Record<string, unknown>): void;
  packet(packet: Packet): void;
  report(code: GuardCode, detail?: unknown): void;
  close(): void;
}

/** The maximum number of names in `disconnectedFrom`. */
const MAX_DISCONNECTED_FROM = 100;

/**
 * Holds the sockets of a client by namespace, and handles its CONNECT and DISCONNECT packets: one request at a time for
 * each namespace, in the order of the packets.
 */
export class Memberships<Socket extends Member> {
  /** Whether the client has asked to join a namespace. */
  hasAsked = false;
  /** The socket that joined first, of those that have not left. Most clients have a single socket, and need no map. */
  private firstSocket: Socket | undefined = undefined;
  /** The other sockets, by the name of the namespace. */
  declare private otherSockets?: Map<string, Socket>;
  /** The undecided requests, by the name of the namespace. */
  private requests: Map<string, JoinRequest<Socket>> | undefined = undefined;
  /** The sockets whose clients have sent DISCONNECT, which takes effect in the next tick. */
  declare private leaving?: Set<Socket>;
  /** The namespaces from which the server has disconnected the client most recently. */
  declare private disconnectedFrom?: Set<string>;

  constructor(private readonly client: MemberClient<Socket>) {}

  /** The sockets, in the order of joining. */
  get sockets(): Socket[] {
    const others = this.otherSockets ? [...this.otherSockets.values()] : [];
    return this.firstSocket ? [this.firstSocket, ...others] : others;
  }

  /** The socket of the client, if it has joined a single namespace. */
  get onlySocket(): Socket | undefined {
    return this.otherSockets?.size ? undefined : this.firstSocket;
  }

  socketIn(namespace: string): Socket | undefined {
    return this.firstSocket?.nsp.name === namespace ? this.firstSocket : this.otherSockets?.get(namespace);
  }

  /** Whether the client has joined the namespace or asks to join it, and has sent no DISCONNECT since. */
  includes(namespace: string): boolean {
    const socket = this.socketIn(namespace);
    return socket ? !this.isLeaving(socket) : this.isAsking(namespace);
  }

  /** Handles a packet of the client for a namespace. */
  dispatch(packet: Packet, namespace: string, auth: Record<string, unknown>): void {
    const { type } = packet;
    const socket = this.socketIn(namespace);
    if (socket && (type === PacketType.CONNECT || type === PacketType.DISCONNECT) && this.isLeaving(socket)) {
      // in the next tick, after the earlier DISCONNECT packet has taken effect
      process.nextTick(dispatchInTurn, this, packet, namespace, auth);
    } else if (socket && type !== PacketType.CONNECT && type !== PacketType.CONNECT_ERROR) {
      if (type === PacketType.DISCONNECT) {
        this.leaving ??= new Set();
        this.leaving.add(socket);
      }
      // in the next tick, so that an error that a handler throws does not count as a decoding error
      process.nextTick(handlePacket, socket, packet);
    } else if (!socket && type === PacketType.CONNECT) {
      this.onConnectPacket(namespace, auth);
    } else if (!socket && type === PacketType.DISCONNECT && this.isAsking(namespace)) {
      this.cancel(namespace);
    } else if (type !== PacketType.CONNECT_ERROR && !socket && this.disconnectedFrom?.has(namespace)) {
      logs.client.enabled && logs.client("ignore a packet that was sent before the disconnection");
    } else {
      logs.client.enabled &&
        logs.client("no socket for namespace %s (packet type: %d)", quoted(namespace), type);
      this.client.close();
    }
  }

  /** Handles a CONNECT or DISCONNECT packet that arrived in the same tick as an earlier DISCONNECT packet. */
  dispatchInTurn(packet: Packet, namespace: string, auth: Record<string, unknown>): void {
    const socket = this.socketIn(namespace);
    if (socket) {
      // the earlier packet had no effect, for example since the application has replaced a method
      this.leaving?.delete(socket);
    }
    const isIgnored = packet.type === PacketType.DISCONNECT && !this.includes(namespace);
    if (this.client.connection.readyState === "open" && !isIgnored) {
      this.dispatch(packet, namespace, auth);
    }
  }

  /** Handles a CONNECT packet: starts a request or, if one is undecided, stores the auth data until it is decided. */
  private onConnectPacket(namespace: string, auth: Record<string, unknown>): void {
    const request = this.requests?.get(namespace);
    if (request) {
      request.next = auth;
    } else {
      this.join(namespace, auth);
    }
  }

  /** Starts a request to join a namespace, or refuses it if the limit is reached. */
  join(given: string, auth: Record<string, unknown> = {}): void {
    const namespace = copyOf(given);
    logs.client.enabled && logs.client("connecting to namespace %s", quoted(namespace));
    this.hasAsked = true;
    const { client } = this;
    const count = this.sockets.length + (this.requests?.size ?? 0);
    if (client.maxNamespaces !== undefined && count >= client.maxNamespaces) {
      this.refuseAtOnce(namespace, codedError("NAMESPACE_LIMIT"));
      return;
    }
    this.disconnectedFrom?.delete(namespace);
    const request: JoinRequest<Socket> = { namespace, isCancelled: false };
    this.requests ??= new Map();
    this.requests.set(namespace, request);
    if (channels.connection.isActive) {
      observed().traceConnection(client, request, auth);
    } else {
      client.admit(request, auth);
    }
  }

  /**
   * Refuses a CONNECT packet, whose auth data are not kept. Sends no answer if an earlier request is undecided, as its answer
   * follows; closes the connection if the client has joined.
   */
  refuseConnect(given: string, refusal: CodedError<"CONNECT_TOO_LARGE">): void {
    const namespace = copyOf(given);
    const socket = this.socketIn(namespace);
    if (socket && !this.isLeaving(socket)) {
      this.client.close();
    } else if (this.isAsking(namespace)) {
      this.client.report(refusal.code, escaped(namespace));
    } else {
      this.hasAsked = true;
      this.refuseAtOnce(namespace, refusal);
    }
  }

  private refuseAtOnce(
    namespace: string,
    refusal: CodedError<"NAMESPACE_LIMIT" | "CONNECT_TOO_LARGE">,
  ): void {
    const { client } = this;
    client.report(refusal.code, escaped(namespace));
    client.packet(connectError(namespace, refusal, client.connection.protocol));
  }

  /** Ends a request: the client is connected to the namespace. Ignores CONNECT packets that have arrived meanwhile. */
  accept(socket: Socket, request: JoinRequest<Socket>): void {
    request.socket = undefined;
    this.end(request);
    if (this.firstSocket) {
      this.otherSockets ??= new Map();
      this.otherSockets.set(socket.nsp.name, socket);
    } else {
      this.firstSocket = socket;
    }
  }

  /**
   * Ends a request: the client is not connected to the namespace. If the client has sent another CONNECT since, handles
   * it; if it has sent DISCONNECT since, sends nothing; otherwise sends the answer. If the answer cannot be encoded, sends
   * `plain` instead and throws the error.
   */
  refuse(request: JoinRequest<Socket>, answer?: Packet, plain = answer): void {
    const { namespace, next, isCancelled } = request;
    if (!this.end(request)) {
      return;
    }
    if (request.trace) {
      observed().endRequest(request, answer && !isCancelled ? "refused" : "left");
    }
    if (next && this.client.connection.readyState === "open") {
      // without a CONNECT_ERROR, after which the client would ignore the answer to its latest CONNECT
      this.join(namespace, next);
    } else if (answer && !isCancelled) {
      try {
        this.client.packet(answer);
      } catch (error) {
        plain !== answer && this.client.packet(plain as Packet);
        throw error;
      }
    }
  }

  /** Refuses a request for a namespace that does not exist or, if `refusal` is given, that a limit does not allow. */
  refuseName(
    request: JoinRequest<Socket>,
    refusal: CodedError<GuardCode & "NAMESPACE_LIMIT"> | undefined,
  ): void {
    const { namespace } = request;
    if (request.trace) {
      request.trace.error = refusal ?? codedError("UNKNOWN_NAMESPACE");
    }
    if (refusal) {
      this.client.report(refusal.code, escaped(namespace));
      this.refuse(request, connectError(namespace, refusal, this.client.connection.protocol));
      return;
    }
    logs.client.enabled && logs.client("creation of namespace %s was denied", quoted(namespace));
    const data = { message: "Invalid namespace" };
    this.refuse(request, { type: PacketType.CONNECT_ERROR, nsp: namespace, data });
  }

  /**
   * Refuses a socket that a middleware disconnects. The client receives the error of `next(err)` if the middleware calls it
   * in the same turn, and a general error otherwise.
   */
  refuseSocket(socket: Socket): void {
    const request = this.requests?.get(socket.nsp.name);
    if (request?.socket !== socket || request.isDisconnected) {
      return;
    }
    request.isDisconnected = true;
    inNextTurn(() => {
      if (request.socket === socket) {
        socket._cleanup();
        const error = codedError("SOCKET_DISCONNECTED");
        const { message } = error;
        if (request.trace) {
          request.trace.error ??= error;
        }
        this.refuse(request, refusalPacket(request.namespace, { message }, this.client.connection.protocol));
      }
    });
  }

  /** Cancels an undecided request, since the client has sent DISCONNECT. */
  private cancel(namespace: string): void {
    const request = this.requests?.get(namespace) as JoinRequest<Socket>;
    request.isCancelled = true;
    request.next = undefined;
    request.socket?._cleanup();
  }

  /** Records that the server disconnects the client, whose earlier packets for the namespace may still arrive. */
  markDisconnected(namespace: string): void {
    this.disconnectedFrom ??= new Set();
    this.disconnectedFrom.add(namespace);
    if (this.disconnectedFrom.size > MAX_DISCONNECTED_FROM) {
      const [oldest] = this.disconnectedFrom;
      this.disconnectedFrom.delete(oldest);
    }
  }

  /** Removes a socket that has left its namespace or was refused. */
  remove(socket: Socket): void {
    const { name } = socket.nsp;
    this.leaving?.delete(socket);
    if (this.firstSocket === socket) {
      const [next] = this.otherSockets?.values() ?? [];
      this.firstSocket = next;
      next && this.otherSockets?.delete(next.nsp.name);
    } else if (this.otherSockets?.get(name) === socket) {
      this.otherSockets.delete(name);
    } else {
      const request = this.requests?.get(name);
      if (request?.socket === socket) {
        request.socket = undefined;
      }
    }
  }

  /** Cleans up the sockets whose requests are undecided, since the connection is closed. */
  abandonRequests(): void {
    forEachThenThrow([...(this.requests?.values() ?? [])], (request) => {
      try {
        request.socket?._cleanup();
      } finally {
        request.trace && observed().endRequest(request, "left");
      }
    });
  }

  /** Removes a request. Returns `false` if it was removed before. */
  private end(request: JoinRequest<Socket>): boolean {
    if (this.requests?.get(request.namespace) !== request) {
      return false;
    }
    this.requests.delete(request.namespace);
    if (this.requests.size === 0) {
      this.requests = undefined;
    }
    return true;
  }

  private isAsking(namespace: string): boolean {
    const request = this.requests?.get(namespace);
    return request !== undefined && (!request.isCancelled || request.next !== undefined);
  }

  private isLeaving(socket: Socket): boolean {
    return this.leaving?.has(socket) === true;
  }
}

function handlePacket(socket: { _onpacket(packet: Packet): void }, packet: Packet): void {
  socket._onpacket(packet);
}

function dispatchInTurn(
  memberships: { dispatchInTurn(packet: Packet, namespace: string, auth: Record<string, unknown>): void },
  packet: Packet,
  namespace: string,
  auth: Record<string, unknown>,
): void {
  memberships.dispatchInTurn(packet, namespace, auth);
}
