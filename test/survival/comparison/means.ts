/** Tools for attackers, which send much at once without filling their own memory. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Frame, openWire, type Wire, type WireOptions } from "../../support/wire";
import type { Target } from "./row";

/** The number of bytes that an attacker buffers at most. */
const MOST_WAITING = 256 * 1024;

/** Sends messages as fast as the server accepts them; resolves when it has processed them, or has disconnected. */
export async function flood({ ws }: Wire, count: number, frame: (index: number) => Frame): Promise<void> {
  for (let i = 0; i < count && ws.readyState === ws.OPEN; i++) {
    ws.send(frame(i));
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

/** A connection that has joined the main namespace. */
export async function join(target: Target, options?: WireOptions): Promise<Wire> {
  const wire = await openWire(target.url, "EIO=4", options);
  await wire.join();
  return wire;
}

/** Runs a task repeatedly, several at a time. */
export async function repeat(
  count: number,
  atOnce: number,
  action: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
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
