/** Raw connections over WebSocket and long-polling, on which a test reads and writes the packets themselves. */
import { WebSocket, type ClientOptions as WebSocketOptions } from "ws";
import { onTestEnd } from "./cleanup";
import { type Answer, type AskOptions, ask, type Opened } from "./http";

export type Frame = string | Buffer;

export interface Wire {
  /** Sends messages without encoding them: `wire.send("40", '42["hello"]')`. */
  send(...frames: Frame[]): void;
  /** Resolves with the next message that was not read yet. Skips pings, and does not answer them. */
  next(): Promise<Frame>;
  /** Sends CONNECT, and resolves with the next packet, which answers it. */
  join(namespace?: string, auth?: object): Promise<Frame>;
  /** Resolves with the close code when the connection has ended. */
  closed: Promise<number>;
  /** Resolves with the code and the reason of the close frame. */
  closeFrame: Promise<{ code: number; reason: string }>;
  /** All messages of the server so far, including pings and the open packet. */
  seen: readonly Frame[];
  ws: WebSocket;
}

export interface OpenedWire extends Wire {
  /** The data of the open packet. */
  opened: Opened;
}

export interface WireOptions extends WebSocketOptions {
  /** The path of the server. Default: "/socket.io/". */
  path?: string;
}

const PING = "2";
const NOOP = "6";
const SEPARATOR = "\x1e";

/** The CONNECT packet for a namespace. */
export function connectPacket(namespace = "/", auth?: object): string {
  return `40${namespace === "/" ? "" : `${namespace},`}${auth ? JSON.stringify(auth) : ""}`;
}

/** Opens a connection, and closes it when the test ends. The open packet is read already. */
export async function openWire(url: string, query = "EIO=4", options?: WireOptions): Promise<OpenedWire> {
  const wire = await connectWire(url, query, options);
  const packet = (await wire.next()) as string;
  return Object.assign(wire, { opened: JSON.parse(packet.slice(1)) });
}

/** Opens a connection without reading the open packet, as for an upgrade; rejects if the server refuses it. */
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
  const seen: Frame[] = [];
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
    seen.push(frame);
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
  const closeFrame = new Promise<{ code: number; reason: string }>((resolve) =>
    ws.on("close", (code, reason) => {
      end = code;
      for (const { reject } of takers.splice(0)) {
        reject(ended());
      }
      resolve({ code, reason: reason.toString() });
    }),
  );
  const wire: Wire = {
    ws,
    closed: closeFrame.then(({ code }) => code),
    closeFrame,
    seen,
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

/** Bodies with several packets: protocol 4 separates the packets, protocol 3 puts the length before each of them. */
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
  /** The URL of its requests. */
  address: string;
  /** Sends these packets in one POST request. */
  post(...packets: string[]): Promise<Answer>;
  /** Sends one GET request, and resolves with the response, whatever its status is. */
  get(options?: AskOptions): Promise<Answer>;
  /** Sends one GET request, and resolves with its packets. Rejects if the server refuses it. */
  poll(options?: AskOptions): Promise<string[]>;
  /** Resolves with the next packet that was not read yet, for which it polls. Skips pings and NOOPs. */
  next(): Promise<string>;
  /** Sends CONNECT, and resolves with the next packet, which answers it. */
  join(namespace?: string, auth?: object): Promise<string>;
}

/** Opens a long-polling connection. Packets that arrive with the open packet can be read with `next()`. */
export async function openPolling(
  url: string,
  query = "EIO=4",
  options: AskOptions = {},
): Promise<PollingWire> {
  const { join, split } = payloads[/\bEIO=4\b/.test(query) ? 4 : 3];
  const packets: string[] = [];
  let address = `${url}/socket.io/?transport=polling&${query}`;
  const get = (more?: AskOptions) => ask(address, { ...options, ...more });
  const poll = async (more?: AskOptions) => {
    const { status, text } = await get(more);
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
    get,
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
