/** Clients that neither read nor end their connections. */
import { connect, type Socket as TcpSocket } from "node:net";
import { onTestEnd } from "./cleanup";
import { joinWire } from "./joined";
import type { Running } from "./server";
import type { SocketType } from "./subject";
import { eventually, nextEvent, nextValue } from "./waiting";
import { openPolling } from "./wire";

export interface StuckClient {
  socket: SocketType;
  /** The TCP stream of the server. */
  stream: TcpSocket;
}

/** A long-polling client that has joined, and does not read a response that is larger than the buffers of the system. */
export async function unreadResponse({ io, url, port, httpServer }: Running): Promise<StuckClient> {
  const connected = nextValue<any>(io, "connection");
  const wire = await openPolling(url);
  await wire.join();
  const socket = await connected;
  const streamed = nextValue<TcpSocket>(httpServer, "connection");
  const tcp = connect(port, "localhost");
  tcp.on("error", () => {});
  onTestEnd(() => tcp.destroy());
  tcp.pause();
  const stream = await streamed;
  const { pathname, search } = new URL(wire.address);
  tcp.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await eventually(() => socket.conn.transport.writable);
  socket.emit("much", "x".repeat(16_000_000));
  await eventually(() => stream.writableLength > 0);
  return { socket, stream };
}

/** A WebSocket client that has joined, and reads neither the events that fill the buffers of the system, nor the end. */
export async function unreadWebSocket(running: Running): Promise<StuckClient & { tcp: TcpSocket }> {
  const streamed = nextValue<TcpSocket>(running.httpServer, "connection");
  const { wire, socket } = await joinWire(running);
  const stream = await streamed;
  const tcp = (wire.ws as any)._socket as TcpSocket;
  tcp.pause();
  socket.emit("much", "x".repeat(16_000_000));
  await eventually(() => stream.writableLength > 0);
  return { socket, stream, tcp };
}

/** A WebSocket client like {@link unreadWebSocket}, which has ended its side. */
export async function halfClosed(running: Running): Promise<StuckClient> {
  const { socket, stream, tcp } = await unreadWebSocket(running);
  const ended = nextEvent(stream, "end");
  tcp.end();
  await ended;
  return { socket, stream };
}
