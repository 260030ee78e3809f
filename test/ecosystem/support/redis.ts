/** Starts a Redis server for the tests. */
import {
  findProgram,
  freePort,
  listening,
  type Program,
  privateFolder,
  startProgram,
  versionFrom,
} from "./programs";

export const redisServer: Program = {
  name: "redis-server",
  debian: "apt install redis-server",
  version: () => versionFrom(redisServer, "--version"),
};

export interface Redis {
  readonly port: number;
  readonly url: string;
  /** Ends the server as a crash does; its data is lost unless it was started with `persistent`. */
  crash(): Promise<void>;
  /** Starts the server again, on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis({ persistent = false } = {}): Promise<Redis> {
  const port = await freePort();
  const folder = privateFolder("redis");
  const start = async () => {
    const program = startProgram(findProgram(redisServer) as string, [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      folder,
      "--save",
      "",
      "--appendonly",
      persistent ? "yes" : "no",
      "--appendfsync",
      "always",
    ]);
    await listening(port, program);
    return program;
  };
  let running: Awaited<ReturnType<typeof start>> | undefined = await start();
  const end = async (signal: NodeJS.Signals) => {
    await running?.stop(signal);
    running = undefined;
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    crash: () => end("SIGKILL"),
    async start() {
      running ??= await start();
    },
    stop: () => end("SIGTERM"),
  };
}
