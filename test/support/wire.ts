/** A WebSocket that speaks the protocol by hand, for what real clients hide: the packets and their order. */
import { WebSocket } from "ws";
import { onTestEnd } from "./cleanup";

export type Frame = string | Buffer;

export interface Wire {
  /** Sends messages as they are: `wire.send("40", '42["hello"]')`. */
  send(...frames: Frame[]): void;
  /** The next message that was not taken yet. Pings are left out, and not answered. */
  next(): Promise<Frame>;
  /** Sends CONNECT, and gives the packet that answers. */
  join(namespace?: string, auth?: object): Promise<Frame>;
  /** The close code, when the connection has ended. */
  closed: Promise<number>;
  ws: WebSocket;
}

const PING = "2";

/** Opens a connection, which is closed when the test ends; the open packet is taken already. */
export async function openWire(url: string, query = "EIO=4"): Promise<Wire> {
  const ws = new WebSocket(`${url.replace("http", "ws")}/socket.io/?transport=websocket&${query}`);
  onTestEnd(() => ws.terminate());
  const frames: Frame[] = [];
  const takers: ((frame: Frame) => void)[] = [];
  const closed = new Promise<number>((resolve) => ws.on("close", resolve));
  ws.on("error", () => {});
  ws.on("message", (data: Buffer, binary) => {
    const frame = binary ? data : data.toString();
    if (frame === PING) {
      return;
    }
    const taker = takers.shift();
    if (taker) {
      taker(frame);
    } else {
      frames.push(frame);
    }
  });
  const wire: Wire = {
    ws,
    closed,
    send(...sent) {
      for (const frame of sent) {
        ws.send(frame);
      }
    },
    next() {
      const frame = frames.shift();
      return frame === undefined
        ? new Promise((resolve) => takers.push(resolve))
        : Promise.resolve(frame);
    },
    join(namespace = "/", auth) {
      const where = namespace === "/" ? "" : `${namespace},`;
      wire.send(`40${where}${auth ? JSON.stringify(auth) : ""}`);
      return wire.next();
    },
  };
  await wire.next();
  return wire;
}
