/** A TCP proxy that cuts what it forwards into pieces, as networks may. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestEnd } from "./cleanup";
import { nextEvent } from "./waiting";

/** How many bytes the next piece is to have. */
export type PieceLength = () => number;

/** Cuts at random places; the same ones again for the same seed. */
export function randomly(seed: number, most: number): PieceLength {
  let state = seed >>> 0;
  return () => {
    // a linear congruential generator, with the numbers of Numerical Recipes
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + ((state >>> 8) % most);
  };
}

/** Forwards to a port, each piece in a write and a turn of its own, in both directions; gives its own port. */
export async function startCuttingProxy(port: number, pieceLength: PieceLength): Promise<number> {
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
      forward(from, to, pieceLength);
    }
  });
  proxy.listen(0);
  await nextEvent(proxy, "listening");
  onTestEnd(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    proxy.close();
  });
  return (proxy.address() as AddressInfo).port;
}

async function forward(from: Socket, to: Socket, pieceLength: PieceLength): Promise<void> {
  try {
    for await (const chunk of from) {
      for (let start = 0; start < chunk.length; ) {
        const end = start + pieceLength();
        to.write(chunk.subarray(start, end));
        start = end;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    to.end();
  } catch {
    to.destroy();
  }
}
