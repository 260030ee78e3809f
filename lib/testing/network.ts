/** Delivers bytes between the ends of connections in memory, and detects when none are on the way. */
import { inNextTurn, rootContext } from "../at-load";
import { forEachThenThrow } from "../events/for-each-then-throw";

/** One end of a connection, which receives bytes. */
export interface Receiver {
  /** Passes the bytes that have arrived to the reader, as far as the reader accepts them. */
  deliver(): void;
}

/** The number of turns without a delivery after which nothing more is expected. */
const QUIET_TURNS = 10;

let receivers = new Set<Receiver>();
let deliveries = 0;

/** Calls `deliver()` in the next turn of the event loop, as bytes of a network arrive in a later turn too. */
export function deliverLater(receiver: Receiver): void {
  if (receivers.size === 0) {
    rootContext.runInAsyncScope(inNextTurn, undefined, deliverAll);
  }
  receivers.add(receiver);
}

function deliverAll(): void {
  const all = receivers;
  receivers = new Set();
  deliveries++;
  forEachThenThrow(all, (receiver) => receiver.deliver());
}

/** Resolves in the next turn of the event loop, also while a test has replaced the timers. */
export function turn(): Promise<void> {
  return new Promise((resolve) => inNextTurn(resolve));
}

/** Resolves after the turns in which bytes that were sent arrive, also if the process was busy. */
export async function quietTurns(): Promise<void> {
  for (let turns = 0; turns < QUIET_TURNS; turns++) {
    await turn();
  }
}

/**
 * Resolves when the clients and servers of this process have exchanged all bytes that were sent in memory, and have
 * handled them. Use it to show that something was *not* received.
 *
 * It waits until no bytes arrive for some turns of the event loop. Handlers that wait for something else, such as a
 * database or a timer, may send more later: use {@link waitFor} for their events.
 *
 * @since 4.9.0
 * @example
 * io.to("staff").emit("news");
 * await settled();
 * assert.deepEqual(newsOfGuest, []);
 */
export async function settled(): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS; ) {
    const before = deliveries;
    await turn();
    quiet = deliveries === before && receivers.size === 0 ? quiet + 1 : 0;
  }
}
