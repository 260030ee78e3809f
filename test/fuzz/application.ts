/**
 * The servers that are attacked, in a separate process: the parent sends steps, and the process reports its observations.
 *
 * The clock is stopped and advances only with the parent's steps, so that timeouts are as reproducible as everything else.
 */
import { subscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { stopClock } from "../support/clock";
import { isGuarded, type ServerName } from "./cases";
import { isOfCluster } from "./cluster-messages";
import { LENIENT, STRICT } from "./guarded-options";
import { OF_ADAPTER } from "./traces";

/** The requests of the parent; each is answered when the server has nothing left to do. */
export type Question =
  | { do: "settle" }
  | { do: "release" }
  | { do: "tick"; ms: number }
  /** The end of a case. */
  | { do: "finish" }
  | { do: "heap" };

export interface Answer {
  /** The observations since the last answer. */
  log: string[];
  /** The number of open connections of all servers. */
  open: number;
  /** The memory that is used after a garbage collection, in bytes. */
  held?: number;
}

/** The open resources before the first connection. */
export type Ports = Record<ServerName, number>;

const clock = stopClock();
const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
Object.assign(require("node:timers"), { setTimeout, setInterval, clearTimeout, clearInterval });

const { Server, subjectFolder }: typeof import("../support/subject") = require("../support/subject");
const { createAdapter }: typeof import("@socket.io/cluster-adapter") = require("@socket.io/cluster-adapter");

const onHandlerError = (error: unknown, { phase, event }: { phase: string; event?: string }) =>
  say(`handler ${phase} ${event ?? ""} ${show([error])}`);

const options: Record<ServerName, object> = {
  plain: { maxHttpBufferSize: 20_000 },
  old: { maxHttpBufferSize: 20_000, allowEIO3: true },
  recovery: { connectionStateRecovery: { skipMiddlewares: false }, cleanupEmptyChildNamespaces: true },
  roomy: {},
  // its heartbeats would be sent after each case
  clustered: { adapter: createAdapter({ heartbeatInterval: 190_000, heartbeatTimeout: 190_000 }) },
  strict: { ...STRICT, onHandlerError },
  lenient: { ...LENIENT, onHandlerError },
};

let log: string[] = [];
const held: (() => void)[] = [];
let sockets = 0;
const say = (text: string) => void log.push(text);

process.on("uncaughtException", (error) => say(`UNCAUGHT ${thrown(error)}`));
process.on("unhandledRejection", (error) => say(`UNHANDLED ${thrown(error)}`));

/** The message of an error, and whether another package than the library has thrown it. */
function thrown(error: any): string {
  const [first] = /(?<=\n +at .*)[^( ]*\.[mc]?[jt]s(?=:\d)/.exec(error?.stack ?? "") ?? [""];
  const isOfAdapter = first.includes("adapter") && !first.startsWith(subjectFolder);
  return `${isOfAdapter ? OF_ADAPTER : ""}${error?.message ?? inspect(error)}`;
}

// only this library reports it; `compare` does not treat it as a difference
subscribe("socket.io:guard", (message) => say(`guard ${(message as { code: string }).code}`));

/** Arguments on one line; only the message of an error, since this library adds codes. */
function show(args: unknown): string {
  const shown = Array.isArray(args)
    ? args.map((arg) => (arg instanceof Error ? `Error: ${arg.message}` : arg))
    : args;
  return inspect(shown, { depth: 8, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 50 });
}

function serve(io: any, name: ServerName): void {
  io.engine.on("connection_error", ({ code, message, context }: any) => {
    say(`connection_error ${code} ${message} ${context?.name ?? ""}`);
  });
  const byName = (name: string, auth: any, next: (error: Error | null, allowed: boolean) => void) => {
    if (!name.startsWith("/fn-")) {
      next(null, false);
      return;
    }
    say(`asked for ${name}`);
    if (auth?.hold) {
      held.push(() => next(null, true));
    } else {
      next(auth?.token === "no" ? new Error("no") : null, auth?.token !== "no");
    }
  };
  for (const path of ["/", "/chat", "/slow", "/deny", /^\/dyn-\d$/, byName]) {
    const nsp = io.of(path);
    nsp.use((socket: any, next: (error?: Error) => void) => {
      say(`middleware ${socket.nsp.name} ${show(socket.handshake.auth)}`);
      socket.join("early");
      if (path === "/slow") {
        held.push(next);
      } else {
        next(path === "/deny" ? Object.assign(new Error("denied"), { data: { why: "no" } }) : undefined);
      }
    });
    nsp.on("connection", (socket: any) => {
      onConnection(socket, isGuarded(name));
      if (name === "clustered") {
        askOtherServers(socket);
      }
    });
    if (name === "clustered") {
      nsp.on("aside", (...args: unknown[]) => {
        const ack = args.at(-1);
        say(`${nsp.name} aside ${show(args)}`);
        if (typeof ack === "function") {
          ack("one");
        }
      });
    }
  }
}

function onConnection(socket: any, isGuardedServer: boolean): void {
  const { nsp } = socket;
  const name = `#${++sockets} ${nsp.name}`;
  say(`${name} connection ${show(socket.handshake.query)} ${socket.rooms.size} ${socket.recovered}`);
  socket.use(([event]: [unknown], next: (error?: Error) => void) =>
    next(event === "bad" ? new Error("bad") : undefined),
  );
  socket.onAny((...args: unknown[]) => say(`${name} event ${show(args)}`));
  socket.on("error", (error: any) => say(`${name} error ${error?.message ?? show(error)}`));
  socket.on("disconnecting", () => say(`${name} disconnecting ${socket.rooms.size}`));
  socket.on("disconnect", (reason: string, why: any) => {
    // only errors of this library have a code
    say(
      `${name} disconnect ${reason}${why?.message ? ` (${why.message})` : ""}${why?.code ? ` ${why.code}` : ""}`,
    );
  });
  const on = (event: string, handle: (args: unknown[], ack: (...args: unknown[]) => void) => void) => {
    socket.on(event, (...args: any[]) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
      handle(args, ack);
    });
  };
  const room = ([first]: unknown[]) => String(first);
  const answered = (...args: unknown[]) => say(`${name} answered ${show(args)}`);
  on("echo", (args, ack) => {
    socket.emit("echo", ...args);
    ack(...args);
  });
  on("message", (args) => socket.send(...args));
  on("all", (args) => nsp.emit("all", ...args));
  on("others", (args) => socket.broadcast.emit("others", ...args));
  on("volatile", (args) => socket.volatile.emit("volatile", ...args));
  on("join", (args, ack) => ack(socket.join(room(args))));
  on("leave", (args, ack) => ack(socket.leave(room(args))));
  on("rooms", (_args, ack) => ack(socket.rooms.size, nsp.sockets.size));
  on("say", (args) => nsp.to(room(args)).emit("said", ...args));
  on("ask", (args) => socket.emit("ask", ...args, answered));
  on("hurry", (args) => socket.timeout(500).emit("hurry", ...args, answered));
  on("ask-all", (args) => nsp.timeout(500).emit("ask-all", ...args, answered));
  on("later", (_args, ack) => held.push(() => ack("late")));
  on("twice", (_args, ack) => {
    ack(1);
    ack(2);
  });
  on("bye", () => socket.disconnect());
  on("bye-all", () => socket.disconnect(true));
  on("drop", () => socket.conn.close());
  if (!isGuardedServer) {
    // in that namespace, no client is disconnected by another client
    on("kick", () => nsp.disconnectSockets());
  } else {
    on("throw", () => {
      throw new Error("thrown");
    });
    on("crowd", (args) => socket.join(args.map(String)));
    on("pour", () => {
      for (let left = 6; left > 0; left--) {
        socket.emit("poured", "x".repeat(1_000_000));
      }
    });
    on("wonder", () => {
      const asked = [socket.emitWithAck("wonder"), nsp.timeout(60_000).emitWithAck("wonder-all")];
      for (const answer of asked) {
        answer.then(answered, (error: Error) => answered(error));
      }
    });
    // a rejection
    socket.on("reject", async () => {
      throw new Error("rejected");
    });
  }
}

function askOtherServers(socket: any): void {
  const { nsp } = socket;
  const rooms = (all: any[]) => all.map((one) => [...one.rooms].length);
  const tell = (what: string, answer: Promise<unknown>) =>
    answer.then(
      (result) => say(`${nsp.name} ${what} ${show([result])}`),
      (error) => say(`${nsp.name} ${what} ${show([error])}`),
    );
  socket.on("who", () => tell("who", nsp.fetchSockets().then(rooms)));
  socket.on("aside", () => tell("aside", nsp.serverSideEmitWithAck("aside", 1)));
  socket.on("tell", () => nsp.serverSideEmit("aside", 2));
  socket.on("together", () => nsp.socketsJoin("together"));
}

function release(): void {
  for (const go of held.splice(0)) {
    attempt(go);
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    say(`UNCAUGHT ${(error as Error)?.message}`);
  }
}

/** The number of turns of the event loop after which arrived data is read, handled and answered. */
async function settle(turns = 8): Promise<void> {
  for (let left = turns; left > 0; left--) {
    await new Promise(setImmediate);
  }
}

/** Waits for everything that is still to come; then no client is connected. */
async function finish(servers: any[]): Promise<void> {
  await settle();
  for (let round = 0; round < 2; round++) {
    release();
    await settle();
    attempt(() => clock.tick(200_000));
    await settle();
  }
  const count = (items: any[]) => items.reduce((sum, item) => sum + item, 0);
  const namespaces = servers.flatMap((io) => [...io._nsps.values()]);
  log = [
    ...log.filter((line) => /^UN|^#\d+ \S+ answered /.test(line)),
    `left: connections ${count(servers.map((io) => io.engine.clientsCount))}`,
    `left: sockets ${count(namespaces.map((nsp) => nsp.sockets.size))}`,
    `left: waiting ${count(namespaces.map((nsp) => nsp._preConnectSockets.size))}`,
    `left: rooms ${count(namespaces.map((nsp) => nsp.adapter.rooms.size + nsp.adapter.sids.size))}`,
    `left: timers ${clock.running}`,
  ];
  sockets = 0;
}

function heldMemory(): number {
  // objects with a finalizer are freed by the second one
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function countOpen(servers: any[]): number {
  return servers.flatMap((io) => Object.values<any>(io.engine.clients)).filter(isOpen).length;
}

const isOpen = ({ readyState }: { readyState: string }) => readyState === "open";

async function start(): Promise<void> {
  const servers: any[] = [];
  const ports: Partial<Ports> = {};
  for (const name of Object.keys(options) as ServerName[]) {
    const httpServer = createServer();
    const io = new Server(httpServer, { serveClient: false, ...options[name] });
    serve(io, name);
    servers.push(io);
    await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
    ports[name] = (httpServer.address() as AddressInfo).port;
  }
  process.on("message", async (question: Question) => {
    if (isOfCluster(question)) {
      return;
    }
    const answer: Partial<Answer> = {};
    switch (question.do) {
      case "release":
        release();
        break;
      case "tick":
        attempt(() => clock.tick(question.ms));
        break;
      case "finish":
        await finish(servers);
        break;
      case "heap":
        await settle();
        answer.held = heldMemory();
        break;
    }
    if (question.do !== "finish") {
      await settle();
    }
    process.send?.({ ...answer, log, open: countOpen(servers) });
    log = [];
  });
  process.on("disconnect", () => process.exit());
  process.send?.(ports);
}

start();
