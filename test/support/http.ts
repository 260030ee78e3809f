/** Plain HTTP and upgrade requests, for what clients do not show: statuses, headers and bodies. */
import { once } from "node:events";
import { type IncomingHttpHeaders, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { type AddressInfo, connect, type Socket as TcpSocket } from "node:net";
import { onTestEnd } from "./cleanup";
import type { ServerType } from "./subject";
import { nextEvent } from "./waiting";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** As it came, not decompressed. */
  bytes: Buffer;
  text: string;
}

export interface AskOptions extends RequestOptions {
  body?: string;
  /** The certificate authority, for `https:`. */
  ca?: Buffer;
}

/** Sends one request over a connection of its own. */
export function ask(url: string, options: AskOptions = {}): Promise<Answer> {
  const { body, ...requestOptions } = options;
  const send = url.startsWith("https:") ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const req = send(url, { agent: false, ...requestOptions }, async (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk) => chunks.push(chunk));
      res.on("error", reject);
      res.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: res.statusCode as number, headers: res.headers, bytes, text: bytes.toString() });
      });
    });
    req.on("error", reject);
    // nobody may have answered
    onTestEnd(() => req.destroy());
    req.end(body);
  });
}

const HANDSHAKE_QUERY = "EIO=4&transport=polling";

/** The first request of a polling connection; the whole answer. */
export function askHandshake(url: string, options: AskOptions = {}, path = "/socket.io/"): Promise<Answer> {
  return ask(`${url}${path}?${HANDSHAKE_QUERY}`, options);
}

export interface Opened {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload: number;
}

/** What the server tells in the open packet of a polling connection. */
export function openOf(answer: Answer): Opened {
  const [packet] = answer.text.split("\x1e");
  if (answer.status !== 200 || packet[0] !== "0") {
    throw new Error(`no handshake: ${answer.status} ${answer.text}`);
  }
  return JSON.parse(packet.slice(1));
}

/** A polling connection by hand: packets are posted and polled as the protocol writes them. */
export class PollingConnection {
  private constructor(
    readonly opened: Opened,
    private readonly address: string,
  ) {}

  static async open(url: string, path = "/socket.io/"): Promise<PollingConnection> {
    const opened = openOf(await askHandshake(url, {}, path));
    return new PollingConnection(opened, `${url}${path}?${HANDSHAKE_QUERY}&sid=${opened.sid}`);
  }

  post(...packets: string[]): Promise<Answer> {
    return ask(this.address, { method: "POST", body: packets.join("\x1e") });
  }

  poll(options: AskOptions = {}): Promise<Answer> {
    return ask(this.address, options);
  }

  /** The packets that one poll brings. */
  async next(): Promise<string[]> {
    return (await this.poll()).text.split("\x1e");
  }

  /** Joins a namespace, and gives the packets that answer. */
  async join(namespace = ""): Promise<string[]> {
    await this.post(`40${namespace}`);
    return this.next();
  }
}

export interface Upgrading {
  socket: TcpSocket;
  /** What came so far. */
  received(): Buffer;
  /** Resolves when the server has ended the connection. */
  ended: Promise<unknown>;
}

const UPGRADE_HEADERS: Record<string, string> = {
  Host: "localhost",
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Asks for an upgrade over a bare connection, which is closed when the test ends. */
export async function askUpgrade(
  port: number,
  target: string,
  headers: Record<string, string> = {},
): Promise<Upgrading> {
  const socket = connect({ port, host: "localhost" });
  onTestEnd(() => socket.destroy());
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk as Buffer));
  socket.on("error", () => {});
  const ended = new Promise((resolve) => {
    socket.on("end", resolve);
    socket.on("close", resolve);
  });
  await once(socket, "connect");
  const lines = Object.entries({ ...UPGRADE_HEADERS, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  return { socket, received: () => Buffer.concat(chunks), ended };
}

/** The address of a server that listens or is about to; it is closed when the test ends. */
export async function addressOf(io: ServerType<any, any, any, any>, scheme = "http"): Promise<string> {
  onTestEnd(() => io.close());
  if (!io.httpServer.listening) {
    await nextEvent(io.httpServer, "listening");
  }
  return `${scheme}://localhost:${(io.httpServer.address() as AddressInfo).port}`;
}
