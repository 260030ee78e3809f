/** The sockets of one client, by the namespaces that it has joined or waits to join. */

/** A socket, as far as its place among the others needs it. */
export interface Placed {
  readonly nsp: { readonly name: string };
}

/** A request to join a namespace, until it is decided. A connection has one of them at a time for each namespace. */
export interface JoinRequest<Socket> {
  readonly namespace: string;
  /** The socket that the middlewares see, once it is made. */
  socket?: Socket;
  /** Whether the client has sent DISCONNECT since: it is not let in, and gets no answer. */
  isCancelled: boolean;
  /** Whether a middleware has disconnected the socket. */
  isTurnedAway?: boolean;
  /** What the latest CONNECT that came since has sent as auth: it is taken up if this request does not let the client in. */
  next?: Record<string, unknown>;
}

/** The part of a client that knows its sockets. */
export abstract class ClientSockets<Socket extends Placed> {
  /** Most clients join one namespace. */
  private firstSocket?: Socket;
  /** The sockets in further namespaces, by the name. */
  private otherSockets?: Map<string, Socket>;
  /** The requests that are not decided, by the name of the namespace. */
  private joining?: Map<string, JoinRequest<Socket>>;
  /** The sockets whose DISCONNECT has come, and takes effect in the next tick. */
  declare private leaving?: Set<Socket>;

  /** The namespaces from which the server has disconnected the client, the latest ones. */
  declare private expelledFrom?: Set<string>;

  /** The sockets, in the order of joining. */
  protected get sockets(): Socket[] {
    const others = this.otherSockets ? [...this.otherSockets.values()] : [];
    return this.firstSocket ? [this.firstSocket, ...others] : others;
  }

  /** The socket, if the client is in one namespace. */
  protected get onlySocket(): Socket | undefined {
    return this.otherSockets?.size ? undefined : this.firstSocket;
  }

  /** The sockets that are not let in yet. */
  protected get waitingSockets(): Socket[] {
    return [...(this.joining?.values() ?? [])].flatMap(({ socket }) => socket ?? []);
  }

  /** How many namespaces it is in, or waits to be let into. */
  protected countNamespaces(): number {
    return Number(Boolean(this.firstSocket)) + (this.otherSockets?.size ?? 0) + (this.joining?.size ?? 0);
  }

  protected socketIn(namespace: string): Socket | undefined {
    return this.firstSocket?.nsp.name === namespace ? this.firstSocket : this.otherSockets?.get(namespace);
  }

  /** The request that is not decided, if there is one. */
  protected requestFor(namespace: string): JoinRequest<Socket> | undefined {
    return this.joining?.get(namespace);
  }

  protected beginJoining(namespace: string): JoinRequest<Socket> {
    this.expelledFrom?.delete(namespace);
    const request = { namespace, isCancelled: false };
    this.joining ??= new Map();
    this.joining.set(namespace, request);
    return request;
  }

  /** Forgets a request; false if that was done before. */
  protected doneJoining(request: JoinRequest<Socket>): boolean {
    if (this.joining?.get(request.namespace) !== request) {
      return false;
    }
    this.joining.delete(request.namespace);
    if (this.joining.size === 0) {
      this.joining = undefined;
    }
    return true;
  }

  /** The next tick takes the DISCONNECT of this socket. */
  protected beginLeaving(socket: Socket): void {
    this.leaving ??= new Set();
    this.leaving.add(socket);
  }

  protected isLeaving(socket: Socket): boolean {
    return this.leaving?.has(socket) === true;
  }

  /** @internal The server disconnects the client from a namespace. */
  expelled(namespace: string): void {
    this.expelledFrom ??= new Set();
    this.expelledFrom.add(namespace);
    if (this.expelledFrom.size > MOST_EXPELLED) {
      const [oldest] = this.expelledFrom;
      this.expelledFrom.delete(oldest);
    }
  }

  /** Whether the client may not know yet that it is no longer in a namespace. */
  protected isExpelledFrom(namespace: string): boolean {
    return this.expelledFrom?.has(namespace) === true;
  }

  /** @internal A socket is in. */
  admit(socket: Socket): void {
    if (this.firstSocket || this.otherSockets?.size) {
      this.otherSockets ??= new Map();
      this.otherSockets.set(socket.nsp.name, socket);
    } else {
      this.firstSocket = socket;
    }
  }

  /** @internal Forgets a socket that has left its namespace, or was not let in. */
  remove(socket: Socket): void {
    const { name } = socket.nsp;
    this.leaving?.delete(socket);
    if (this.firstSocket === socket) {
      this.firstSocket = undefined;
    } else if (this.otherSockets?.get(name) === socket) {
      this.otherSockets.delete(name);
    } else {
      const request = this.joining?.get(name);
      if (request?.socket === socket) {
        request.socket = undefined;
      }
    }
  }
}

/** How many namespaces are remembered from which the server has disconnected the client. */
const MOST_EXPELLED = 100;
