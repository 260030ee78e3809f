/** Connects to a server over the first transport that works, and closes connections without ending the session. */
import { Manager, type ManagerOptions, type Socket } from "socket.io-client";
import { ServerSentEvents } from "../../server-sent-events";
import { type Carrier, carrierOf, type LegacyTransport } from "../transports";
import { NAMESPACE, type SessionHandshake } from "../wire";

/** How long a transport may take to connect, in milliseconds. The next one is tried then. */
const CONNECT_TIMEOUT = 10_000;

/** The implementations of the transports in the client of today: names or classes. */
const IMPLEMENTATIONS: Readonly<Record<Carrier, unknown>> = {
  websocket: "websocket",
  sse: ServerSentEvents,
  polling: "polling",
};

/** Receives the events of a {@link Connection}. */
export interface ConnectionOwner {
  /** A transport is tried. */
  onAttempt(transport: LegacyTransport): void;
  /** The connection is established; `handshake` is that of a new session, or `undefined` if the session is resumed. */
  onOpen(handshake?: SessionHandshake): void;
  onMessage(message: unknown): void;
  /** The connection is lost or closed, or no transport has worked. With `isFinal`, the server has ended the session. */
  onClose(isFinal: boolean): void;
}

/** One connection at a time to a server. The session is resumed when it is opened again in time. */
export class Connection {
  private readonly manager: Manager;
  private readonly socket: Socket;
  /** The transports that are not tried yet; `undefined` if the connection is not opening. */
  private candidates?: LegacyTransport[];
  private isReady = false;
  /** Messages that arrive before the session is resumed, or while the connection is closing. */
  private early: unknown[] = [];

  constructor(
    address: string,
    path: string,
    private readonly transportOptions: { [Name in LegacyTransport]?: object },
    private readonly owner: ConnectionOwner,
  ) {
    this.manager = new Manager(address, {
      path,
      autoConnect: false,
      reconnection: false,
      upgrade: false,
      timeout: CONNECT_TIMEOUT,
    });
    this.socket = this.manager.socket(NAMESPACE);
    this.socket.on("connect", () => this.socket.recovered && this.onReady());
    this.socket.on("handshake", (handshake: SessionHandshake) => this.onReady(handshake));
    this.socket.on("message", (message: unknown) => this.onMessage(message));
    this.socket.on("connect_error", () => this.onFailure());
    this.socket.on("disconnect", (reason) => this.onDisconnect(reason === "io server disconnect"));
  }

  /** Opens the connection. The transports are tried in the given order. */
  open(transports: readonly LegacyTransport[]): void {
    const carriers = transports.map(carrierOf);
    // a transport of today that stands for several old ones is tried once
    this.candidates = transports.filter((name, index) => carriers.indexOf(carrierOf(name)) === index);
    // the previous connection may still be sending its last messages
    if (!this.socket.connected) {
      this.tryNext();
    }
  }

  send(message: unknown): void {
    this.socket.emit("message", message);
  }

  /** Closes the connection. The owner is not notified. */
  close(): void {
    this.candidates = undefined;
    this.isReady = false;
    if (this.socket.connected) {
      // socket.disconnect() would end the session
      this.manager.engine.close();
    } else {
      this.socket.disconnect();
    }
  }

  private tryNext(): void {
    const transport = this.candidates?.shift();
    if (transport === undefined) {
      this.candidates = undefined;
      this.owner.onClose(false);
      return;
    }
    const carrier = carrierOf(transport);
    this.manager.opts.transports = [IMPLEMENTATIONS[carrier]] as ManagerOptions["transports"];
    this.manager.opts.transportOptions = { [carrier]: this.transportOptions[transport] };
    this.owner.onAttempt(transport);
    this.socket.connect();
  }

  private onReady(handshake?: SessionHandshake): void {
    if (this.candidates) {
      this.candidates = undefined;
      this.isReady = true;
      if (handshake) {
        this.early = []; // they belong to the previous session
      }
      this.owner.onOpen(handshake);
      for (const message of this.early.splice(0)) {
        this.owner.onMessage(message);
      }
    }
  }

  private onMessage(message: unknown): void {
    if (this.isReady) {
      this.owner.onMessage(message);
    } else {
      this.early.push(message);
    }
  }

  private onFailure(): void {
    if (!this.candidates) {
      return;
    }
    if (!this.socket.active) {
      // the transport works, but the server refuses the client
      this.candidates = [];
    }
    this.tryNext();
  }

  private onDisconnect(isFinal: boolean): void {
    if (this.isReady) {
      this.isReady = false;
      this.owner.onClose(isFinal);
    } else if (this.candidates) {
      this.tryNext();
    }
  }
}
