/** Says when a session is kept, and restores it. */
import type { AdapterContract, Session } from "../adapter/contract";
import { logs } from "../diagnostics";
import type { DisconnectReason } from "../socket/types";
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
  adapter: Pick<AdapterContract, "restoreSession" | "knowsOffset">,
  auth: Record<string, unknown>,
  holders: SessionHolders | undefined,
): Promise<Session | null> {
  const { pid, offset } = auth;
  if (!isGiven(pid) || !isGiven(offset)) {
    return null;
  }
  if (holders?.has(pid)) {
    if (!(await attempt(() => mayRestore(adapter, offset)))) {
      return null;
    }
    // its session is kept by that
    holders.dismissHolderOf(pid);
  }
  const session = (await attempt(() => adapter.restoreSession(pid, offset))) ?? null;
  // an adapter may give a session twice
  session && holders?.dismissHolderOf(session.pid);
  return session;
}

function mayRestore(adapter: Pick<AdapterContract, "knowsOffset">, offset: string) {
  return adapter.knowsOffset ? adapter.knowsOffset(offset) : true;
}

/** What an adapter answers; undefined if it fails. */
async function attempt<Answer>(ask: () => Promise<Answer> | Answer): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    logs.namespace.enabled && logs.namespace("error while restoring a session: %s", error);
    return undefined;
  }
}

function isGiven(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** What the client of a restored session has to get; undefined if the adapter does not know (any more). */
export function missedBy(
  { pid, missedPackets }: Session,
  adapter: Pick<AdapterContract, "takeSession">,
): readonly unknown[][] | undefined {
  const meanwhile = adapter.takeSession ? adapter.takeSession(pid) : [];
  return meanwhile && [...missedPackets, ...meanwhile];
}
