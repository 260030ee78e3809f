/** Calls the `allowRequest` of the application so that it answers once, with a text or a failure. */
import type { Verified } from "./stock";

/** "Forbidden" (Engine.IO, error codes). */
const FORBIDDEN = 4;

/**
 * `verify` has the engine call `allowRequest`. The first answer counts. A failure before that is a refusal, and so is an
 * error in place of the text for the client, `callback(new Error("no database"), false)`: the client gets no word of it.
 */
export function askApplication(
  verify: (answer: Verified) => unknown,
  isUpgrade: boolean,
  done: Verified,
): void {
  let hasAnswered = false;
  const answer: Verified = (code, context) => {
    if (!hasAnswered) {
      hasAnswered = true;
      done(code, code === FORBIDDEN ? contextOf(context, isUpgrade) : context);
    }
  };
  const fail = (error: unknown) => {
    if (hasAnswered) {
      // thrown by what followed the answer
      throw error;
    }
    answer(FORBIDDEN, failure(error));
  };
  try {
    const pending = verify(answer);
    if (pending instanceof Promise) {
      pending.catch(fail);
    }
  } catch (error) {
    fail(error);
  }
}

function failure(error: unknown): object {
  return { name: "ALLOW_REQUEST_FAILURE", error };
}

/** The message is whatever the application gave: the engine can write texts only to a client that asks for a WebSocket. */
function contextOf(context: object | undefined, isUpgrade: boolean): object | undefined {
  const { message } = (context ?? {}) as { message?: unknown };
  if (message instanceof Error) {
    return failure(message);
  }
  if (!isUpgrade || !message || typeof message === "string") {
    return context;
  }
  return { ...context, message: typeof message === "object" ? JSON.stringify(message) : String(message) };
}
