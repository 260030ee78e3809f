/** Closes a connection that asks for no namespace in time, or is let into none. */
import { type GuardCode, logs } from "../diagnostics";

/** A client that has just come. */
export interface Arriving {
  /** Whether it has asked for a namespace. */
  readonly hasAsked: boolean;
  arrivalTimer?: NodeJS.Timeout | undefined;
  readonly connection: { close(discard?: boolean): void };
  tell(code: GuardCode, detail?: unknown): void;
  closeUnlessJoined(): void;
}

/** Sets the timer, which the client clears when it is in: `idle` milliseconds to ask, `longest` to be let in. */
export function awaitArrival(client: Arriving, idle: number | undefined, longest: number): void {
  const first = Math.min(idle ?? longest, longest);
  client.arrivalTimer = setTimeout(onIdle, first, client, longest - first, idle !== undefined);
}

function onIdle(client: Arriving, rest: number, isLimited: boolean): void {
  if (!client.hasAsked) {
    client.tell("IDLE_HANDSHAKE");
  }
  if (!client.hasAsked && isLimited) {
    logs.client.enabled && logs.client("no namespace asked for, close the client");
    // otherwise the engine keeps a polling session until it can say goodbye
    client.connection.close(true);
  } else if (rest > 0) {
    client.arrivalTimer = setTimeout(onLate, rest, client);
  } else {
    onLate(client);
  }
}

function onLate(client: Arriving): void {
  client.closeUnlessJoined();
}
