/** Servers in processes of their own, which end while a client is connected. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { type Frame, openWire } from "./wire";

const root = join(__dirname, "../..");

/** Starts test/fixtures/leaving.ts, says "go" to it, and gives all frames that come until it is gone. */
export async function framesBeforeLeaving(way: string): Promise<Frame[]> {
  // coverage is measured in this process only
  const { NODE_V8_COVERAGE: _, NODE_OPTIONS: __, ...env } = process.env;
  const server = spawn(process.execPath, ["--import=tsx", "test/fixtures/leaving.ts", way], {
    cwd: root,
    env,
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
