/** Real clients that connect and disconnect, and the events that they receive. */

import { Manager, type ManagerOptions } from "socket.io-client";
import { WAYS } from "../support/cut-connections";
import type { Random } from "../support/random";
import type { ClientSocket } from "../support/server";

/** Private members of the client, which hold its connection. */
interface RawManager {
  readonly _readyState: string;
  readonly engine?: {
    readonly readyState: string;
    readonly transport?: { readonly ws?: { terminate(): void; readonly _socket?: Paused } };
    close(): void;
  };
}

interface RawSocket {
  readonly nsp: string;
  /** The secret id of its session, with connection state recovery. */
  readonly _pid?: string;
  onpacket(packet: { type: number; nsp: string; data: { pid?: string } }): void;
}

/** A packet type. */
const CONNECT = 0;

interface Paused {
  pause(): void;
  resume(): void;
}

/** One client, with a socket in each of several namespaces. */
class Player {
  readonly sockets: ClientSocket[] = [];
  private readonly manager: Manager;

  constructor(
    url: string,
    options: Partial<ManagerOptions>,
    namespaces: readonly string[],
    private readonly troupe: Troupe,
  ) {
    this.manager = new Manager(url, {
      ...options,
      autoConnect: false,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      // otherwise a connection that ends while it is being opened is not noticed
      timeout: 2000,
    });
    for (const namespace of namespaces) {
      this.sockets.push(this.enter(namespace));
    }
  }

  private get raw(): RawManager {
    return this.manager as unknown as RawManager;
  }

  private enter(namespace: string): ClientSocket {
    const { troupe } = this;
    const socket = this.manager.socket(namespace);
    this.dropWhatIsLate(socket);
    socket.on("event", (number: number, size: number, text: string, bytes: Buffer | null, last: unknown) => {
      troupe.record(socket, number, text.length === size && (bytes === null || bytes[0] === (number & 255)));
      if (typeof last === "function") {
        last(socket.id);
      }
    });
    socket.on("connect", () => {
      if (troupe.random.chance(0.3)) {
        socket.emit("speak");
      }
    });
    socket.on("disconnect", (reason) => {
      if (!troupe.isOver && /^io (?:server|client) disconnect$/.test(reason)) {
        setTimeout(() => !troupe.isOver && socket.connect(), 10 + troupe.random.below(200));
      }
    });
    socket.connect();
    return socket;
  }

  /**
   * After the end of its connection, the client (4.8.4) still decodes the rest of the data that it has read, and emits
   * events of one session in the next if they arrive before its CONNECT response: that is not a fault of the server.
   */
  private dropWhatIsLate(socket: ClientSocket): void {
    const client = socket as unknown as RawSocket;
    const take = client.onpacket.bind(socket);
    client.onpacket = (packet) => {
      const isNew = packet.type === CONNECT && packet.nsp === client.nsp;
      if (isNew && (packet.data.pid === undefined || packet.data.pid !== client._pid)) {
        socket.receiveBuffer = [];
      }
      if (this.raw._readyState === "open") {
        take(packet);
      }
    };
    socket.on("disconnect", () => {
      socket.receiveBuffer = [];
    });
  }

  /** Whether its connection is open, and will remain open. */
  get isOpen(): boolean {
    return this.raw.engine?.readyState === "open";
  }

  speak(): void {
    for (const socket of this.sockets.filter(({ connected }) => connected)) {
      socket.emit("speak");
    }
  }

  /** Leaves one namespace. */
  leave(socket: ClientSocket): void {
    if (socket.connected) {
      socket.disconnect();
    }
  }

  /** Closes its connection. */
  close(): void {
    this.raw.engine?.close();
  }

  /** Loses its connection; long-polling has no permanent connection. */
  cut(): void {
    const ws = this.raw.engine?.transport?.ws;
    if (ws) {
      ws.terminate();
    } else {
      this.close();
    }
  }

  /** Stops reading for a while. */
  stall(milliseconds: number): void {
    const connection = this.raw.engine?.transport?.ws?._socket;
    connection?.pause();
    setTimeout(() => connection?.resume(), milliseconds);
  }

  /** Reconnects all its sockets. */
  comeBack(): void {
    for (const socket of this.sockets.filter(({ active }) => !active)) {
      socket.connect();
    }
  }

  /** Disconnects permanently, in one of several ways. */
  quit(manner: number): void {
    this.manager.reconnection(false);
    const ways = [() => this.close(), () => this.cut(), () => this.sockets.map((one) => one.disconnect())];
    ways[manner % ways.length]();
  }
}

/** All clients. */
export class Troupe {
  readonly players: Player[];
  /** The numbers of the received events, by session id. */
  readonly records = new Map<string, number[]>();
  readonly corrupt: number[] = [];
  isOver = false;

  constructor(
    urls: readonly string[],
    count: number,
    namespaces: readonly string[],
    readonly random: Random,
    waysByName: Readonly<Record<string, Partial<ManagerOptions>>> = WAYS,
  ) {
    const ways = Object.values(waysByName);
    const [first, ...others] = namespaces;
    this.players = Array.from({ length: count }, (_, index) => {
      const entered = [first, ...others.filter(() => random.chance(0.4))];
      return new Player(urls[index % urls.length], ways[index % ways.length], entered, this);
    });
  }

  record(socket: ClientSocket, number: number, isWhole: boolean): void {
    const id = socket.id as string;
    const record = this.records.get(id) ?? [];
    this.records.set(id, record);
    record.push(number);
    isWhole || this.corrupt.push(number);
  }

  get sockets(): ClientSocket[] {
    return this.players.flatMap(({ sockets }) => sockets);
  }

  quit(): void {
    this.isOver = true;
    for (const [index, player] of this.players.entries()) {
      player.quit(index);
    }
  }
}
