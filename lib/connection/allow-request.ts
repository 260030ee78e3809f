/** Calls the option `allowRequest` of the application, and uses only its first answer. */
import { FORBIDDEN } from "./port";
import type { VerifyCallback } from "./stock";

/**
 * Calls `verify`, in which the engine calls `allowRequest`. Only the first answer counts. If `allowRequest` throws before it
 * answers, the request is refused. An error in place of the text for the client, as in
 * `callback(new Error("no database"), false)`, refuses the request too, and the client does not receive its message.
 */
export function callAllowRequest(
  verify: (answer: VerifyCallback) => unknown,
  isUpgrade: boolean,
  done: VerifyCallback,
): void {
  let hasAnswered = false;
  const answer: VerifyCallback = (code, context) => {
    if (!hasAnswered) {
      hasAnswered = true;
      done(code, code === FORBIDDEN ? contextOf(context, isUpgrade) : context);
    }
  };
  const fail = (error: unknown) => {
    if (hasAnswered) {
      // the application threw after it had answered
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

/** Converts the message of the application to a string if the request is an upgrade: the engine then writes only strings. */
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
