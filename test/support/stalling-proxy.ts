/** A TCP proxy that stops to pass on data, in one direction or in both, or resets its connections. */
import { connect, createServer, type Socket } from "node:net";
import { onTestEnd } from "./cleanup";
import { listenOnFreePort } from "./server";

export interface StallingProxy {
  /** The address of the server behind the proxy. */
  url: string;
  /** Drops all data from now on, as a network that has failed. Neither side notices the end of the other. */
  silence(): void;
  /** Drops the data of clients after the next `bytes` bytes, as a line that is too slow for them. */
  stallUploads(bytes: number): void;
  /** Resets the connections to the server, and ends those to the clients. */
  reset(): void;
}

/** Starts a proxy in front of a port of this machine. */
export async function startStallingProxy(port: number): Promise<StallingProxy> {
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let isSilent = false;
  let uploadsLeft = Number.POSITIVE_INFINITY;
  const server = createServer((near) => {
    const far = connect({ port, host: "localhost" });
    pairs.add({ near, far });
    near.on("data", (chunk: Buffer) => {
      if (!isSilent && uploadsLeft > 0) {
        far.write(chunk.subarray(0, uploadsLeft));
        uploadsLeft -= chunk.length;
      }
    });
    far.on("data", (chunk: Buffer) => isSilent || near.write(chunk));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => isSilent || other.destroy());
    }
  });
  const near = await listenOnFreePort(server);
  onTestEnd(() => {
    for (const pair of pairs) {
      pair.near.destroy();
      pair.far.destroy();
    }
    server.close();
  });
  return {
    url: `http://localhost:${near}`,
    silence() {
      isSilent = true;
    },
    stallUploads(bytes) {
      uploadsLeft = bytes;
    },
    reset() {
      for (const pair of pairs) {
        pair.far.resetAndDestroy();
      }
    },
  };
}
