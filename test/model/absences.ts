/** Clients that idle, lose connections and reconnect for hours of simulated time, and the events that they must receive. */
import { Encoder, PacketType } from "socket.io-parser";
import type { Random } from "../support/random";
import { Connection, type ConnectionEnd, Line } from "./simulated-connection";
import { SimulatedTime } from "./simulated-time";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export interface Settings {
  readonly clients: number;
  readonly hours: number;
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxDisconnectionDuration: number;
  readonly maxPackets: number;
  /** The longest pause of the server, in milliseconds; 0 for none. */
  readonly longestStall: number;
  /** The mean time between two events to a single client, in milliseconds; 0 for no such events. */
  readonly singleEvents: number;
}

export const settings: Settings = {
  clients: 40,
  hours: 2,
  pingInterval: 25 * SECOND,
  pingTimeout: 20 * SECOND,
  maxDisconnectionDuration: 2 * MINUTE,
  maxPackets: 100_000,
  longestStall: 0,
  singleEvents: 0,
};

/** The results of all clients. */
export interface Account {
  /** Events that are missing in a recovered session, and events that arrived twice: neither may occur. */
  gaps: number;
  duplicates: number;
  received: number;
  /**
   * Clients that reconnected within `maxDisconnectionDuration`, by whether they had received no event for that long before.
   * Excludes clients that lost a connection before they had received the events that they had missed.
   */
  readonly returns: { readonly idle: Returns; readonly busy: Returns };
  /** The largest number of events that were kept. */
  mostKept: number;
}

export interface Returns {
  recovered: number;
  /** The clients that received a new session. */
  refused: number;
  /** Events that the clients missed while they were disconnected, and did not receive. */
  lost: number;
  /** Events that the clients missed while they were disconnected. */
  missed: number;
}

/** The rooms, with the mean time between two events. */
const ROOMS: Readonly<Record<string, number>> = {
  busy: 2 * SECOND,
  calm: MINUTE,
  quiet: 15 * MINUTE,
  silent: 60 * MINUTE,
};

interface Sent {
  readonly id: number;
  readonly at: number;
}

class Client implements ConnectionEnd {
  private line?: Line;
  private connection?: Connection;
  private pid?: string;
  /** The id of the socket of its session. */
  sid?: string;
  private offset?: string;
  /** The events that the client must receive in this session, from the first that it has not received. */
  private due: Sent[] = [];
  private lastReceivedAt = Number.NEGATIVE_INFINITY;
  private lostAt = Number.NEGATIVE_INFINITY;
  private joinedAt = Number.NEGATIVE_INFINITY;
  /** Whether the client lost the connection before it had received the events that it missed before. */
  private isUnlucky = false;
  private isAway = true;
  /** The time since which the server regards it as disconnected. */
  private noticedAt?: number;

  constructor(
    private readonly world: World,
    readonly name: string,
    readonly rooms: readonly string[],
  ) {}

  start(): void {
    this.world.time.happen(this.world.random.below(MINUTE), () => this.connect());
  }

  /** Records an event that the client must receive. */
  expect(sent: Sent): void {
    this.due.push(sent);
  }

  take(connection: Connection, message: string): void {
    if (connection !== this.connection || this.isAway) {
      return;
    }
    if (message === "ping") {
      connection.line.up(() => connection.isOpen && connection.pong());
      return;
    }
    const [, id, offset] = JSON.parse(message.slice(message.indexOf("[")));
    this.receive(id, offset);
  }

  receive(id: number, offset: string): void {
    const { account } = this.world;
    const at = this.due.findIndex((sent) => sent.id === id);
    if (at === -1) {
      account.duplicates++;
    } else {
      account.gaps += at;
      account.received++;
      this.due.splice(0, at + 1);
    }
    this.offset = offset;
    this.lastReceivedAt = this.world.time.now;
  }

  private connect(): void {
    const { world } = this;
    const line = new Line(world);
    this.line = line;
    const { pid, offset } = this;
    world.time.reachServer(world.latency(), () => world.admit(this, line, pid, offset));
  }

  /** The server has accepted the client; the missed events are on their way already, and nothing overtakes them. */
  admitted(connection: Connection, isRecovered: boolean): void {
    if (isRecovered) {
      this.count("recovered");
      return;
    }
    this.count("refused");
    this.due = [];
    this.offset = undefined;
    this.pid = connection.pid;
    this.sid = connection.id;
  }

  joined(connection: Connection): void {
    this.connection = connection;
    this.joinedAt = this.world.time.now;
    this.noticedAt = undefined;
    this.isAway = false;
    const { random, time } = this.world;
    const stays = random.chance(0.25) ? random.below(3 * SECOND) : random.below(20 * MINUTE);
    time.happen(stays, () => this.lose(connection));
    this.chatter(connection);
  }

  /** Some clients send something from time to time. */
  private chatter(connection: Connection): void {
    if (this.world.random.chance(0.3)) {
      this.world.time.happen(this.world.random.below(30 * SECOND), () => {
        if (connection === this.connection && !this.isAway) {
          connection.line.up(() => connection.isOpen && connection.hear());
          this.chatter(connection);
        }
      });
    }
  }

  /** The connection is cut, or closed by the server. */
  lose(connection: Connection): void {
    const { random, time } = this.world;
    const { line } = this;
    if (connection !== this.connection || this.isAway) {
      return;
    }
    this.isAway = true;
    this.lostAt = time.now;
    this.isUnlucky = this.due.length > 0 && this.due[0].at < this.joinedAt;
    if (line) {
      line.isDead = true;
    }
    if (random.chance(0.6)) {
      time.reachServer(random.below(SECOND), () => connection.end());
    }
    const longest = random.chance(0.7) ? 20 * SECOND : this.world.settings.maxDisconnectionDuration * 1.2;
    time.happen(random.below(longest), () => this.connect());
  }

  left(connection: Connection): void {
    if (connection === this.connection) {
      this.noticedAt = this.world.time.now;
    }
  }

  private count(as: "recovered" | "refused"): void {
    const { account, settings: given, time } = this.world;
    const away = time.now - (this.noticedAt ?? this.lostAt);
    if (this.isUnlucky || this.offset === undefined || away > given.maxDisconnectionDuration) {
      return;
    }
    const wasIdle = this.lostAt - this.lastReceivedAt > given.maxDisconnectionDuration;
    const returns = account.returns[wasIdle ? "idle" : "busy"];
    returns[as]++;
    returns.missed += this.due.length;
    returns.lost += as === "refused" ? this.due.length : 0;
  }
}

/** The server, its clients, and the connections between them. */
class World {
  readonly account: Account = {
    gaps: 0,
    duplicates: 0,
    received: 0,
    returns: {
      idle: { recovered: 0, refused: 0, lost: 0, missed: 0 },
      busy: { recovered: 0, refused: 0, lost: 0, missed: 0 },
    },
    mostKept: 0,
  };
  readonly adapter: any;
  private readonly sockets = new Map<string, Connection>();
  private readonly holders = new Map<string, Connection>();
  private readonly clients: Client[];
  private events = 0;
  private sessions = 0;

  constructor(
    Adapter: new (nsp: any) => unknown,
    readonly random: Random,
    readonly settings: Settings,
    readonly time: SimulatedTime,
  ) {
    const { pingInterval, pingTimeout, maxDisconnectionDuration, maxPackets } = settings;
    const opts = {
      pingInterval,
      pingTimeout,
      connectionStateRecovery: { maxDisconnectionDuration, maxPackets, skipMiddlewares: true },
    };
    const nsp = { name: "/", sockets: this.sockets, _ids: 0, server: { encoder: new Encoder(), opts } };
    this.adapter = new Adapter(nsp);
    const names = Object.keys(ROOMS);
    this.clients = Array.from(
      { length: settings.clients },
      (_, i) => new Client(this, `client ${i}`, [names[i % names.length], "all"]),
    );
  }

  start(): void {
    for (const client of this.clients) {
      client.start();
    }
    for (const [room, mean] of Object.entries(ROOMS)) {
      this.sendAgain(room, mean);
    }
    this.sendAgain("all", 30 * MINUTE);
    if (this.settings.singleEvents > 0) {
      this.sendToOneAgain();
    }
    if (this.settings.longestStall > 0) {
      this.stallAgain();
    }
  }

  private sendAgain(room: string, mean: number): void {
    this.time.reachServer(this.random.below(2 * mean), () => {
      this.send(room);
      this.sendAgain(room, mean);
    });
  }

  private sendToOneAgain(): void {
    this.time.reachServer(this.random.below(2 * this.settings.singleEvents), () => {
      // some receive many, and few of them are absent
      const client = this.clients[Math.min(this.random.below(40), this.random.below(this.clients.length))];
      client.sid && this.send(client.sid);
      this.sendToOneAgain();
    });
  }

  private send(room: string): void {
    const sent = { id: this.events++, at: this.time.now };
    for (const client of this.clients) {
      if (client.rooms.includes(room) || client.sid === room) {
        client.expect(sent);
      }
    }
    this.adapter.broadcast(
      { type: PacketType.EVENT, data: ["event", sent.id] },
      { rooms: new Set([room]), except: new Set(), flags: {} },
    );
    this.account.mostKept = Math.max(
      this.account.mostKept,
      this.adapter.log?.size ?? this.adapter.packets?.length,
    );
  }

  private stallAgain(): void {
    this.time.happen(this.random.below(10 * MINUTE), () => {
      this.time.stall(this.random.below(this.settings.longestStall));
      this.stallAgain();
    });
  }

  /** The latency of a message: usually milliseconds, sometimes longer than a ping timeout. */
  latency(): number {
    const { random } = this;
    return random.chance(0.02) ? random.below(30 * SECOND) : random.below(500);
  }

  leave(connection: Connection): void {
    const { id, pid, since } = connection;
    this.adapter.persistSession({ sid: id, pid, rooms: [...connection.rooms], data: {}, since });
    this.adapter.delAll(id);
    if (this.sockets.get(id) === connection) {
      this.sockets.delete(id);
    }
    if (this.holders.get(pid) === connection) {
      this.holders.delete(pid);
    }
    connection.owner.left(connection);
  }

  async admit(
    client: Client,
    line: Line,
    pid: string | undefined,
    offset: string | undefined,
  ): Promise<void> {
    const session = pid && offset ? await this.restore(pid, offset) : null;
    const number = this.sessions++;
    const connection = session
      ? new Connection(this, line, client, session.sid, session.pid, session.since)
      : new Connection(this, line, client, `sid ${number}`, `pid ${number}`, this.adapter.sessionStart?.());
    client.admitted(connection, session !== null);
    for (const data of [...(session?.missedPackets ?? []), ...(session ? this.take(session.pid) : [])]) {
      connection.write(`2${JSON.stringify(data)}`);
    }
    this.sockets.set(connection.id, connection);
    this.holders.set(connection.pid, connection);
    this.adapter.addAll(connection.id, new Set([connection.id, ...client.rooms]));
    client.joined(connection);
  }

  private take(pid: string): unknown[][] {
    return this.adapter.takeSession?.(pid) ?? [];
  }

  private restore(pid: string, offset: string): Promise<any> | null {
    const holder = this.holders.get(pid);
    if (holder && this.adapter.knowsOffset) {
      if (!this.adapter.knowsOffset(offset, holder.id)) {
        return null;
      }
      holder.end();
    }
    return this.adapter.restoreSession(pid, offset);
  }
}

/** Simulates some hours, and returns the account of the clients. */
export async function simulateAbsences(
  Adapter: new (nsp: any) => unknown,
  random: Random,
  changes: Partial<Settings> = {},
): Promise<Account> {
  const given = { ...settings, ...changes };
  let account: Account | undefined;
  const time = new SimulatedTime();
  await time.replacingTimers(async () => {
    const world = new World(Adapter, random, given, time);
    world.start();
    await time.run(given.hours * 60 * MINUTE);
    account = world.account;
  });
  return account as Account;
}
