/** A namespace of three servers that share an adapter, for one test: its clients, and the events that they receive. */
import type { Namespace } from "socket.io";
import type { Socket as ClientSocket, ManagerOptions, SocketOptions } from "socket.io-client";
import { eventually, nextEvent } from "../../support/waiting";
import { client } from "./hello";
import type { Node, NodeOptions, Work } from "./nodes";

export interface Trio {
  nodes: Node[];
  /** All servers have one address; the server of a client is known only after its connection. */
  shared?: boolean;
  stop(): Promise<void>;
}

export type StartTrio = (options?: NodeOptions) => Promise<Trio>;

export interface Member {
  socket: ClientSocket;
  id: string;
  /** The events that the client has received, each as `[name, ...args]`. */
  seen: any[][];
}

export interface Arrival extends Partial<ManagerOptions & SocketOptions> {
  rooms?: string[];
  name?: string;
}

export interface Stage {
  namespace: string;
  /** Runs a function in the process of the server with this number, for its namespace. */
  run<Result, Args extends any[]>(
    server: number,
    work: Work<Namespace, Args, Result>,
    ...args: Args
  ): Promise<Result>;
  /** A client of the server with this number. */
  join(server: number, arrival?: Arrival): Promise<Member>;
  /** A client on each server. */
  joinEach(...arrivals: Arrival[]): Promise<Member[]>;
  /** Resolves when these clients have received everything that this server has sent so far. */
  settled(server: number, ...members: Member[]): Promise<void>;
}

/** The event that tests send last. When it arrives, no earlier event is on the way. */
const MARK = "mark";

let stages = 0;
let marks = 0;

/** Opens a new namespace on all servers; resolves when each server knows the others. */
export async function openStage(trio: Trio): Promise<Stage> {
  const namespace = `/stage-${++stages}`;
  for (const node of trio.nodes) {
    await node.runIn(namespace, (nsp) => {
      nsp.on("connection", (socket) => {
        const { rooms = [], name } = socket.handshake.auth;
        socket.join(rooms);
        if (name !== undefined) {
          socket.data.name = name;
        }
      });
    });
  }
  await acquainted(trio, namespace);
  return stageOf(trio, namespace);
}

/** The stage of a namespace that exists already, or will exist. */
export function stageOf({ nodes, shared }: Trio, namespace: string): Stage {
  const isAt = (server: number, id: string) =>
    nodes[server]!.runIn(namespace, (nsp, sid) => nsp.sockets.has(sid), id);
  const stage: Stage = {
    namespace,
    run: (server, work, ...args) => nodes[server]!.runIn(namespace, work, ...args),
    async join(server, { rooms, name, ...options } = {}) {
      // the client of the last server uses polling, unless the test has other options
      const transports = options.transports ?? (server === 2 ? ["polling"] : ["websocket"]);
      const socket = client(nodes[server]!.url + namespace, {
        auth: { rooms, name },
        // behind the primary process of node:cluster, the first frame of a WebSocket may be lost
        ...(shared ? { reconnection: true, reconnectionDelay: 10 } : {}),
        ...options,
        transports: transports as any,
      });
      const seen: any[][] = [];
      socket.onAny((...event: any[]) => event[0] !== MARK && seen.push(event));
      await nextEvent(socket, "connect");
      socket.io.reconnection(false);
      const id = socket.id!;
      if (shared && !(await isAt(server, id))) {
        socket.disconnect();
        for (const other of nodes.keys()) {
          await eventually(async () => !(await isAt(other, id)));
        }
        return stage.join(server, { rooms, name, ...options });
      }
      return { socket, id, seen };
    },
    async joinEach(...arrivals) {
      const members: Member[] = [];
      for (const server of nodes.keys()) {
        members.push(await stage.join(server, arrivals[server]));
      }
      return members;
    },
    async settled(server, ...members) {
      const mark = ++marks;
      const all = members.map(
        ({ socket }) =>
          new Promise<void>((resolve) => {
            socket.on(MARK, (number) => number === mark && resolve());
          }),
      );
      await stage.run(server, (nsp, number) => void nsp.emit("mark", number), mark);
      await Promise.all(all);
    },
  };
  return stage;
}

/** Resolves when each server counts all servers, and receives responses from all. */
export async function acquainted({ nodes }: Pick<Trio, "nodes">, namespace: string): Promise<void> {
  for (const node of nodes) {
    await eventually(async () => (await countOf(node, namespace)) === nodes.length);
  }
  for (const node of nodes) {
    await eventually(() =>
      node.runIn(namespace, (nsp) =>
        nsp.fetchSockets().then(
          () => true,
          () => false,
        ),
      ),
    );
  }
}

/** The number of servers that this server knows, including itself. */
export function countOf(node: Node, namespace: string): Promise<number> {
  return node.runIn(namespace, (nsp) => nsp.adapter.serverCount());
}
