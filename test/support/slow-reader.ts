/** A client that stops reading, until the operating system accepts no more data for it. */

import expect from "expect.js";
import type { AnySocket, Joined } from "./joined";
import { nextEvent, turn } from "./waiting";
import type { Wire } from "./wire";

/** The data that fills the buffers of the operating system, event by event. */
const FILLING = "x".repeat(16 * 1024);

/** The server buffers this many bytes, more than one event, only if the client does not read. */
const STUCK = 3 * FILLING.length;

/** Sends a ping of WebSocket: with a control frame, the fast path hands the connection over to ws. */
export async function handOver({ wire }: { wire: Wire }): Promise<void> {
  wire.ws.ping();
  await nextEvent(wire.ws, "pong");
}

/** With the method of the TCP socket, ws would read again once it has handled what it has read. */
export function pause({ wire }: { wire: Wire }): void {
  wire.ws.pause();
}

export function resume({ wire }: { wire: Wire }): void {
  wire.ws.resume();
}

/** Stops reading, and sends until the operating system accepts no more data; resolves with the number of events. */
export async function stall(joined: Joined): Promise<number> {
  pause(joined);
  return fill(joined.socket);
}

/** Sends to a client that does not read, until events remain buffered; resolves with the number of events. */
export async function fill(socket: AnySocket): Promise<number> {
  let sent = 0;
  let stuck = 0;
  for (let turns = 0; turns < 20; turns = socket.bufferedBytes === stuck ? turns + 1 : 0) {
    while (socket.bufferedBytes < STUCK) {
      if (socket.disconnected) {
        throw new Error("the client was disconnected before the operating system accepted no more data");
      }
      socket.emit("filling", sent++, FILLING);
      await turn();
    }
    stuck = socket.bufferedBytes;
    await turn();
  }
  return sent;
}

/** Reads again, and checks that all events of {@link fill} arrive. */
export async function takeFilling(joined: Joined, count: number): Promise<void> {
  resume(joined);
  for (let i = 0; i < count; i++) {
    const frame = String(await joined.wire.next());
    expect(frame.replace(FILLING, "…")).to.be(`42["filling",${i},"…"]`);
  }
}
