/** A TCP proxy that disconnects each connection after a random number of bytes, also within a message. */
import { connect, createServer, type Socket } from "node:net";
import type { Random } from "./random";
import { listenOnFreePort } from "./server";

/**
 * What the server sees: the end of the connection, a reset, or nothing, as when a network fails. The client always sees
 * the end, and reconnects.
 */
const MANNERS = ["end", "reset", "silence"] as const;

export type Manner = (typeof MANNERS)[number];

export class DisconnectingProxy {
  /** The number of connections that were cut, by manner. */
  readonly cuts: Record<Manner, number> = { end: 0, reset: 0, silence: 0 };
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer({ allowHalfOpen: true }, (near) => this.forward(near));
  private isCalm = true;

  constructor(
    private readonly target: number,
    private readonly random: Random,
    /** The largest number of bytes that a connection transfers before it is cut. */
    private readonly mostBytes: number,
  ) {}

  /** Resolves with the port of the proxy. It does not cut connections before `start()`. */
  listen(): Promise<number> {
    return listenOnFreePort(this.server);
  }

  /** Begins to cut connections. */
  start(): void {
    this.isCalm = false;
  }

  /** Stops cutting connections until `start()` is called again. */
  calm(): void {
    this.isCalm = true;
  }

  close(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
    this.server.close();
  }

  get total(): number {
    return this.cuts.end + this.cuts.reset + this.cuts.silence;
  }

  private forward(near: Socket): void {
    const far = connect({ port: this.target, host: "localhost", allowHalfOpen: true });
    const manner = MANNERS[this.random.below(MANNERS.length)];
    // most connections are cut early, some late
    let left = 100 + this.random.below(1 + this.random.below(this.mostBytes));
    let isCut = false;
    const pass = (from: Socket, to: Socket) => {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => {});
      from.on("close", () => {
        this.sockets.delete(from);
        if (!isCut) {
          to.destroy();
        }
      });
      from.on("end", () => isCut || to.end());
      from.on("data", (chunk: Buffer) => {
        if (isCut) {
          return;
        }
        if (this.isCalm || chunk.length < left) {
          left -= this.isCalm ? 0 : chunk.length;
          to.write(chunk);
          return;
        }
        isCut = true;
        this.cuts[manner]++;
        to.write(chunk.subarray(0, left), () => sever(near, far, manner));
      });
    };
    pass(near, far);
    pass(far, near);
  }
}

function sever(near: Socket, far: Socket, manner: Manner): void {
  switch (manner) {
    case "end":
      near.destroy();
      far.destroy();
      break;
    case "reset":
      near.resetAndDestroy();
      far.resetAndDestroy();
      break;
    case "silence":
      // the data that the server still sends is discarded
      near.destroy();
      break;
  }
}
