/** Names the guard for which the engine has closed a connection. */
import type { GuardCode } from "../diagnostics";
import { TOO_LARGE } from "../engine/ws-contract";

/** The guards that work in the engine. */
const IN_ENGINE: ReadonlySet<unknown> = new Set<GuardCode>(["PAYLOAD_TOO_LARGE", "PACKETS_PER_PAYLOAD"]);

/** The code of the guard, if it was one; a failure of a WebSocket is given the code that says so. */
export function guardBehind(reason: string, description: unknown): GuardCode | undefined {
  if (reason !== "transport error" || !(description instanceof Error)) {
    return undefined;
  }
  const error: Error & { code?: unknown } = description;
  if (error.code === undefined && error.message.endsWith(TOO_LARGE)) {
    error.code = "PAYLOAD_TOO_LARGE" satisfies GuardCode;
  }
  return IN_ENGINE.has(error.code) ? (error.code as GuardCode) : undefined;
}
