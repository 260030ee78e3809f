/** Plain HTTP requests and upgrade requests, with the status, headers and body of each response. */
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
  /** The names and values of the headers in turn, as they were received. */
  rawHeaders: string[];
  /** The body as received, not decompressed. */
  bytes: Buffer;
  text: string;
}

export interface AskOptions extends RequestOptions {
  body?: string;
  /** The certificate authority, for `https:`. */
  ca?: Buffer;
}

/** Sends one request over a new connection. */
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
        const { statusCode, headers, rawHeaders } = res;
        resolve({ status: statusCode as number, headers, rawHeaders, bytes, text: bytes.toString() });
      });
    });
    req.on("error", reject);
    // the server may not have answered by then
    onTestEnd(() => req.destroy());
    req.end(body);
  });
}

const HANDSHAKE_QUERY = "EIO=4&transport=polling";

/** Sends the first request of a long-polling connection. */
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

/** The data of the open packet in the response of a long-polling connection. */
export function openOf(answer: Answer): Opened {
  const [packet] = answer.text.split("\x1e");
  if (answer.status !== 200 || packet[0] !== "0") {
    throw new Error(`no handshake: ${answer.status} ${answer.text}`);
  }
  return JSON.parse(packet.slice(1));
}

export interface RawExchange {
  socket: TcpSocket;
  /** The bytes received so far. */
  received(): Buffer;
  /** Resolves when the server has ended the connection. */
  ended: Promise<unknown>;
}

/** The headers with which a WebSocket client requests an upgrade. */
export const UPGRADE_HEADERS: Record<string, string> = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** The text of an upgrade request. */
export function upgradeRequest(target: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ Host: "localhost", ...UPGRADE_HEADERS, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** Sends an upgrade request over a TCP connection, which is closed when the test ends. */
export function askUpgrade(
  port: number,
  target: string,
  headers: Record<string, string> = {},
): Promise<RawExchange> {
  return sendRaw(port, upgradeRequest(target, headers));
}

/** Sends bytes over a TCP connection, which is closed when the test ends. The test may write more to `socket`. */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<RawExchange> {
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
  socket.write(bytes);
  return { socket, received: () => Buffer.concat(chunks), ended };
}

/** Resolves with the URL of a server once it listens; closes the server when the test ends. */
export async function addressOf(io: ServerType<any, any, any, any>, scheme = "http"): Promise<string> {
  onTestEnd(() => io.close());
  if (!io.httpServer.listening) {
    await nextEvent(io.httpServer, "listening");
  }
  return `${scheme}://localhost:${(io.httpServer.address() as AddressInfo).port}`;
}
