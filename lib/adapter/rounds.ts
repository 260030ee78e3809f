/** How many rounds events are kept for absent clients. */

/**
 * The length of a round in milliseconds. A timer ends each round, and starts the next one when it fires.
 *
 * Age is counted in rounds, not in milliseconds, since the timers of the heartbeat fire late when the process was
 * suspended or busy. The timer of the round is then late too: Node.js runs timers in the order in which they are due, so
 * at most `T / ROUND + 1` rounds end while a timer of `T` milliseconds is pending, however late it fires.
 */
export const ROUND = 5_000;

/** The defaults of engine.io, in milliseconds. */
const PING_INTERVAL = 25_000;
const PING_TIMEOUT = 20_000;

/** The options of the heartbeat, in milliseconds. */
export interface Heartbeat {
  readonly pingInterval?: number | undefined;
  readonly pingTimeout?: number | undefined;
}

/** A server, with the engines whose connections it takes. */
interface HeartbeatServer {
  readonly opts: Heartbeat;
  readonly _engines?: Iterable<{ readonly opts?: Heartbeat | undefined }> | undefined;
}

/**
 * The most rounds that may end between the last ping that a client answered and the end of its connection.
 *
 * A client that answers a ping has received all that was sent before that ping, since a connection keeps the order. So
 * a client has received each event that was written to its connection more than this many rounds before that
 * connection ended. These timers of the engine (protocol 4) can run one after the other in between:
 *
 * 1. `pingTimeout` for the answer, and once more when another packet comes first;
 * 2. `pingInterval` until the next ping;
 * 3. `pingTimeout` for an answer that never comes, and once more when another packet comes.
 */
export function roundsOfDoubt(server: HeartbeatServer): number {
  let pingInterval = server.opts.pingInterval ?? PING_INTERVAL;
  let pingTimeout = server.opts.pingTimeout ?? PING_TIMEOUT;
  for (const { opts } of server._engines ?? []) {
    pingInterval = Math.max(pingInterval, opts?.pingInterval ?? 0);
    pingTimeout = Math.max(pingTimeout, opts?.pingTimeout ?? 0);
  }
  return Math.floor(pingInterval / ROUND) + 4 * Math.floor(pingTimeout / ROUND) + 5;
}

/** The most rounds that may end within so many milliseconds. */
export function roundsWithin(milliseconds: number): number {
  return Math.floor(milliseconds / ROUND) + 1;
}
