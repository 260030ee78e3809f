/** Raw connections over server-sent events, on which a test reads and writes the packets themselves. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { createGunzip } from "node:zlib";
import { onTestEnd } from "./cleanup";
import { type Answer, type AskOptions, ask, type Opened } from "./http";
import type { AnySocket } from "./joined";
import type { Running } from "./server";
import { connectPacket } from "./wire";

const PING = "2";
const SEPARATOR = "\x1e";

export interface EventStream {
  request: ClientRequest;
  response: IncomingMessage;
  /** Resolves with the next message that was not read yet, as it was received. */
  nextMessage(): Promise<string>;
  /** Resolves with `true` if the server has ended the stream, and with `false` if it was cut. */
  ended: Promise<boolean>;
  /** The text of the stream so far. */
  received(): string;
}

/** Sends a GET request, and reads the response as an event stream (HTML, "Server-sent events"). */
export function openEventStream(url: string, options: AskOptions = {}): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const req = request(url, { agent: false, ...options }, (response) => {
      if (response.statusCode === 200) {
        resolve(readStream(req, response));
      } else {
        response.resume();
        reject(new Error(`the stream was refused with ${response.statusCode}`));
      }
    });
    req.on("error", reject);
    onTestEnd(() => req.destroy());
    req.end();
  });
}

function readStream(req: ClientRequest, response: IncomingMessage): EventStream {
  const messages: string[] = [];
  const takers: { resolve(message: string): void; reject(error: Error): void }[] = [];
  let all = "";
  let rest = "";
  let data: string[] = [];
  let isOver = false;
  const take = (line: string) => {
    if (line.startsWith("data:")) {
      data.push(line.slice("data:".length).replace(/^ /, ""));
    } else if (line === "" && data.length > 0) {
      const message = data.join("\n");
      data = [];
      const taker = takers.shift();
      taker ? taker.resolve(message) : messages.push(message);
    }
  };
  const isCompressed = response.headers["content-encoding"] === "gzip";
  const decoded = isCompressed ? response.pipe(createGunzip()) : response;
  decoded.on("error", () => {});
  decoded.setEncoding("utf8");
  decoded.on("data", (text: string) => {
    all += text;
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop() as string;
    lines.forEach(take);
  });
  response.on("error", () => {});
  const ended = new Promise<boolean>((resolve) => {
    response.on("close", () => {
      isOver = true;
      for (const { reject } of takers.splice(0)) {
        reject(new Error("the stream has ended"));
      }
      resolve(response.complete);
    });
  });
  return {
    request: req,
    response,
    ended,
    received: () => all,
    nextMessage() {
      const message = messages.shift();
      if (message !== undefined) {
        return Promise.resolve(message);
      }
      return isOver
        ? Promise.reject(new Error("the stream has ended"))
        : new Promise((resolve, reject) => takers.push({ resolve, reject }));
    },
  };
}

export interface SseWire {
  opened: Opened;
  /** The URL of its requests. */
  address: string;
  /** The current stream. */
  stream: EventStream;
  /** Sends these packets in one POST request. */
  post(...packets: string[]): Promise<Answer>;
  /** Resolves with the next packet that was not read yet. Skips pings, and does not answer them. */
  next(): Promise<string>;
  /** Sends CONNECT, and resolves with the next packet, which answers it. */
  join(namespace?: string, auth?: object): Promise<string>;
}

/** Opens a connection over server-sent events, and closes it when the test ends. The open packet is read already. */
export async function openSse(url: string, query = "EIO=4", options: AskOptions = {}): Promise<SseWire> {
  const address = `${url}/socket.io/?transport=sse&${query}`;
  const stream = await openEventStream(address, options);
  const open = await stream.nextMessage();
  const opened: Opened = JSON.parse(open.slice(1));
  const wire: SseWire = {
    opened,
    address: `${address}&sid=${opened.sid}`,
    stream,
    post: (...packets) => ask(wire.address, { ...options, method: "POST", body: packets.join(SEPARATOR) }),
    async next() {
      for (;;) {
        const message = await wire.stream.nextMessage();
        const packet: string = message.startsWith('"') ? JSON.parse(message) : message;
        if (packet !== PING) {
          return packet;
        }
      }
    },
    async join(namespace, auth) {
      await wire.post(connectPacket(namespace, auth));
      return wire.next();
    },
  };
  return wire;
}

/** Opens a raw connection over server-sent events, and joins the main namespace. */
export async function joinSse(
  { io, url }: Pick<Running, "io" | "url">,
  options?: AskOptions,
): Promise<{ wire: SseWire; socket: AnySocket }> {
  const wire = await openSse(url, undefined, options);
  const { sid } = JSON.parse((await wire.join()).slice("40".length));
  return { wire, socket: io.of("/").sockets.get(sid) as AnySocket };
}
