/** The sockets of one client, by the namespaces that it has joined or waits to join. */

/** A socket, as far as its place among the others needs it. */
export interface Placed {
  readonly nsp: { readonly name: string };
}

/** The part of a client that knows its sockets. */
export abstract class ClientSockets<Socket extends Placed> {
  /** Most clients join one namespace. */
  private firstSocket?: Socket;
  /** The sockets in further namespaces, by the name. */
  private otherSockets?: Map<string, Socket>;
  /** The namespaces that were asked for and not joined yet, with their sockets as far as those are there. */
  private joining?: Map<string, Socket | undefined>;

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
    return [...(this.joining?.values() ?? [])].filter((socket) => socket !== undefined);
  }

  /** How many namespaces it is in, or waits to be let into. */
  protected countNamespaces(): number {
    return Number(Boolean(this.firstSocket)) + (this.otherSockets?.size ?? 0) + (this.joining?.size ?? 0);
  }

  protected socketIn(namespace: string): Socket | undefined {
    return this.firstSocket?.nsp.name === namespace ? this.firstSocket : this.otherSockets?.get(namespace);
  }

  protected isJoining(namespace: string): boolean {
    return this.joining?.has(namespace) === true;
  }

  protected beginJoining(namespace: string): void {
    this.joining ??= new Map();
    this.joining.set(namespace, undefined);
  }

  protected doneJoining(namespace: string): void {
    this.joining?.delete(namespace);
    if (this.joining?.size === 0) {
      this.joining = undefined;
    }
  }

  /** @internal A socket waits to be let in; it goes if the connection does. */
  hold(socket: Socket): void {
    this.joining?.set(socket.nsp.name, socket);
  }

  /** @internal A socket is in. */
  admit(socket: Socket): void {
    this.doneJoining(socket.nsp.name);
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
    if (this.firstSocket === socket) {
      this.firstSocket = undefined;
    } else if (this.otherSockets?.get(name) === socket) {
      this.otherSockets.delete(name);
    } else if (this.joining?.get(name) === socket) {
      this.doneJoining(name);
    }
  }
}
