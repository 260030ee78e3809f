/** A TCP proxy that splits the data that it forwards into small chunks, as networks may. */
import { connect, createServer, type Socket } from "node:net";
import { onTestEnd } from "./cleanup";
import { Random } from "./random";
import { listenOnFreePort } from "./server";
import { turn } from "./waiting";

/** Returns the number of bytes of the next chunk. */
export type ChunkLength = () => number;

/** Lengths from 1 to `most`, which depend on the seed only. */
export function randomLengths(seed: number, most: number): ChunkLength {
  const random = new Random(seed);
  return () => 1 + random.below(most);
}

/** Forwards to a port in both directions, one chunk in each turn of the event loop. Resolves with the port of the proxy. */
export async function startChunkingProxy(port: number, chunkLength: ChunkLength): Promise<number> {
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(port, "localhost");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => from.destroy());
      from.on("close", () => to.destroy());
      forward(from, to, chunkLength);
    }
  });
  const proxyPort = await listenOnFreePort(proxy);
  onTestEnd(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    proxy.close();
  });
  return proxyPort;
}

async function forward(from: Socket, to: Socket, chunkLength: ChunkLength): Promise<void> {
  try {
    for await (const chunk of from) {
      for (let start = 0; start < chunk.length; ) {
        const end = start + chunkLength();
        to.write(chunk.subarray(start, end));
        start = end;
        await turn();
      }
    }
    to.end();
  } catch {
    to.destroy();
  }
}
