/** Publishes what happens to connections and sockets: their beginning, their packets and their end. */
import { performance } from "node:perf_hooks";
import type { Socket as RawSocket } from "engine.io";
import type { Untyped } from "../typed-events";
import { channels } from "./channels";
import type { ConnectionCloseMessage, DisconnectMessage, SlowConsumerMessage } from "./messages";

/** When connections were opened, in milliseconds. */
const openings = new WeakMap<object, number>();

/** The connections whose end was published. */
const closed = new WeakSet<object>();

/** Publishes that a connection was opened, and publishes its upgrades later. */
export function reportOpened(server: unknown, conn: RawSocket): void {
  const { name } = conn.transport as unknown as { name: string };
  const about = { server: server as ConnectionCloseMessage["server"], conn };
  openings.set(conn, performance.now());
  if (channels.connectionOpen.isActive) {
    channels.connectionOpen.publish({ ...about, transport: name });
  }
  if (channels.upgrade.isActive && name !== "websocket") {
    conn.once("upgrade", (transport: { name: string }) =>
      channels.upgrade.publish({ ...about, from: name, to: transport.name }),
    );
  }
}

/** Publishes that a connection was closed, once. */
export function reportClosed(
  server: unknown,
  conn: RawSocket,
  reason: ConnectionCloseMessage["reason"],
  description: unknown,
): void {
  if (closed.has(conn)) {
    return;
  }
  closed.add(conn);
  const opened = openings.get(conn);
  channels.connectionClose.publish({
    server: server as ConnectionCloseMessage["server"],
    conn,
    transport: transportOf(conn),
    reason,
    description,
    ...(opened !== undefined && { durationMs: performance.now() - opened }),
  });
}

/** Publishes that a socket has left its namespace. `since` is the time at which it was created. */
export function reportDisconnect(
  socket: Untyped,
  reason: DisconnectMessage["reason"],
  description: unknown,
  since: number,
): void {
  const { nsp, conn } = socket as DisconnectMessage["socket"];
  const durationMs = Date.now() - since;
  channels.disconnect.publish({ socket, nsp, reason, description, transport: transportOf(conn), durationMs });
}

/** Publishes what is done about a client that does not read. */
export function reportSlowConsumer(
  conn: unknown,
  socket: Untyped,
  details: Omit<SlowConsumerMessage, "conn" | "socket" | "nsp">,
): void {
  channels.slowConsumer.publish({
    conn: conn as RawSocket,
    ...(socket && { socket, nsp: socket.nsp }),
    ...details,
  });
}

/** Publishes a packet, or a part of one, that a client has sent. */
export function reportReceived(conn: unknown, data: unknown): void {
  channels.packet.publish({
    conn: conn as RawSocket,
    direction: "in",
    bytes: sizeOf(data),
    receivers: 1,
  });
}

/** The sizes of texts that are written several times, by the chunks of their packet. */
const sizes = new WeakMap<readonly unknown[], number[]>();

/** Texts from this length are measured once for all receivers. */
const LONG = 1_000;

/** Publishes the parts of a packet that is written to a connection now, unless the connection drops it. */
export function reportWritten(
  conn: { readonly readyState: string; readonly transport: { readonly writable: boolean } },
  chunks: readonly unknown[],
  { volatile }: { readonly volatile?: boolean | undefined },
): void {
  if (conn.readyState !== "open" || (volatile && !conn.transport.writable)) {
    return;
  }
  for (const bytes of sizesOf(chunks)) {
    channels.packet.publish({ conn: conn as unknown as RawSocket, direction: "out", bytes, receivers: 1 });
  }
}

function sizesOf(chunks: readonly unknown[]): number[] {
  const known = sizes.get(chunks);
  if (known) {
    return known;
  }
  const measured = chunks.map(sizeOf);
  if (typeof chunks[0] === "string" && chunks[0].length >= LONG) {
    sizes.set(chunks, measured);
  }
  return measured;
}

/** Publishes a text that is published to several connections at once. */
export function reportPublished(text: string, receivers: number): void {
  channels.packet.publish({ direction: "out", bytes: sizeOf(text), receivers });
}

function sizeOf(data: unknown): number {
  return typeof data === "string"
    ? Buffer.byteLength(data)
    : ((data as { byteLength?: number } | undefined)?.byteLength ?? 0);
}

function transportOf(conn: RawSocket): string {
  return (conn.transport as unknown as { name: string }).name;
}
