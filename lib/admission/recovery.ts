/** Says when a session is kept, and restores it. */
import type { AdapterContract, Session } from "../adapter/contract";
import { logs } from "../diagnostics";
import type { DisconnectReason } from "../socket-types";
import type { SessionHolders } from "./session-holders";

/** After these the client did not mean to leave, and may come back. */
const RECOVERABLE: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "transport error",
  "transport close",
  "forced close",
  "ping timeout",
  "server shutting down",
  "forced server close",
]);

/** Whether a session that ended so may be restored. */
export function isRecoverable(reason: DisconnectReason): boolean {
  return RECOVERABLE.has(reason);
}

/** The session that the client asks for in its CONNECT packet, or null: adapters may refuse it, reject or throw. */
export async function restoreSession(
  adapter: Pick<AdapterContract, "restoreSession">,
  auth: Record<string, unknown>,
  holders: SessionHolders | undefined,
): Promise<Session | null> {
  const { pid, offset } = auth;
  if (typeof pid !== "string" || typeof offset !== "string") {
    return null;
  }
  // its session is kept by that
  holders?.dismissHolderOf(pid);
  try {
    const session = (await adapter.restoreSession(pid, offset)) ?? null;
    // an adapter may give a session twice
    session && holders?.dismissHolderOf(session.pid);
    return session;
  } catch (error) {
    logs.namespace.enabled && logs.namespace("error while restoring a session: %s", error);
    return null;
  }
}

/** What the client of a restored session has to get; undefined if the adapter does not know (any more). */
export function missedBy(
  { pid, missedPackets }: Session,
  adapter: Pick<AdapterContract, "takeSession">,
): readonly unknown[][] | undefined {
  const meanwhile = adapter.takeSession ? adapter.takeSession(pid) : [];
  return meanwhile && [...missedPackets, ...meanwhile];
}
