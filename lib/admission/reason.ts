/** Creates the reason that a client receives when a middleware refuses it. */
import { codedError } from "../errors";

/** The content of a CONNECT_ERROR packet (Socket.IO protocol 5, "Connection to a namespace"). */
export interface Reason {
  readonly message: string;
  readonly data?: unknown;
}

/** Returns the reason for the value that a middleware has passed to `next()`: an error, or any other value. */
export function reasonOf(given: unknown): Reason {
  if (typeof given !== "object" || given === null) {
    return { message: String(given) };
  }
  const { message, data } = given as Partial<Reason>;
  return { message: message ?? codedError("MIDDLEWARE_FAILED").message, data };
}
