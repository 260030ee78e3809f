/** Load on a server whose connections are cut all the time, and an account of each event of each client. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { io as connect, type ManagerOptions } from "socket.io-client";
import type { ConnectionStateRecoveryOptions } from "../../lib";
import type { ClientSocket } from "./server";
import { type Manner, type Random, randomFrom, SeveringProxy } from "./severing-proxy";
import { Server, type ServerType, type SocketType } from "./subject";
import { nextEvent } from "./waiting";

/** How clients connect; they are spread evenly. */
export const WAYS: Record<string, Partial<ManagerOptions>> = {
  websocket: { transports: ["websocket"] },
  polling: { transports: ["polling"] },
  "polling, upgraded": { transports: ["polling", "websocket"] },
};

export interface CutsOptions {
  seed: number;
  clients: number;
  /** How many connections are cut, at least. */
  cuts: number;
  /** How many bytes a connection passes at most before it is cut. */
  mostBytes?: number;
  recovery?: ConnectionStateRecoveryOptions;
  /** How long no client may do anything in the end, in milliseconds, until those that are away count as absent. */
  patience?: number;
}

/** What became of the events, over all clients of one way. */
export interface Account {
  clients: number;
  /** How many events came, in order, each for the first time. */
  received: number;
  /** How often a client came back with its session. */
  recovered: number;
  /** How often a client was told that it has a new session; the first time is not counted. */
  notRecovered: number;
  /** Events that were sent to a client while it was away, and that it was told it does not get. */
  toldLost: number;
  /** Events that are missing without a word, in front of others or of what was sent after all events. */
  lost: number;
  /** Clients that never came back, though their connections were not cut any more. */
  absent: number;
  duplicates: number;
  /** Duplicates that the client itself makes of events which it had buffered when its connection was cut. */
  clientDuplicates: number;
  /** Events whose bytes were not those that were sent. */
  corrupt: number;
}

const GROUP_SIZE = 10;

/** How many clients connect at a time in the beginning. */
const STARTING_TOGETHER = 20;

/** One client, and what was sent to it. */
class Player {
  socket?: SocketType;
  /** How many events were sent to it alone. */
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
  /** The number of the last event that came, alone and over the room. */
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

  /** Is welcomed for the first time: what was sent to the room before is not for it. */
  begin(): void {
    this.last.room = this.room.sent;
  }

  /** Rises with everything that the client does. */
  get progress(): number {
    return this.connections + this.attempts + this.account.received;
  }

  /** All events are sent: asks for an answer, which comes after them, over this connection or over a later one. */
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

  get isReattached(): boolean {
    return this.connections > 1;
  }

  /** Whether all events have come that ever will. */
  get isSettled(): boolean {
    return this.hasAnswer;
  }

  /** Only what the answer has overtaken is lost: a client that is still away may yet get what it misses. */
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

  /** Events of a new session are those after these numbers. */
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

/** Runs clients under load until enough connections were cut, and clients of each way have come back, then waits until all have what they will ever get. */
export async function runCuts(
  options: CutsOptions,
): Promise<{ accounts: Record<string, Account>; cuts: Record<Manner, number> }> {
  const { seed, clients, cuts, mostBytes = 20_000, recovery = {}, patience = 60_000 } = options;
  const random = randomFrom(seed);
  const httpServer = createServer();
  const io = new Server(httpServer, {
    connectionStateRecovery: recovery,
    // a client whose upgrade is cut at one certain moment polls no more, and only learns of it by the missing pings; a
    // slow machine may need seconds for a ping, and a connection that is given up for that slows it down further
    pingInterval: 1000,
    pingTimeout: 5000,
  });
  httpServer.listen(0);
  await nextEvent(httpServer, "listening");
  const proxy = new SeveringProxy((httpServer.address() as AddressInfo).port, random, mostBytes);
  const url = `http://localhost:${await proxy.listen()}`;
  const players = createPlayers(url, clients);
  welcomePlayers(io, players);
  await connectAll(players);
  const rooms = [...new Set(players.map(({ room }) => room))];
  while (proxy.total < cuts || !Object.keys(WAYS).every((way) => isReattached(players, way))) {
    // what is missed has to fit into the life of a connection, or nobody ever comes back; and those who come back are let
    // in, or on a slow machine all cuts hit handshakes before any event is sent
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

function isReattached(players: Player[], way: string): boolean {
  return players.some((player) => player.way === way && player.isReattached);
}

/** Connects all of them, a few at a time: all at once would time out, and try again, for ever on a slow machine. */
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

/** Waits until all are settled; gives up when no client has done anything for a while, not even tried to connect. */
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

function createPlayers(url: string, count: number): Player[] {
  const ways = Object.entries(WAYS);
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
      // a WebSocket that ends before the open packet is not noticed by the client otherwise, for 20 seconds; a slow
      // machine needs more than a second for an attempt, and an attempt that is given up slows down the others
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

/** An event to some clients in each way there is, and one to a room; some with bytes. */
function sendSome(io: ServerType, players: Player[], rooms: Room[], random: Random): void {
  for (let i = 0; i < players.length / 20; i++) {
    const player = players[random(players.length)];
    if (player.socket) {
      const target = random(2) === 0 ? player.socket : io.to(player.socket.id);
      const number = ++player.sent;
      target.emit("direct", number, bytesOrNot("direct", number, random));
    }
  }
  const room = rooms[random(rooms.length)];
  const number = ++room.sent;
  io.to(room.name).emit("room", number, bytesOrNot("room", number, random));
}

function bytesOrNot(event: string, number: number, random: Random): Buffer | null {
  return random(4) === 0 ? Buffer.from(`${event} ${number}`) : null;
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
