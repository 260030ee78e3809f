/** A client that stops reading, until the kernel has taken all that it takes for it. */

import expect from "expect.js";
import type { AnySocket, Joined } from "./joined";
import { turn } from "./waiting";
import type { Wire } from "./wire";

/** What fills the buffers of the kernel, event by event. */
const FILLING = "x".repeat(16 * 1024);

/** So many bytes wait only if nothing is read: they are more than one event. */
const STUCK = 3 * FILLING.length;

export function pause({ wire }: { wire: Wire }): void {
  (wire.ws as any)._socket.pause();
}

export function resume({ wire }: { wire: Wire }): void {
  (wire.ws as any)._socket.resume();
}

/** Stops reading, and sends until the kernel takes no more; gives how many events that took. */
export async function stall(joined: Joined): Promise<number> {
  pause(joined);
  return fill(joined.socket);
}

/** Sends until events wait and go on waiting, to a client that does not read. */
export async function fill(socket: AnySocket): Promise<number> {
  let sent = 0;
  let stuck = 0;
  for (let turns = 0; turns < 20; turns = socket.bufferedBytes === stuck ? turns + 1 : 0) {
    while (socket.bufferedBytes < STUCK) {
      socket.emit("filling", sent++, FILLING);
      await turn();
    }
    stuck = socket.bufferedBytes;
    await turn();
  }
  return sent;
}

/** Reads again; takes the events of {@link fill}, which have all to be there. */
export async function takeFilling(joined: Joined, count: number): Promise<void> {
  resume(joined);
  for (let i = 0; i < count; i++) {
    const frame = String(await joined.wire.next());
    expect(frame.replace(FILLING, "…")).to.be(`42["filling",${i},"…"]`);
  }
}
