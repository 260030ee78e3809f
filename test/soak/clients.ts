/** Clients that connect, exchange events, and disconnect in all possible ways. */
import { type Socket as ClientSocket, Manager } from "socket.io-client";
import { WebSocket } from "ws";
import type { Random } from "../support/random";
import { MAX_DISCONNECTION } from "./durations";

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** The time in which a client is back, and its session must be restored, in milliseconds. */
const IN_TIME = MAX_DISCONNECTION / 2;

/** The time for which a client tries to come back, in milliseconds. */
const PATIENCE = 2_000;

/** Visits until it is stopped: a client connects, stays for a moment, and disconnects. */
export class Visitors {
  private isOver = false;
  private readonly busy: Promise<void>[] = [];
  visits = 0;
  /** The number of messages of the server. */
  heard = 0;
  /** The number of clients that came back in time with a session, and of those whose session was restored. */
  returned = 0;
  recovered = 0;

  constructor(
    private readonly url: string,
    private readonly random: Random,
  ) {}

  /** The number of simultaneous clients. */
  start(real: number, raw: number): void {
    for (let left = real; left > 0; left--) {
      this.busy.push(this.again(() => this.visit()));
    }
    for (let left = raw; left > 0; left--) {
      this.busy.push(this.again(() => this.rawVisit()));
    }
  }

  /** Resolves when all clients have disconnected. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.busy.splice(0));
  }

  private async again(visit: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      await visit();
      this.visits++;
      await pause(10 + this.random.below(40));
    }
  }

  /** A client of npm, in one namespace or two. */
  private async visit(): Promise<void> {
    const { random } = this;
    const manager = new Manager(this.url, {
      transports: random.pick([["polling"], ["websocket"], ["polling", "websocket"]]),
      reconnectionDelay: 20,
      reconnectionDelayMax: 40,
      forceNew: true,
    });
    const sockets = random.several(1, 2, () => this.join(manager));
    for (let left = 3 + random.below(6); left > 0; left--) {
      this.act(random.pick(sockets));
      await pause(random.below(30));
      if (random.chance(0.2)) {
        await this.cut(manager, sockets);
      }
    }
    const ends = random.weighted<"leaves" | "closes" | "lingers">([
      [2, () => "leaves"],
      [1, () => "closes"],
      [1, () => "lingers"],
    ]);
    if (ends === "lingers") {
      await pause(300);
    }
    if (ends === "closes") {
      manager.reconnection(false);
      manager.engine?.close();
    }
    for (const socket of sockets) {
      socket.disconnect();
      socket.removeAllListeners();
    }
    manager._close();
  }

  /** As when the network fails: the client reconnects, and is recovered if it is back in time. */
  private async cut(manager: Manager, sockets: ClientSocket[]): Promise<void> {
    // a client has an offset from its first event on
    await Promise.all(
      sockets.map(async (socket) => {
        const heard = new Promise<void>((resolve) => socket.once("all", () => resolve()));
        socket.emit("all");
        await Promise.race([heard, pause(PATIENCE / 4)]);
      }),
    );
    const start = performance.now();
    const back = sockets.filter(isRecoverable).map(async (socket) => {
      await Promise.race([new Promise<void>((resolve) => socket.once("connect", resolve)), pause(PATIENCE)]);
      if (socket.connected && performance.now() - start < IN_TIME) {
        this.returned++;
        this.recovered += socket.recovered ? 1 : 0;
      }
    });
    manager.engine?.close();
    await Promise.all([...back, pause(60)]);
  }

  private join(manager: Manager): ClientSocket {
    const { random } = this;
    const nsp = random.weighted([
      [3, () => "/"],
      [2, () => "/chat"],
      [3, () => `/dyn-${random.below(10_000)}`],
    ]);
    const pace = random.pick(["", "", "", "", "slow", "refused", "never"]);
    const socket = manager.socket(nsp, { auth: { pace } });
    socket.onAny(() => {
      this.heard++;
    });
    socket.on("asked", (ack: () => void) => random.chance(0.5) && ack());
    return socket;
  }

  private act(socket: ClientSocket): void {
    const { random } = this;
    const room = `room ${random.below(30)}`;
    random.weighted<unknown>([
      [3, () => socket.emit("join", room)],
      [1, () => socket.emit("leave", room)],
      [3, () => socket.emit("say", room, "hello", random.below(1000))],
      [1, () => socket.emit("say", room, Buffer.alloc(1 + random.below(2000)))],
      [1, () => socket.emit("all", { text: "x".repeat(random.below(500)) })],
      [2, () => socket.emit("echo", 1, Buffer.from("abc"), () => {})],
      [1, () => socket.timeout(50).emit("never", () => {})],
      [1, () => socket.timeout(200).emit("echo", "in time", () => {})],
      [1, () => socket.volatile.emit("echo", "perhaps", () => {})],
      [1, () => socket.emit("flood")],
      [2, () => socket.emit("ask")],
      [1, () => socket.emit("who", () => {})],
      [0.5, () => socket.emit("kick")],
      [0.5, () => socket.emit("out")],
    ]);
  }

  /** A raw client that violates the protocol. */
  private rawVisit(): Promise<void> {
    const { random } = this;
    const ws = new WebSocket(`${this.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    const nsp = random.pick(["", "/chat,", `/dyn-${random.below(10_000)},`]);
    const stay = random.below(80);
    const end = () =>
      random.pick([
        () => ws.close(),
        () => ws.terminate(),
        () => ws.send("41", () => ws.close()),
        // half of a frame
        () => {
          (ws as any)._socket.write(Buffer.from([0x81, 0xfe, 0x10]));
          ws.terminate();
        },
        () => ws.send('42["never"', () => ws.terminate()),
        () => ws.send("1"),
        () => ws.send('451-["never",{"_placeholder":true,"num":0}]', () => ws.terminate()),
        // the client is silent until the server closes the connection
        () => {},
      ])();
    const latest = setTimeout(() => ws.terminate(), 1000);
    return new Promise((resolve) => {
      ws.on("error", () => {});
      ws.on("close", () => {
        clearTimeout(latest);
        resolve();
      });
      ws.on("message", (data, isBinary) => {
        this.heard++;
        if (!isBinary && String(data) === "2" && ws.readyState === WebSocket.OPEN && stay % 2 === 0) {
          ws.send("3");
        }
      });
      ws.on("open", () => {
        const packets = [
          `40${nsp}${random.chance(0.1) ? '{"pace":"never"}' : ""}`,
          ...random.several(0, 5, () =>
            random.pick([
              `42${nsp}["join","room ${random.below(30)}"]`,
              `42${nsp}["say","room ${random.below(30)}","hi"]`,
              `42${nsp}7["echo",1]`,
              `42${nsp}["ask"]`,
              `41${nsp}`,
              `40${nsp}`,
            ]),
          ),
        ];
        // the server accepts a client in a later turn
        const [first, ...others] = random.chance(0.05) ? packets.slice(1) : packets;
        first && ws.send(first);
        setTimeout(() => {
          for (const packet of others) {
            if (ws.readyState === WebSocket.OPEN) {
              ws.send(packet);
            }
          }
          setTimeout(() => ws.readyState === WebSocket.OPEN && end(), stay);
        }, 30);
      });
    });
  }
}

/**
 * Whether the client has what it needs to request its session: the secret id, and the offset of an event. A dynamic
 * namespace is removed with its last client, and its sessions with it.
 */
function isRecoverable(socket: ClientSocket): boolean {
  const { nsp, _pid, _lastOffset } = socket as unknown as Record<string, string | undefined>;
  const isDynamic = nsp?.startsWith("/dyn-");
  return socket.connected && !isDynamic && _pid !== undefined && _lastOffset !== undefined;
}
