/** Servers on apps of µWebSockets.js, which record what is published. */
import type { Server, ServerOptions, UwsOptions } from "socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { App, type TemplatedApp, us_listen_socket_close, us_socket_local_port } from "uwebsockets";
import { type ClientOptions, WebSocket } from "ws";
import { onTestEnd } from "../../support/cleanup";
import { nextEvent } from "../../support/waiting";
import { client } from "./hello";

export type Options = Partial<ServerOptions> & UwsOptions;

export interface OverUws {
  app: TemplatedApp;
  url: string;
  /** The texts that were published to a topic. */
  published: string[];
  /** The topic. */
  topics: Set<string>;
  /** The behaviour of the WebSockets. */
  behavior: Record<string, any>;
}

/** Attaches a server to a new app, which listens until the test ends. */
export async function attachUws(io: Server, options: Options = {}): Promise<OverUws> {
  const app = App();
  const published: string[] = [];
  const topics = new Set<string>();
  const behaviors: Record<string, any>[] = [];
  io.attachApp(
    {
      any: (pattern, handler) => app.any(pattern, handler),
      ws(pattern, behavior) {
        behaviors.push(behavior);
        return app.ws(pattern, behavior);
      },
      publish(topic, text, ...flags) {
        published.push(text);
        topics.add(topic);
        return app.publish(topic, text, ...flags);
      },
    },
    options,
  );
  const url = await listenUws(app);
  onTestEnd(() => io.close());
  return { app, url, published, topics, behavior: behaviors[0]! };
}

export async function listenUws(app: TemplatedApp, address = "127.0.0.1"): Promise<string> {
  const token = await new Promise<any>((resolve) => app.listen(address, 0, resolve));
  onTestEnd(() => us_listen_socket_close(token));
  return `http://127.0.0.1:${us_socket_local_port(token)}`;
}

/** A connected client, and the events that it receives. */
export interface Guest {
  socket: ClientSocket;
  id: string;
  /** The events that the client has received, each as `[name, ...args]`. */
  seen: any[][];
}

export async function enter(url: string, transport = "websocket", options: object = {}): Promise<Guest> {
  const socket = client(url, { transports: [transport], ...options });
  const seen: any[][] = [];
  socket.onAny((...event) => seen.push(event));
  await nextEvent(socket, "connect");
  return { socket, id: socket.id!, seen };
}

/** Resolves when the guests have received everything that the server has sent so far. */
export async function settled(io: Pick<Server, "of">, ...guests: Guest[]): Promise<void> {
  for (const { id, seen, socket } of guests) {
    const answer = new Promise<void>((resolve) => socket.once("settled", resolve));
    io.of((socket as any).nsp)
      .sockets.get(id)!
      .emit("settled");
    await answer;
    seen.splice(0, seen.length, ...seen.filter(([name]) => name !== "settled"));
  }
}

/** A WebSocket of a raw client. */
export function openRaw(url: string, options: ClientOptions = {}): WebSocket {
  const raw = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, options);
  onTestEnd(() => raw.terminate());
  return raw;
}

/** Joins the main namespace. */
export async function joinRaw(raw: WebSocket): Promise<void> {
  await nextEvent(raw, "message");
  const joined = nextEvent(raw, "message");
  raw.send("40");
  await joined;
}

/** Sends 300 large messages to a client that does not read; resolves with the numbers that arrive when it reads again. */
export async function flood(io: Server, url: string): Promise<{ raw: WebSocket; seen: number[] }> {
  const raw = openRaw(url);
  await joinRaw(raw);
  const seen: number[] = [];
  raw.on("message", (data) => seen.push(JSON.parse(String(data).slice(2))[1]));
  raw.pause();
  for (let i = 0; i < 300; i++) {
    io.emit("much", i, "x".repeat(100_000));
  }
  return { raw, seen };
}
