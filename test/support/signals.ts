/** Signals that end a wait, and clients that hold their answers. */
import { getEventListeners } from "node:events";
import expect from "expect.js";
import type { Member } from "./members";
import { nextEvent, roundTrip } from "./waiting";

/** The number of listeners of a signal. */
export function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

/** Resolves with the error with which a promise is rejected. */
export function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => expect().fail("the promise is not rejected"),
    (error) => error,
  );
}

/** Checks that an error has the form of those of Node.js for an aborted signal. */
export function expectAbortError(error: any, reason: unknown): void {
  expect(error).to.be.an(Error);
  expect([error.name, error.code, error.message]).to.eql([
    "AbortError",
    "ABORT_ERR",
    "The operation was aborted",
  ]);
  expect(error.cause).to.be(reason);
}

/** Resolves with the acknowledgement function of the next "question" that a client receives. */
export function heldQuestion({ client }: Pick<Member, "client">): Promise<(answer: unknown) => void> {
  return nextEvent(client, "question").then((args) => args.at(-1));
}

/** Resolves when the server has received everything that a client has sent. */
export async function received({ client, socket }: Member): Promise<void> {
  socket.once("round trip", (ack: any) => ack());
  await roundTrip(client);
}
