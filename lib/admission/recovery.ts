/** Decides when the session of a disconnected client is kept, restores it through the adapter, and sends the missed events. */
import { type Packet, PacketType } from "socket.io-parser";
import type { AdapterContract, AdapterSocket, Session } from "../adapter/contract";
import { StoredEvent, withoutDecoding } from "../adapter/stored-event";
import { logs } from "../diagnostics";
import type { RecoveryMessage } from "../diagnostics/messages";
import { validSession } from "../guards/cluster-messages";
import type { DisconnectReason } from "../socket/types";
import { copyOf, quoted } from "../texts";
import type { SessionHolders } from "./session-holders";

/** The reasons after which a session is kept: the client did not disconnect on purpose, and may reconnect. */
const RECOVERABLE: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "transport error",
  "transport close",
  "forced close",
  "ping timeout",
  "server shutting down",
  "forced server close",
]);

/** Whether a session is kept after a disconnection for this reason. */
export function isRecoverable(reason: DisconnectReason): boolean {
  return RECOVERABLE.has(reason);
}

/** Receives the reason why a session is not restored. Only the reason of the first call is used. */
type Because = (reason: NonNullable<RecoveryMessage["reason"]>, error?: unknown) => void;

/**
 * Restores the session that a client asks for in its CONNECT packet; resolves to `null` if the adapter does not have
 * it.
 */
export async function restoreSession(
  adapter: Pick<AdapterContract, "nsp" | "restoreSession" | "knowsOffset">,
  auth: Record<string, unknown>,
  holders: SessionHolders | undefined,
  because: Because = () => {},
): Promise<Session | null> {
  const { pid: given, offset } = auth;
  if (!isGiven(given) || !isGiven(offset)) {
    return null;
  }
  // copied, since the restored session keeps it
  const pid = copyOf(given);
  const holder = holders?.find(pid);
  if (holders && holder) {
    const { id } = holder;
    const ask = () => (adapter.knowsOffset ? adapter.knowsOffset(offset, id, pid) : true);
    if (!(await attempt(ask, because))) {
      because("offset");
      return null;
    }
    // the adapter stores a session when its socket is disconnected, so the older connection is closed first
    holders.closeHolderOf(pid);
  }
  const restored = await attempt(() => adapter.restoreSession(pid, offset), because);
  const session = validSession(adapter.nsp, restored);
  session || because("session");
  // an adapter may return a session that another socket already has
  session && holders?.closeHolderOf(session.pid);
  return session;
}

/** Whether a client asks for a session. */
export function asksForSession({ pid, offset }: Record<string, unknown>): boolean {
  return isGiven(pid) && isGiven(offset);
}

/** Calls a method of an adapter. Resolves to its result, or to `undefined` if the adapter throws or rejects. */
async function attempt<Answer>(
  ask: () => Promise<Answer> | Answer,
  because: Because,
): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    because("adapter", error);
    logs.namespace.enabled && logs.namespace("error while restoring a session: %s", quoted(error));
    return undefined;
  }
}

function isGiven(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The arguments of an event that a client has missed, which may still be encoded. */
export type MissedEvent = StoredEvent | unknown[];

/** Returns the events that the client of a restored session has missed; `undefined` if some are no longer stored. */
export function missedEvents(
  { pid, missedPackets }: Session,
  adapter: Pick<AdapterContract, "takeSession">,
): readonly MissedEvent[] | undefined {
  const meanwhile = adapter.takeSession ? adapter.takeSession(pid) : [];
  return meanwhile && [...withoutDecoding(missedPackets), ...withoutDecoding(meanwhile)];
}

/** The members of a client that are used to send events. */
type ReceivingClient = AdapterSocket["client"] & { packet(packet: Packet): void };

/** Sends missed events to a client, without decoding and encoding those that are stored as encoded packets. */
export function sendMissed(missed: readonly MissedEvent[], client: ReceivingClient, nsp: string): void {
  for (const event of missed) {
    const stored = event instanceof StoredEvent ? event : undefined;
    if (stored?.chunks) {
      client.writeToEngine(stored.chunks, {});
    } else {
      client.packet({ type: PacketType.EVENT, nsp, data: stored?.arguments() ?? event });
    }
  }
}
