/** A namespace whose middleware waits until the test decides, and raw connections to it. */
import { type Running, startServer } from "./server";
import type { SocketType } from "./subject";
import { openPolling, openWire } from "./wire";

export interface Run {
  socket: SocketType;
  next(error?: Error): void;
  isDecided: boolean;
}

/** A server whose middleware of "/chat" waits until the test calls `next()`. */
export async function startSlow(options: Parameters<typeof startServer>[0] = {}) {
  const running = await startServer(options);
  const chat = running.io.of("/chat");
  const runs: Run[] = [];
  chat.use((socket, next) => {
    const run: Run = {
      socket,
      isDecided: false,
      next(error) {
        run.isDecided = true;
        next(error);
      },
    };
    runs.push(run);
  });
  const connected: SocketType[] = [];
  chat.on("connection", (socket) => connected.push(socket));
  return { ...running, chat, runs, connected };
}

export interface Hand {
  send(...packets: string[]): Promise<unknown>;
  next(): Promise<unknown>;
}

/** A raw connection that has joined "/", and sends several packets in one payload or one chunk. */
export async function openHand({ url }: Running, transport: "websocket" | "polling"): Promise<Hand> {
  if (transport === "polling") {
    const polling = await openPolling(url);
    await polling.join();
    return { send: (...packets) => polling.post(...packets), next: () => polling.next() };
  }
  const wire = await openWire(url);
  await wire.join();
  return {
    async send(...packets) {
      const { _socket: tcp } = wire.ws as unknown as { _socket: { cork(): void; uncork(): void } };
      tcp.cork();
      wire.send(...packets);
      tcp.uncork();
    },
    next: () => wire.next(),
  };
}

/** Resolves when the server has processed the earlier packets, with its responses. */
export async function settled(io: Running["io"], hand: Hand): Promise<unknown[]> {
  const name = `/settled-${Math.random()}`;
  io.of(name);
  await hand.send(`40${name},`);
  const before: unknown[] = [];
  for (;;) {
    const packet = await hand.next();
    if (String(packet).startsWith(`40${name},`)) {
      return before;
    }
    before.push(packet);
  }
}
