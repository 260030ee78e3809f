/** The module socket.io/testing: not in the reference server. */
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";
import { createTestServer, installClock, settled, type TestServer, waitFor } from "socket.io/testing";
import type { Socket as ClientSocket } from "socket.io-client";
import { typeOf } from "./exact";

interface ToServer {
  add: (one: number, other: number, answer: (sum: number) => void) => void;
}
interface ToClient {
  news: (title: string, count: number) => void;
}
interface Data {
  user: string;
}

type None = Record<never, never>;

async function untyped(): Promise<void> {
  const { io, connect, socketOf, request, close } = createTestServer({ pingInterval: 5000 });
  typeOf(io).is<Server>();
  const client = await connect("/chat", {
    auth: { token: "a" },
    cookies: { sid: "b" },
    address: "203.0.113.1",
  });
  typeOf(client).is<ClientSocket>();
  typeOf(socketOf(client)).is<Socket>();
  const [text] = await waitFor(client, "anything", { timeout: 100 });
  typeOf(text).is<any>();
  typeOf((await request("/login", { method: "POST", body: "a=b" })).status).is<number>();
  typeOf(close()).is<Promise<void>>();
}

async function typed(): Promise<void> {
  const io = new Server<ToServer, ToClient, None, Data>(createServer());
  const server = createTestServer(io);
  typeOf(server).is<TestServer<ToServer, ToClient, None, Data>>();
  const client = await server.connect();
  typeOf(client).is<ClientSocket<ToClient, ToServer>>();
  typeOf(server.socketOf(client).data.user).is<string>();
  const [title, count] = await waitFor(client, "news");
  typeOf(title).is<string>();
  typeOf(count).is<number>();
  const [reason] = await waitFor(server.socketOf(client), "disconnect");
  typeOf(reason.length).is<number>();
  const [one] = await waitFor(server.socketOf(client), "add");
  typeOf(one).is<number>();
  const [socket] = await waitFor(io, "connection");
  typeOf(socket).is<Socket<ToServer, ToClient, None, Data>>();
  const [error] = await waitFor(client, "connect_error");
  typeOf(error.message).is<string>();
  // @ts-expect-error an event that is not declared
  await waitFor(client, "newz");
  await waitFor(new EventEmitter(), "any");
  typeOf(await waitFor(() => io.sockets.sockets.get("id"))).is<Socket<ToServer, ToClient, None, Data>>();
}

async function clock(): Promise<void> {
  const installed = installClock({ now: new Date(0) });
  await installed.advance(1000);
  typeOf(installed.now).is<number>();
  installed.uninstall();
  await settled();
  // @ts-expect-error not a number
  await installed.advance("1s");
}

export const programs = [untyped, typed, clock];
