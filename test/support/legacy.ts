/** Servers and clients with the API of Socket.IO 0.x, over each transport. */
import { createServer, type Server as HttpServer } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import { join } from "node:path";
import type { ListenerOptions } from "../../lib/legacy";
import type { SocketOptions } from "../../lib/legacy/client";
import { onTestEnd } from "./cleanup";
import { listenOnFreePort } from "./server";
import { subjectName } from "./subject";
import { eventually } from "./waiting";

const folders: Record<string, string> = { lib: "../../lib", dist: "../../dist", reference: "../../lib" };

/** The module `socket.io/legacy` of the package under test, which may be the path of an installed package. */
export const legacy: typeof import("../../lib/legacy") = require(
  `${folders[subjectName] ?? join(subjectName, "dist")}/legacy`,
);

/** The module `socket.io/legacy/client`. An installed package has no socket.io-client beside it. */
export const legacyClient: typeof import("../../lib/legacy/client") = require(
  `${folders[subjectName] ?? "../../lib"}/legacy/client`,
);

export type Listener = InstanceType<typeof legacy.Listener>;
export type LegacyClient = InstanceType<typeof legacy.Client>;
export type LegacySocket = InstanceType<typeof legacyClient.Socket>;

/** The transports that exist today, by their names of then, and today's names. */
export const WAYS = [
  ["websocket", "websocket"],
  ["server-events", "sse"],
  ["xhr-polling", "polling"],
] as const;

interface Conn {
  readonly transport: { readonly writable: boolean };
}

export interface RunningLegacy {
  listener: Listener;
  httpServer: HttpServer;
  port: number;
  /** The lines of the log. */
  lines: string[];
  /** Creates a client, which is disconnected when the test ends. It is not connected yet. */
  socket(options?: SocketOptions): LegacySocket;
  /** Resolves with a connected client, and with its counterpart on the server. */
  pair(options?: SocketOptions): Promise<{ socket: LegacySocket; client: LegacyClient }>;
  /** Destroys all TCP connections, once each client waits for messages of the server. */
  cut(): Promise<void>;
}

/** Starts a listener on a free port. */
export async function startLegacy(options: ListenerOptions = {}): Promise<RunningLegacy> {
  const httpServer = createServer((_req, res) => res.end("the application"));
  const lines: string[] = [];
  const listener = legacy.listen(httpServer, { log: (line) => lines.push(line), ...options });
  const connections = new Set<TcpSocket>();
  httpServer.on("connection", (connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
  });
  const port = await listenOnFreePort(httpServer);
  const destroy = () => {
    for (const connection of connections) {
      connection.destroy();
    }
  };
  const cut = async () => {
    // between two polls, a client does not notice that its connection is destroyed
    const engine = listener.io.engine as unknown as { clients: Record<string, Conn> };
    await eventually(() => Object.values(engine.clients).every(({ transport }) => transport.writable));
    destroy();
  };
  onTestEnd(async () => {
    const closed = listener.close();
    destroy();
    await closed;
  });
  const socket = (clientOptions: SocketOptions = {}) => newSocket(port, clientOptions);
  return {
    listener,
    httpServer,
    port,
    lines,
    socket,
    async pair(clientOptions) {
      const one = socket(clientOptions);
      const connected = next(listener, "clientConnect");
      const ready = next(one, "connect");
      one.connect();
      const [client] = await connected;
      await ready;
      return { socket: one, client };
    },
    cut,
  };
}

/** Creates a client for a port. */
export function newSocket(port: number, options: SocketOptions = {}): LegacySocket {
  const socket = new legacyClient.Socket("localhost", { port, ...options });
  onTestEnd(() => socket.disconnect());
  return socket;
}

/** Cuts the connection of a client; resolves when both sides have noticed. */
export async function lose(
  running: RunningLegacy,
  socket: LegacySocket,
  client: LegacyClient,
): Promise<void> {
  const closed = next(socket, "close");
  await running.cut();
  await closed;
  await eventually(() => !client.connected);
}

interface OldEmitter {
  addEvent?(event: string, listener: (...args: any[]) => void): unknown;
  addListener?(event: string, listener: (...args: any[]) => void): unknown;
}

/** Resolves with the arguments of the next event of a client or a listener. */
export function next(source: OldEmitter, event: string): Promise<any[]> {
  return new Promise((resolve) => {
    let isOver = false;
    const listener = (...args: unknown[]) => {
      isOver || resolve(args);
      isOver = true;
    };
    (source.addEvent ?? source.addListener)?.call(source, event, listener);
  });
}

/** Collects the messages of a client; `upTo` resolves with all of them when the given one arrives. */
export function collect(source: OldEmitter): {
  messages: unknown[];
  upTo(last: unknown): Promise<unknown[]>;
} {
  const messages: unknown[] = [];
  const waiting: { last: unknown; resolve(messages: unknown[]): void }[] = [];
  const take = (message: unknown) => {
    messages.push(message);
    for (const { last, resolve } of waiting) {
      last === message && resolve(messages);
    }
  };
  (source.addEvent ?? source.addListener)?.call(source, "message", take);
  return {
    messages,
    upTo: (last) =>
      new Promise((resolve) => {
        waiting.push({ last, resolve });
        messages.includes(last) && resolve(messages);
      }),
  };
}
