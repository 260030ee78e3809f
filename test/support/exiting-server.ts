/** Servers in separate processes, which exit while a client is connected. */
import { spawn } from "node:child_process";
import { type CrowdClient, connectCrowd } from "./crowd";
import { environment, root } from "./repository";
import { type Frame, openWire } from "./wire";

/**
 * Starts test/fixtures/exiting-server.ts and sends "go" to it, on which it emits events and exits in the given way.
 * Resolves with all frames that the client receives.
 */
export function framesBeforeExit(way: string): Promise<Frame[]> {
  return withServer(way, async (port) => {
    const wire = await openWire(`http://localhost:${port}`);
    await wire.join();
    const frames: Frame[] = [];
    wire.ws.on("message", (data: Buffer, binary) => frames.push(binary ? data : data.toString()));
    wire.send('42["go"]');
    await wire.closed;
    return frames;
  });
}

/** The same with very many clients, of which the first one sends "go". Resolves with all of them. */
export function crowdBeforeExit(way: string, count: number): Promise<CrowdClient[]> {
  return withServer(way, async (port) => {
    const clients = await connectCrowd(port, count);
    clients[0].send('42["go"]');
    await Promise.all(clients.map(({ closed }) => closed));
    return clients;
  });
}

async function withServer<Result>(way: string, use: (port: number) => Promise<Result>): Promise<Result> {
  const server = spawn(process.execPath, ["--import=tsx", "test/fixtures/exiting-server.ts", way], {
    cwd: root,
    env: environment(),
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      server.stdout.once("data", (line) => resolve(Number(line)));
      server.once("exit", (code) =>
        reject(new Error(`the server has ended with ${code}, and did not start`)),
      );
    });
    return await use(port);
  } finally {
    server.kill("SIGKILL");
  }
}
