/** Closes a connection whose client does not ask for a namespace, or is not connected to one, in time. */
import { type GuardCode, logs } from "../diagnostics";

/** The members of a new client that this guard uses. */
export interface JoiningClient {
  /** Whether the client has asked for a namespace. */
  readonly hasAsked: boolean;
  connectTimer?: NodeJS.Timeout | undefined;
  readonly connection: { close(discard?: boolean): void };
  report(code: GuardCode, detail?: unknown): void;
  closeUnlessJoined(): void;
}

/**
 * Starts the timer of a new client. The client must ask for a namespace within `idle` milliseconds, and be connected to one
 * within `longest` milliseconds; the timer is then cleared.
 */
export function startConnectTimer(client: JoiningClient, idle: number | undefined, longest: number): void {
  const first = Math.min(idle ?? longest, longest);
  client.connectTimer = setTimeout(onIdle, first, client, longest - first, idle !== undefined);
}

function onIdle(client: JoiningClient, rest: number, isLimited: boolean): void {
  if (!client.hasAsked) {
    client.report("IDLE_HANDSHAKE");
  }
  if (!client.hasAsked && isLimited) {
    logs.client.enabled && logs.client("no namespace requested in time, close the client");
    // discards the session: otherwise the engine keeps a polling session until the next request of the client
    client.connection.close(true);
  } else if (rest > 0) {
    client.connectTimer = setTimeout(onLate, rest, client);
  } else {
    onLate(client);
  }
}

function onLate(client: JoiningClient): void {
  client.closeUnlessJoined();
}
