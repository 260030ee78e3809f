/** Tools for attackers, which send much at once without filling their own memory. */
import type { Socket as TcpSocket } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerType, SocketType } from "../../support/subject";
import { type Frame, type OpenedWire, openWire, type Wire, type WireOptions } from "../../support/wire";
import type { Target } from "./row";

/** The address of the attackers, as a proxy reports it. */
export const ATTACKER = { "X-Forwarded-For": "192.0.2.1" };

/** Whether a socket of the server belongs to an attacker. */
export const isAttacker = ({ handshake }: SocketType) =>
  handshake.headers["x-forwarded-for"] === ATTACKER["X-Forwarded-For"];

/** The number of sockets of attackers that are connected to the main namespace. */
export function attackers(io: ServerType): number {
  return [...io.sockets.sockets.values()].filter(isAttacker).length;
}

/** The number of bytes that an attacker buffers at most. */
const MOST_WAITING = 256 * 1024;

/** Sends messages as fast as the server accepts them, unless it takes too long; resolves when it has processed them, or has disconnected. */
export async function flood({ ws }: Wire, count: number, frame: (index: number) => Frame): Promise<void> {
  const goesOn = limitedSteps();
  for (let i = 0; i < count && ws.readyState === ws.OPEN && goesOn(); i++) {
    ws.send(frame(i));
    if (i % 500 === 0) {
      // otherwise the end of the connection is not noticed
      await new Promise(setImmediate);
    }
    while (ws.bufferedAmount > MOST_WAITING && ws.readyState === ws.OPEN) {
      await sleep(1);
    }
  }
  await dealtWith(ws);
}

/** Resolves when the server has processed all data, or the connection is closed. */
export async function dealtWith(ws: Wire["ws"]): Promise<void> {
  if (ws.readyState === ws.OPEN) {
    await new Promise((resolve) => {
      ws.once("pong", resolve);
      ws.once("close", resolve);
      ws.ping();
    });
  }
}

/** A connection of an attacker. */
export const openAttack = (target: Target, query = "EIO=4", options?: WireOptions): Promise<OpenedWire> =>
  openWire(target.url, query, { headers: ATTACKER, ...options });

/** A connection of an attacker that has joined the main namespace. */
export async function join(target: Target, options?: WireOptions): Promise<OpenedWire> {
  const wire = await openAttack(target, "EIO=4", options);
  await wire.join();
  return wire;
}

/** Sends a message several times, each when the server has processed the one before, unless it takes too long. */
export async function sendEach(wire: Wire, count: number, frame: string): Promise<void> {
  const goesOn = limitedSteps();
  for (let i = 0; i < count && wire.ws.readyState === wire.ws.OPEN && goesOn(); i++) {
    wire.send(frame);
    await dealtWith(wire.ws);
  }
}

/** Resolves with undefined if a limit of the server refuses a client, or closes its connection. */
export async function unlessRefused<Result>(action: Promise<Result>): Promise<Result | undefined> {
  try {
    return await action;
  } catch (error) {
    if (/server response: 4|answered with 4|connection was closed|ECONNRESET|EPIPE/.test(String(error))) {
      return undefined;
    }
    throw error;
  }
}

/** Several connections of attackers that have joined the main namespace, except those that are refused. */
export async function joinMany(target: Target, count: number): Promise<OpenedWire[]> {
  const wires = await Promise.all(Array.from({ length: count }, () => unlessRefused(join(target))));
  return wires.filter((wire) => wire !== undefined);
}

/** The TCP connection of a WebSocket. */
export const tcpOf = ({ ws }: Wire) => (ws as unknown as { _socket: TcpSocket })._socket;

/**
 * Writes the same bytes again and again to a connection, without reading; ends after this number of bytes, at the end of
 * the connection, or after this number of milliseconds.
 */
export async function pour(tcp: TcpSocket, bytes: Buffer, most: number, milliseconds: number): Promise<void> {
  tcp.on("error", () => {});
  const ended = new Promise<void>((resolve) => tcp.once("close", () => resolve()));
  const late = new AbortController();
  const isLate = sleep(milliseconds, undefined, { signal: late.signal }).catch(() => {});
  for (let sent = 0; sent < most && !tcp.destroyed && !late.signal.aborted; sent += bytes.length) {
    const written = new Promise<void>((resolve) => tcp.write(bytes, () => resolve()));
    await Promise.race([written, ended, isLate.then(() => late.abort())]);
  }
  late.abort();
}

/** The time after which an attack with many steps takes no further step, in milliseconds: the machine may be slow. */
const LONGEST_STEPS = 7_000;

/** Whether an attack has ended before its last step. */
let isCut = false;
export const isCutShort = () => isCut;

/** Returns a function that returns `false` when the attack should take no further step. */
export function limitedSteps(): () => boolean {
  const end = performance.now() + LONGEST_STEPS;
  return () => {
    isCut ||= performance.now() > end;
    return !isCut;
  };
}

/** Runs a task repeatedly, several at a time, unless it takes too long. */
export async function repeat(
  count: number,
  atOnce: number,
  action: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const goesOn = limitedSteps();
  const worker = async () => {
    while (next < count && goesOn()) {
      await action(next++);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Whether a promise is fulfilled. */
export const succeeds = (promise: Promise<unknown>) =>
  promise.then(
    () => true,
    () => false,
  );

/** Connections that are still open. */
export const open = (wires: Wire[]) => wires.filter(({ ws }) => ws.readyState === ws.OPEN).length;
