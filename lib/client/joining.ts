/** How one client joins namespaces and leaves them: one request at a time for each, in the order of its packets. */
import process from "node:process";
import { type Packet, PacketType } from "socket.io-parser";
import { type GuardCode, logs } from "../diagnostics";
import { type CodedError, codedError } from "../errors";
import { connectError } from "../guards/refusal";
import type { JoinRequest, Placed } from "./memberships";
import { ClientSending, type EncodingServer } from "./sending";

/** A socket, as far as joining and leaving needs it. */
interface Joining extends Placed {
  _onpacket(packet: Packet): void;
  _cleanup(): void;
  _refusal(reason: { readonly message: string }): Packet;
}

/** The server, as far as joining needs it. */
export interface JoiningServer extends EncodingServer {
  readonly opts: { readonly limits: { readonly namespacesPerClient?: number } };
}

/** The part of a client that takes its CONNECT and DISCONNECT packets. */
export abstract class ClientJoining<Socket extends Joining> extends ClientSending<Socket> {
  protected abstract override readonly server: JoiningServer;
  /** @internal Whether the client has asked for a namespace. */
  hasAsked = false;

  /** Reports that a guard has fired. */
  abstract tell(code: GuardCode, detail?: unknown): void;
  /** Closes the connection. */
  protected abstract close(): void;
  /** Looks for the namespace and runs its middlewares; the request ends with letIn() or decline(). */
  protected abstract decide(request: JoinRequest<Socket>, auth: Record<string, unknown>): void;

  /** Begins to let the client into a namespace. */
  protected connect(namespace: string, auth: Record<string, unknown> = {}): void {
    logs.client.enabled && logs.client("connecting to namespace %s", namespace);
    this.hasAsked = true;
    const { namespacesPerClient } = this.server.opts.limits;
    if (namespacesPerClient !== undefined && this.countNamespaces() >= namespacesPerClient) {
      const refusal = codedError("NAMESPACE_LIMIT");
      this.tell(refusal.code, namespace);
      this.packet(connectError(namespace, refusal, this.connection.protocol));
      return;
    }
    this.decide(this.beginJoining(namespace), auth);
  }

  /**
   * Ends a request that does not let the client in. The client gets the answer, unless it has sent another CONNECT since,
   * which is taken up then, or a DISCONNECT. If the answer cannot be encoded, it gets `plain`, and the error is thrown.
   *
   * @internal
   */
  decline(request: JoinRequest<Socket>, answer?: Packet, plain = answer): void {
    const { namespace, next, isCancelled } = request;
    if (!this.doneJoining(request)) {
      return;
    }
    if (next && this.connection.readyState === "open") {
      // after a CONNECT_ERROR the client would ignore the answer to its latest CONNECT
      this.connect(namespace, next);
    } else if (answer && !isCancelled) {
      try {
        this.packet(answer);
      } catch (error) {
        plain !== answer && this.packet(plain as Packet);
        throw error;
      }
    }
  }

  /**
   * A middleware disconnects a socket that is being let in. The refusal that the middleware gives in the same turn goes to
   * the client; otherwise the client gets a general one.
   *
   * @internal
   */
  turnAway(socket: Socket): void {
    const request = this.requestFor(socket.nsp.name);
    if (request?.socket !== socket || request.isTurnedAway) {
      return;
    }
    request.isTurnedAway = true;
    setImmediate(() => {
      if (request.socket === socket) {
        socket._cleanup();
        this.decline(request, socket._refusal(codedError("SOCKET_DISCONNECTED")));
      }
    });
  }

  /** Ends a request for a namespace that does not exist, or of which a guard allows no more. */
  protected declineName(
    request: JoinRequest<Socket>,
    refusal: CodedError<GuardCode & "NAMESPACE_LIMIT"> | undefined,
  ): void {
    const { namespace } = request;
    if (refusal) {
      this.tell(refusal.code, namespace);
      this.decline(request, connectError(namespace, refusal, this.connection.protocol));
      return;
    }
    logs.client.enabled && logs.client("creation of namespace %s was denied", namespace);
    const data = { message: "Invalid namespace" };
    this.decline(request, { type: PacketType.CONNECT_ERROR, nsp: namespace, data });
  }

  /** Whether the client is in a namespace or waits to be let in, and has sent no DISCONNECT since. */
  protected isIn(namespace: string): boolean {
    const socket = this.socketIn(namespace);
    return socket ? !this.isLeaving(socket) : this.isWaiting(namespace);
  }

  private isWaiting(namespace: string): boolean {
    const request = this.requestFor(namespace);
    return request !== undefined && (!request.isCancelled || request.next !== undefined);
  }

  /** Takes a packet of the client for a namespace. */
  protected dispatch(packet: Packet, namespace: string, auth: Record<string, unknown>): void {
    const { type } = packet;
    const isRequest = type === PacketType.CONNECT || type === PacketType.DISCONNECT;
    const socket = this.socketIn(namespace);
    if (socket && isRequest && this.isLeaving(socket)) {
      // in its turn: the DISCONNECT before it takes effect in the next tick
      process.nextTick(dispatchInTurn, this, packet, namespace, auth);
    } else if (socket && type !== PacketType.CONNECT && type !== PacketType.CONNECT_ERROR) {
      type === PacketType.DISCONNECT && this.beginLeaving(socket);
      process.nextTick(takePacket, socket, packet);
    } else if (!socket && type === PacketType.CONNECT) {
      this.askFor(namespace, auth);
    } else if (!socket && type === PacketType.DISCONNECT && this.isWaiting(namespace)) {
      this.cancel(namespace);
    } else if (type !== PacketType.CONNECT_ERROR && !socket && this.isExpelledFrom(namespace)) {
      logs.client.enabled && logs.client("ignore a packet that was sent before the disconnection");
    } else {
      logs.client.enabled && logs.client("no socket for namespace %s (packet type: %d)", namespace, type);
      this.close();
    }
  }

  /** @internal Takes a CONNECT or DISCONNECT that came in one tick with the DISCONNECT before it. */
  _dispatchInTurn(packet: Packet, namespace: string, auth: Record<string, unknown>): void {
    const isIgnored = packet.type === PacketType.DISCONNECT && !this.isIn(namespace);
    if (this.connection.readyState === "open" && !isIgnored) {
      this.dispatch(packet, namespace, auth);
    }
  }

  /** The middlewares run once at a time: of the requests that come meanwhile, the latest waits. */
  private askFor(namespace: string, auth: Record<string, unknown>): void {
    const request = this.requestFor(namespace);
    if (request) {
      request.next = auth;
    } else {
      this.connect(namespace, auth);
    }
  }

  /** The client has sent DISCONNECT before it was let in. */
  private cancel(namespace: string): void {
    const request = this.requestFor(namespace) as JoinRequest<Socket>;
    request.isCancelled = true;
    request.next = undefined;
    request.socket?._cleanup();
  }
}

function takePacket(socket: { _onpacket(packet: Packet): void }, packet: Packet): void {
  socket._onpacket(packet);
}

function dispatchInTurn(
  client: { _dispatchInTurn(packet: Packet, namespace: string, auth: Record<string, unknown>): void },
  packet: Packet,
  namespace: string,
  auth: Record<string, unknown>,
): void {
  client._dispatchInTurn(packet, namespace, auth);
}
