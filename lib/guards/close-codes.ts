/** Determines which guard of engine.io or ws has closed a connection. */

import { TOO_LARGE, TOO_MANY_CHUNKS } from "../connection/stock";
import type { GuardCode } from "../diagnostics";

/** The codes of the guards that the engine implements. */
const IN_ENGINE: ReadonlySet<unknown> = new Set<GuardCode>([
  "PAYLOAD_TOO_LARGE",
  "TOO_MANY_CHUNKS",
  "BODY_TIMEOUT",
  "PACKETS_PER_PAYLOAD",
]);

/** Returns the code of the guard that has closed the connection, if any, and sets it as the `code` of the error. */
export function guardCodeOf(reason: string, description: unknown): GuardCode | undefined {
  if (reason !== "transport error" || !(description instanceof Error)) {
    return undefined;
  }
  const error: Error & { code?: unknown } = description;
  const code = codeOf(error.message);
  if (code && error.code === undefined) {
    error.code = code;
  }
  return IN_ENGINE.has(error.code) ? (error.code as GuardCode) : undefined;
}

/** Returns the code for the message of an error of engine.io or ws. */
function codeOf(message: string): GuardCode | undefined {
  switch (message) {
    case "payload too large":
      return "PAYLOAD_TOO_LARGE";
    case "too many chunks":
      return "TOO_MANY_CHUNKS";
    case "http request timeout":
      return "BODY_TIMEOUT";
  }
  if (message.endsWith(TOO_LARGE)) {
    return "PAYLOAD_TOO_LARGE";
  }
  return message.endsWith(TOO_MANY_CHUNKS) ? "TOO_MANY_CHUNKS" : undefined;
}
