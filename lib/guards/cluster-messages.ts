/** Checks the data that adapters deliver from other servers and from brokers, which may be malformed. */
import type { Session } from "../adapter/contract";
import { StoredEvent, withoutDecoding } from "../adapter/stored-event";
import { reportGuard } from "../diagnostics";
import { describeValue } from "../errors";
import { RESERVED_SERVER_SIDE_EVENTS } from "../events/event-names";
import { MAX_ARGUMENTS } from "./payload-limits";

/** Reports data that are ignored because they are malformed. */
function ignore(nsp: unknown, what: string, value: unknown): void {
  reportGuard({ code: "INVALID_CLUSTER_MESSAGE", nsp, detail: `${what}: ${describeValue(value)}` });
}

/** Whether a value is an event that `serverSideEmit()` could have sent; reports it otherwise. */
export function isServerSideEvent(nsp: unknown, value: unknown): value is [string, ...unknown[]] {
  const name: unknown = Array.isArray(value) ? value[0] : undefined;
  const isName = typeof name === "string" ? !RESERVED_SERVER_SIDE_EVENTS.has(name) : typeof name === "number";
  if (!isName) {
    ignore(nsp, "no event of serverSideEmit()", Array.isArray(value) ? name : value);
    return false;
  }
  const { length } = value as unknown[];
  if (length > MAX_ARGUMENTS) {
    ignore(nsp, "the number of arguments", length);
  }
  return length <= MAX_ARGUMENTS;
}

/** Reports an event named "error" from another server that has no listener, and would be thrown. */
export function ignoreUnheardError(nsp: unknown, value: unknown): void {
  ignore(nsp, 'an event "error" without a listener', value);
}

/** Returns the sockets in the answer of `fetchSockets()` that are sockets, or descriptions of sockets; reports the others. */
export function validSockets<Details>(nsp: unknown, answer: readonly Details[]): Details[] {
  if (!Array.isArray(answer)) {
    ignore(nsp, "no list of sockets", answer);
    return [];
  }
  return answer.filter((details) => {
    const isValid = isSocket(details);
    if (!isValid) {
      ignore(nsp, "no socket", details);
    }
    return isValid;
  });
}

function isSocket(value: unknown): boolean {
  const { id, rooms } = (value ?? {}) as { id?: unknown; rooms?: unknown };
  return typeof id === "string" && (Array.isArray(rooms) || rooms instanceof Set || !rooms);
}

/** Returns the session that an adapter has restored; reports a malformed one, and returns `null`. */
export function validSession(nsp: unknown, session: Session | null | undefined): Session | null {
  if (!session) {
    return null;
  }
  const { sid, pid, rooms, missedPackets } = session as Partial<Session>;
  const areTexts = typeof sid === "string" && typeof pid === "string";
  if (
    areTexts &&
    (Array.isArray(rooms) || (rooms as unknown) instanceof Set) &&
    Array.isArray(missedPackets) &&
    withoutDecoding(missedPackets).every((event) => Array.isArray(event) || event instanceof StoredEvent)
  ) {
    return session;
  }
  ignore(nsp, "no session", session);
  return null;
}
