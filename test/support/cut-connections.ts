/** Runs clients under load while their connections are cut, and accounts for each event of each client. */

import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { io as connect, type ManagerOptions } from "socket.io-client";
import type { ConnectionStateRecoveryOptions, ServerOptions } from "../../lib";
import { DisconnectingProxy, type Manner } from "./disconnecting-proxy";
import { Random } from "./random";
import { type ClientSocket, listenOnFreePort } from "./server";
import { Server, type ServerType, type SocketType } from "./subject";
import { nextEvent } from "./waiting";

/** The transports of the clients, which are distributed evenly. */
export const WAYS: Record<string, Partial<ManagerOptions>> = {
  websocket: { transports: ["websocket"] },
  polling: { transports: ["polling"] },
  "polling, upgraded": { transports: ["polling", "websocket"] },
};

export interface CutsOptions {
  seed: number;
  clients: number;
  /** The number of connections that are cut, at least. */
  cuts: number;
  /** The transports of the clients, instead of {@link WAYS}, with those of the server. */
  ways?: Readonly<Record<string, Partial<ManagerOptions>>>;
  transports?: NonNullable<ServerOptions["transports"]>;
  /** The largest number of bytes that a connection transfers before it is cut. */
  mostBytes?: number;
  recovery?: ConnectionStateRecoveryOptions;
  /** The time without any action of a client after which disconnected clients count as absent, in milliseconds. */
  patience?: number;
}

/** The account of the events, over all clients with the same transports. */
export interface Account {
  clients: number;
  /** The number of events that arrived in order, each for the first time. */
  received: number;
  /** The number of reconnections with recovery. */
  recovered: number;
  /** The number of reconnections without recovery; the first connection is not counted. */
  notRecovered: number;
  /** Events that were sent to a client while it was disconnected, and that it did not receive since it was not recovered. */
  toldLost: number;
  /** Events that are missing without notice: a later event, or the final acknowledgement, arrived without them. */
  lost: number;
  /** Clients that never reconnected, though their connections were no longer cut. */
  absent: number;
  duplicates: number;
  /** Duplicates of events that the client itself had buffered when its connection was cut. */
  clientDuplicates: number;
  /** Events with wrong bytes. */
  corrupt: number;
}

const GROUP_SIZE = 10;

/** The number of clients that connect together at the beginning. */
const STARTING_TOGETHER = 20;

/** One client, and the events that were sent to it. */
class Player {
  socket?: SocketType;
  /** The number of events that were sent to this client only. */
  sent = 0;
  readonly account: Account = {
    clients: 1,
    received: 0,
    recovered: 0,
    notRecovered: 0,
    toldLost: 0,
    lost: 0,
    absent: 0,
    duplicates: 0,
    clientDuplicates: 0,
    corrupt: 0,
  };
  /** The numbers of the last events that arrived, sent to the client only and to the room. */
  private readonly last: Record<string, number> = { direct: 0, room: 0 };
  private hasStarted = false;
  private connections = 0;
  private attempts = 0;
  private isAsked = false;
  private hasAnswer = false;
  private readonly buffered = new Set<string>();

  constructor(
    readonly way: string,
    readonly room: Room,
    readonly client: ClientSocket,
  ) {
    client.on("connect", () => this.onConnect());
    client.io.on("reconnect_attempt", () => this.attempts++);
    client.on("disconnect", () => {
      for (const [event, number] of client.receiveBuffer) {
        this.buffered.add(`${event} ${number}`);
      }
    });
    client.on("start", (direct: number, room: number) => this.onStart(direct, room));
    for (const event of ["direct", "room"]) {
      client.on(event, (number: number, bytes: unknown) => this.onEvent(event, number, bytes));
    }
  }

  /** Starts the account: earlier events to the room do not count. */
  begin(): void {
    this.last.room = this.room.sent;
  }

  /** Increases with each action of the client. */
  get progress(): number {
    return this.connections + this.attempts + this.account.received;
  }

  /** Requests an acknowledgement after all events were sent; it arrives after them, over this connection or a later one. */
  ask(): void {
    this.isAsked = true;
    this.askIfConnected();
  }

  private askIfConnected(): void {
    if (this.isAsked && this.client.connected) {
      this.client.emit("all sent", () => {
        this.hasAnswer = true;
      });
    }
  }

  get hasReturned(): boolean {
    return this.connections > 1;
  }

  /** Whether no further event can arrive. */
  get isSettled(): boolean {
    return this.hasAnswer;
  }

  /** Only events that the acknowledgement has overtaken are lost: a disconnected client may still receive missed events. */
  close(): void {
    if (this.hasAnswer) {
      this.account.lost += this.sent - this.last.direct + this.room.sent - this.last.room;
    } else {
      this.account.absent++;
    }
    this.client.disconnect();
  }

  private onConnect(): void {
    this.connections++;
    this.askIfConnected();
    if (this.client.recovered) {
      this.account.recovered++;
    } else {
      this.hasStarted = false;
      this.account.notRecovered += this.connections > 1 ? 1 : 0;
    }
  }

  /** Events of a new session have numbers after these. */
  private onStart(direct: number, room: number): void {
    if (this.hasStarted) {
      this.account.duplicates++;
      return;
    }
    this.hasStarted = true;
    this.account.toldLost += direct - this.last.direct + room - this.last.room;
    this.last.direct = direct;
    this.last.room = room;
  }

  private onEvent(event: string, number: number, bytes: unknown): void {
    const { account, last } = this;
    if (bytes !== null && String(bytes) !== `${event} ${number}`) {
      account.corrupt++;
    }
    if (number <= last[event]) {
      const isOfClient = this.buffered.has(`${event} ${number}`);
      account[isOfClient ? "clientDuplicates" : "duplicates"]++;
      return;
    }
    account.lost += number - last[event] - 1;
    account.received++;
    last[event] = number;
  }
}

interface Room {
  readonly name: string;
  sent: number;
}

/** Runs clients under load until enough connections were cut and clients of each kind have recovered; waits for all events. */
export async function runCuts(
  options: CutsOptions,
): Promise<{ accounts: Record<string, Account>; cuts: Record<Manner, number> }> {
  const { seed, clients, cuts, mostBytes = 20_000, recovery = {}, patience = 60_000 } = options;
  const { ways = WAYS, transports } = options;
  const random = new Random(seed);
  const httpServer = createServer();
  const io = new Server(httpServer, {
    connectionStateRecovery: recovery,
    ...(transports && { transports }),
    // a client whose upgrade is cut at a certain moment stops polling, and notices only by missing pings; a slow machine
    // may need seconds for a ping, and connections that time out would slow it down further
    pingInterval: 1000,
    pingTimeout: 5000,
  });
  const proxy = new DisconnectingProxy(await listenOnFreePort(httpServer), random, mostBytes);
  const url = `http://localhost:${await proxy.listen()}`;
  const players = createPlayers(url, clients, ways);
  welcomePlayers(io, players);
  await connectAll(players);
  const rooms = [...new Set(players.map(({ room }) => room))];
  while (proxy.total < cuts || !Object.keys(ways).every((way) => hasReturned(players, way))) {
    // the missed events must fit into the lifetime of a connection, otherwise no client recovers; and recovering clients
    // must be accepted, otherwise all cuts hit handshakes on a slow machine before any event is sent
    if (io.of("/").sockets.size > (clients * 3) / 4) {
      proxy.start();
      sendSome(io, players, rooms, random);
    } else {
      proxy.calm();
    }
    await pause(2);
  }
  proxy.calm();
  await settle(players, patience);
  for (const player of players) {
    player.close();
  }
  proxy.close();
  await io.close();
  httpServer.closeAllConnections();
  return { accounts: sumByWay(players), cuts: proxy.cuts };
}

function hasReturned(players: Player[], way: string): boolean {
  return players.some((player) => player.way === way && player.hasReturned);
}

/** Connects all clients, a few at a time: all together would time out and retry forever on a slow machine. */
async function connectAll(players: Player[]): Promise<void> {
  for (let i = 0; i < players.length; i += STARTING_TOGETHER) {
    const clients = players.slice(i, i + STARTING_TOGETHER).map(({ client }) => client);
    await Promise.all(
      clients.map((client) => {
        const connected = nextEvent(client, "connect");
        client.connect();
        return connected;
      }),
    );
  }
}

/** Waits until all clients are settled; stops when no client has done anything for a while, including connection attempts. */
async function settle(players: Player[], patience: number): Promise<void> {
  for (const player of players) {
    player.ask();
  }
  let progress = -1;
  let last = Date.now();
  while (!players.every(({ isSettled }) => isSettled) && Date.now() - last < patience) {
    const now = players.reduce((sum, player) => sum + player.progress, 0);
    if (now !== progress) {
      progress = now;
      last = Date.now();
    }
    await pause(5);
  }
}

function createPlayers(url: string, count: number, waysByName: typeof WAYS): Player[] {
  const ways = Object.entries(waysByName);
  const rooms: Room[] = Array.from({ length: Math.ceil(count / GROUP_SIZE) }, (_, i) => ({
    name: `room ${i}`,
    sent: 0,
  }));
  return Array.from({ length: count }, (_, i) => {
    const [way, transports] = ways[i % ways.length];
    const client = connect(url, {
      forceNew: true,
      autoConnect: false,
      reconnectionDelay: 1,
      // otherwise the client notices a WebSocket that ends before the open packet only after 20 seconds; a slow machine
      // needs more than a second for an attempt, and an attempt that times out slows down the others
      timeout: 5000,
      reconnectionDelayMax: 50,
      auth: { player: i },
      ...transports,
    });
    return new Player(way, rooms[i % rooms.length], client);
  });
}

function welcomePlayers(io: ServerType, players: Player[]): void {
  io.on("connection", (socket) => {
    const player = players[socket.handshake.auth.player];
    if (!player.socket) {
      player.begin();
    }
    player.socket = socket;
    socket.on("all sent", (answer) => answer());
    if (!socket.recovered) {
      socket.join(player.room.name);
      socket.emit("start", player.sent, player.room.sent);
    }
  });
}

/** Sends an event to some clients in each way, and one to a room; some with bytes. */
function sendSome(io: ServerType, players: Player[], rooms: Room[], random: Random): void {
  for (let i = 0; i < players.length / 20; i++) {
    const player = random.pick(players);
    if (player.socket) {
      const target = random.below(2) === 0 ? player.socket : io.to(player.socket.id);
      const number = ++player.sent;
      target.emit("direct", number, bytesOrNot("direct", number, random));
    }
  }
  const room = random.pick(rooms);
  const number = ++room.sent;
  io.to(room.name).emit("room", number, bytesOrNot("room", number, random));
}

function bytesOrNot(event: string, number: number, random: Random): Buffer | null {
  return random.below(4) === 0 ? Buffer.from(`${event} ${number}`) : null;
}

function sumByWay(players: Player[]): Record<string, Account> {
  const accounts: Record<string, Account> = {};
  for (const { way, account } of players) {
    const sum = accounts[way];
    if (!sum) {
      accounts[way] = { ...account };
      continue;
    }
    for (const key of Object.keys(account) as (keyof Account)[]) {
      sum[key] += account[key];
    }
  }
  return accounts;
}
