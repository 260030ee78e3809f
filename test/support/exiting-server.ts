/** Servers in separate processes, which exit while a client is connected. */
import { spawn } from "node:child_process";
import { environment, root } from "./repository";
import { type Frame, openWire } from "./wire";

/**
 * Starts test/fixtures/exiting-server.ts and sends "go" to it, on which it emits events and exits in the given way.
 * Resolves with all frames that the client receives.
 */
export async function framesBeforeExit(way: string): Promise<Frame[]> {
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
    const wire = await openWire(`http://localhost:${port}`);
    await wire.join();
    const frames: Frame[] = [];
    wire.ws.on("message", (data: Buffer, binary) => frames.push(binary ? data : data.toString()));
    wire.send('42["go"]');
    await wire.closed;
    return frames;
  } finally {
    server.kill("SIGKILL");
  }
}
