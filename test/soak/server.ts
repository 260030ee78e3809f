/**
 * The server of a soak run, in a separate process, which counts the objects that it holds.
 *
 * Long timers run faster, so that a run of minutes includes timeouts and sessions that expire.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { queryObjects } from "node:v8";
import { countedClasses } from "./counted-classes";
import { MAX_DISCONNECTION } from "./durations";

/** The configuration of the server. */
export interface Setup {
  recovery: boolean;
}

/** The objects that the server holds while no client is connected; all except the heap are counts. */
export interface Measure {
  /** In bytes, after a garbage collection. */
  heapUsed: number;
  /** Objects, by class. */
  objects: Record<string, number>;
  /** Entries in the lists of the server and its adapters. */
  listed: Record<string, number>;
  /** Resources that keep the event loop busy, by kind. */
  handles: Record<string, number>;
}

/** The requests of the parent process. */
export type Wish = "listed" | "measure";

const LONG = 30_000;
const FASTER = 120;

const real = globalThis.setTimeout;
const fast = (callback: (...args: unknown[]) => void, delay = 1, ...args: unknown[]) =>
  real(callback, delay >= LONG ? delay / FASTER : delay, ...args);
Object.assign(globalThis, { setTimeout: Object.assign(fast, { ...real }) });
Object.assign(require("node:timers"), { setTimeout: globalThis.setTimeout });

const setup: Setup = JSON.parse(process.argv[2]);
const { Server, subjectFolder }: typeof import("../support/subject") = require("../support/subject");

const httpServer = createServer();
const io: any = new Server(httpServer, {
  serveClient: false,
  cleanupEmptyChildNamespaces: true,
  pingInterval: 400,
  pingTimeout: 300,
  upgradeTimeout: 1000,
  maxHttpBufferSize: 100_000,
  ...(setup.recovery && {
    connectionStateRecovery: { maxDisconnectionDuration: MAX_DISCONNECTION, skipMiddlewares: true },
  }),
});

function admit(socket: any, next: (error?: Error) => void): void {
  const { pace } = socket.handshake.auth;
  if (pace === "never") {
    return;
  }
  if (pace === "slow") {
    real(next, 20);
  } else {
    next(pace === "refused" ? new Error("refused") : undefined);
  }
}

function serve(socket: any): void {
  const { nsp } = socket;
  socket.data.since = socket.id;
  socket.on("join", (room: string, ack?: () => void) => {
    socket.join(room);
    ack?.();
  });
  socket.on("leave", (room: string) => socket.leave(room));
  socket.on("say", (room: string, ...args: unknown[]) => socket.to(room).emit("said", ...args));
  socket.on("all", (...args: unknown[]) => nsp.emit("all", ...args));
  socket.on("echo", (...args: any[]) => args.pop()(...args));
  socket.on("never", () => {});
  socket.on("flood", () => {
    for (let left = 20; left > 0; left--) {
      socket.volatile.emit("flood", "x".repeat(500));
    }
  });
  // the client may answer, or not, or have disconnected
  socket.on("ask", () => {
    socket.timeout(100).emit("asked", () => {});
    socket
      .timeout(100)
      .emitWithAck("asked")
      .catch(() => {});
    nsp.timeout(100).emit("asked", () => {});
    if (!setup.recovery) {
      socket.emit("asked", () => {});
    }
  });
  socket.on("who", async (ack: (count: number) => void) => ack((await nsp.fetchSockets()).length));
  socket.on("kick", () => socket.disconnect(true));
  socket.on("out", () => socket.disconnect());
}

for (const name of ["/", "/chat", /^\/dyn-\d+$/]) {
  const nsp = io.of(name);
  nsp.use(admit);
  nsp.on("connection", serve);
}

function count(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) {
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function listed(): Measure["listed"] {
  const namespaces: any[] = [...io._nsps.values()];
  return {
    connections: io.engine.clientsCount,
    sockets: sum(namespaces.map((nsp) => nsp.sockets.size)),
    namespaces: namespaces.length,
    rooms: sum(namespaces.map((nsp) => nsp.adapter.rooms.size)),
    "sockets in rooms": sum(namespaces.map((nsp) => nsp.adapter.sids.size)),
  };
}

function measure(): Measure {
  const objects: Record<string, number> = {};
  for (const [file, names] of Object.entries(countedClasses)) {
    for (const name of names) {
      objects[name] = queryObjects(require(join(subjectFolder, file))[name], {
        format: "count",
      }) as unknown as number;
    }
  }
  globalThis.gc?.();
  return {
    heapUsed: process.memoryUsage().heapUsed,
    objects,
    listed: listed(),
    handles: count(process.getActiveResourcesInfo()),
  };
}

process.on("message", (wish: Wish) => process.send?.(wish === "measure" ? measure() : listed()));
process.on("disconnect", () => process.exit());
httpServer.listen(0, "127.0.0.1", () => process.send?.((httpServer.address() as AddressInfo).port));
