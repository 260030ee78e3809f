/** A TCP proxy that cuts connections after so many bytes, wherever in a message that is. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { nextEvent } from "./waiting";

/** A number from 0 up to, and without, the limit. */
export type Random = (limit: number) => number;

/** The same numbers again for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/**
 * How the server learns of it: by an orderly end, by a reset, or not at all, as when a network is gone. The client learns
 * of it in any case, and comes back.
 */
const MANNERS = ["end", "reset", "silence"] as const;

export type Manner = (typeof MANNERS)[number];

export class SeveringProxy {
  /** How many connections were cut, by the manner. */
  readonly cuts: Record<Manner, number> = { end: 0, reset: 0, silence: 0 };
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer({ allowHalfOpen: true }, (near) => this.forward(near));
  private isCalm = true;

  constructor(
    private readonly target: number,
    private readonly random: Random,
    /** Each connection may pass up to so many bytes. */
    private readonly mostBytes: number,
  ) {}

  /** Gives its port. Nothing is cut before `start()`. */
  async listen(): Promise<number> {
    this.server.listen(0);
    await nextEvent(this.server, "listening");
    return (this.server.address() as AddressInfo).port;
  }

  /** Cuts: from now on each connection has so many bytes left. */
  start(): void {
    this.isCalm = false;
  }

  /** Cuts nothing until `start()`. */
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
    const manner = MANNERS[this.random(MANNERS.length)];
    // short lives often, long ones sometimes
    let left = 100 + this.random(1 + this.random(this.mostBytes));
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
      // what the server still sends is taken by nobody
      near.destroy();
      break;
  }
}
