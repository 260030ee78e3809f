/** A namespace whose middleware waits until the test decides, with a record of its calls. */
import { startServer } from "./server";
import type { SocketType } from "./subject";

export interface Run {
  socket: SocketType;
  next(error?: Error): void;
  isDecided: boolean;
}

/** A server whose middleware of "/chat" waits until the test calls `next()`. */
export async function startHeld(options: Parameters<typeof startServer>[0] = {}) {
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
