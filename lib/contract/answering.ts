/** Turns a function that returns its answer into a listener that acknowledges the event. */
import type { Ack } from "../acks/pending";
import type { Listener, Untyped } from "../typed-events";
import { type ContractGate, isAsked } from "./gate";

type Handler = (this: unknown, ...args: unknown[]) => unknown;

/** The members of the contract at run time that are used here. */
type AnswerGate = Pick<ContractGate, "answersResults" | "declaredError">;

/** Returns the listener. `socket.off(event, handler)` removes it. */
export function answering(gate: AnswerGate | undefined, handler: Handler): Listener {
  // resolves to the answer, which subscribers of diagnostics channels see
  const listener = async function (this: unknown, ...args: Untyped[]): Promise<unknown> {
    const ack: Ack | undefined = typeof args[args.length - 1] === "function" ? args.pop() : undefined;
    if (!gate?.answersResults) {
      const answer = await handler.apply(this, args);
      ack?.(...(answer === undefined ? [] : [answer]));
      return answer;
    }
    try {
      const value = await handler.apply(this, args);
      ack?.({ value });
      return value;
    } catch (error) {
      const failure = answerWithError(gate, ack, error);
      if (failure) {
        throw failure.error;
      }
      return undefined;
    }
  };
  // removeListener() of Node.js compares this property, which once() sets too
  return Object.assign(listener, { listener: handler });
}

/** Answers with the error that a handler has thrown. Returns the error that remains to be handled, if any. */
function answerWithError(
  gate: AnswerGate,
  ack: Ack | undefined,
  thrown: unknown,
): { error: unknown } | undefined {
  let error = thrown;
  // without an acknowledgement, the client would not receive the error
  const declared = ack && isAsked(ack) ? gate.declaredError(thrown) : undefined;
  if (declared) {
    try {
      ack?.({ error: declared });
      return undefined;
    } catch (wrongData) {
      error = wrongData;
    }
  }
  ack?.({ error: { code: "HANDLER_ERROR" } });
  return { error };
}
