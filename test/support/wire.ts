/** Connections that speak the protocol by hand, for what real clients hide: the packets and their order. */
import { WebSocket, type ClientOptions as WebSocketOptions } from "ws";
import { onTestEnd } from "./cleanup";
import { type Answer, type AskOptions, ask, type Opened } from "./http";

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

export interface OpenedWire extends Wire {
  /** What the open packet holds. */
  opened: Opened;
}

export interface WireOptions extends WebSocketOptions {
  /** Where the server answers. */
  path?: string;
}

const PING = "2";
const NOOP = "6";
const SEPARATOR = "\x1e";

/** The packet that joins a namespace. */
export function connectPacket(namespace = "/", auth?: object): string {
  return `40${namespace === "/" ? "" : `${namespace},`}${auth ? JSON.stringify(auth) : ""}`;
}

/** Opens a connection, which is closed when the test ends; the open packet is taken already. */
export async function openWire(url: string, query = "EIO=4", options?: WireOptions): Promise<OpenedWire> {
  const wire = await connectWire(url, query, options);
  const packet = (await wire.next()) as string;
  return Object.assign(wire, { opened: JSON.parse(packet.slice(1)) });
}

/** Connects, as for an upgrade, and takes nothing; rejects when the server refuses. */
export async function connectWire(url: string, query = "EIO=4", options: WireOptions = {}): Promise<Wire> {
  const { path = "/socket.io/", ...webSocketOptions } = options;
  const address = `${url.replace("http", "ws")}${path}?transport=websocket&${query}`;
  const ws = new WebSocket(address, webSocketOptions);
  const wire = wireOver(ws);
  await new Promise<void>((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("error", reject);
  });
  return wire;
}

interface Taker {
  resolve: (frame: Frame) => void;
  reject: (error: Error) => void;
}

function wireOver(ws: WebSocket): Wire {
  const frames: Frame[] = [];
  const takers: Taker[] = [];
  let end: number | undefined;
  const ended = () => new Error(`the connection was closed (${end}) instead of giving a packet`);
  onTestEnd(() => {
    takers.length = 0;
    ws.terminate();
  });
  ws.on("error", () => {});
  ws.on("message", (data: Buffer, binary) => {
    const frame = binary ? data : data.toString();
    if (frame === PING) {
      return;
    }
    const taker = takers.shift();
    if (taker) {
      taker.resolve(frame);
    } else {
      frames.push(frame);
    }
  });
  const closed = new Promise<number>((resolve) =>
    ws.on("close", (code) => {
      end = code;
      for (const { reject } of takers.splice(0)) {
        reject(ended());
      }
      resolve(code);
    }),
  );
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
      if (frame !== undefined) {
        return Promise.resolve(frame);
      }
      return end === undefined
        ? new Promise((resolve, reject) => takers.push({ resolve, reject }))
        : Promise.reject(ended());
    },
    join(namespace, auth) {
      wire.send(connectPacket(namespace, auth));
      return wire.next();
    },
  };
  return wire;
}

/** How packets share the body of one request: in protocol 4 a separator is between them, in protocol 3 lengths lead. */
const payloads = {
  4: {
    join: (packets: string[]) => packets.join(SEPARATOR),
    split: (body: string) => body.split(SEPARATOR),
  },
  3: {
    join: (packets: string[]) => packets.map((packet) => `${packet.length}:${packet}`).join(""),
    split: splitByLength,
  },
};

function splitByLength(body: string): string[] {
  const packets: string[] = [];
  for (let rest = body; rest !== ""; ) {
    const colon = rest.indexOf(":");
    const end = colon + 1 + Number(rest.slice(0, colon));
    packets.push(rest.slice(colon + 1, end));
    rest = rest.slice(end);
  }
  return packets;
}

export interface PollingWire {
  opened: Opened;
  /** Where it is polled, and posted to. */
  address: string;
  /** One POST with all these packets. */
  post(...packets: string[]): Promise<Answer>;
  /** One GET: the packets that it brings. Rejects when the server refuses. */
  poll(options?: AskOptions): Promise<string[]>;
  /** The next packet that was not taken yet, polling for it; pings are left out, and NOOPs. */
  next(): Promise<string>;
  /** Sends CONNECT, and gives the packet that answers. */
  join(namespace?: string, auth?: object): Promise<string>;
}

/** Opens a polling connection; what came along with the open packet is there to be taken. */
export async function openPolling(
  url: string,
  query = "EIO=4",
  options: AskOptions = {},
): Promise<PollingWire> {
  const { join, split } = payloads[/\bEIO=4\b/.test(query) ? 4 : 3];
  const packets: string[] = [];
  let address = `${url}/socket.io/?transport=polling&${query}`;
  const poll = async (more?: AskOptions) => {
    const { status, text } = await ask(address, { ...options, ...more });
    if (status !== 200) {
      throw new Error(`the poll was answered with ${status} ${text}`);
    }
    return split(text);
  };
  const [open, ...others] = await poll();
  const opened: Opened = JSON.parse(open.slice(1));
  address += `&sid=${opened.sid}`;
  packets.push(...others);
  const wire: PollingWire = {
    opened,
    address,
    poll,
    post: (...sent) => ask(address, { ...options, method: "POST", body: join(sent) }),
    async next() {
      for (;;) {
        for (let packet = packets.shift(); packet !== undefined; packet = packets.shift()) {
          if (packet !== PING && packet !== NOOP) {
            return packet;
          }
        }
        packets.push(...(await poll()));
      }
    },
    async join(namespace, auth) {
      await wire.post(connectPacket(namespace, auth));
      return wire.next();
    },
  };
  return wire;
}
