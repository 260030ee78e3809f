/** Computes for how many rounds, which are periods of about 5 seconds, events are stored for disconnected clients. */

/**
 * The length of a round in milliseconds. A timer ends each round, and starts the next one when it fires.
 *
 * The age of events is measured in rounds instead of milliseconds, since the timers of the heartbeat fire late if the
 * process was suspended or busy. The timer of a round then fires late too, since Node.js runs timers in the order in which
 * they are due. So at most `T / ROUND + 1` rounds end while a timer of `T` milliseconds is pending, even if that timer
 * fires late.
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

/** The members of a server with the options of the heartbeat, and the engines whose connections it accepts. */
interface HeartbeatServer {
  readonly opts: Heartbeat;
  readonly _engines?: Iterable<{ readonly opts?: Heartbeat | undefined }> | undefined;
}

/**
 * Returns the maximum number of rounds between the last ping that a client has answered and the end of its connection.
 *
 * A client that answers a ping has received all packets that were sent before that ping, since a connection keeps their
 * order. So a client has received each event that was written to its connection more than this number of rounds before
 * the connection ended. In between, these timers of the engine (protocol 4) can run one after the other:
 *
 * 1. `pingTimeout` until the answer, and again if another packet arrives first; 2. `pingInterval` until the next ping;
 * 3. `pingTimeout` for the answer that does not arrive, and again if another packet arrives.
 */
export function maxUnconfirmedRounds(server: HeartbeatServer): number {
  let pingInterval = server.opts.pingInterval ?? PING_INTERVAL;
  let pingTimeout = server.opts.pingTimeout ?? PING_TIMEOUT;
  for (const { opts } of server._engines ?? []) {
    pingInterval = Math.max(pingInterval, opts?.pingInterval ?? 0);
    pingTimeout = Math.max(pingTimeout, opts?.pingTimeout ?? 0);
  }
  return Math.floor(pingInterval / ROUND) + 4 * Math.floor(pingTimeout / ROUND) + 5;
}

/** Returns the maximum number of rounds that can end within a number of milliseconds. */
export function roundsWithin(milliseconds: number): number {
  return Math.floor(milliseconds / ROUND) + 1;
}
