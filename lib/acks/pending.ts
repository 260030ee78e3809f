/** Answers that one socket still owes. */
import process from "node:process";
import { tellGuard } from "../diagnostics";
import { codedError } from "../errors";
import type { HandlerGuard, Handling } from "../guards/handler-errors";
import type { Listener } from "../typed-events";

/** An acknowledgement as the application gave it. */
export type Ack = Listener;

/** The pending acknowledgements of a socket, by packet id; adapters set entries of their own. */
export type PendingAcks = Map<number, Ack>;

const NO_ANSWER = Symbol("no answer");

/** An acknowledgement that can be told that no answer will come. */
type FallibleAck = Ack & { [NO_ANSWER]?: (error: Error) => void };

/** Has `fail` called when the client leaves before it answers. */
export function onNoAnswer(ack: FallibleAck, fail: (error: Error) => void): Ack {
  ack[NO_ANSWER] = fail;
  return ack;
}

/** The acknowledgement, with what it throws or rejects with going to the guard. */
export function guardAck(ack: FallibleAck, guard: Pick<HandlerGuard, "attempt">, handling: Handling): Ack {
  const guarded: FallibleAck = function (this: unknown, ...answer) {
    guard.attempt(() => ack.apply(this, answer), handling);
  };
  guarded[NO_ANSWER] = ack[NO_ANSWER];
  return guarded;
}

/**
 * Expects the answer to a packet. With a timeout (in milliseconds) the acknowledgement takes an error first, which is
 * `null` when the answer came in time; an answer that comes later is ignored.
 */
export function expectAck(acks: PendingAcks, id: number, ack: Ack, self: object, timeout?: number): void {
  if (timeout === undefined) {
    acks.set(id, ack);
    return;
  }
  const timer = setTimeout(() => {
    acks.delete(id);
    ack.call(self, codedError("ACK_TIMEOUT"));
  }, timeout);
  const timed: Ack = (...answer) => {
    clearTimeout(timer);
    ack.call(self, null, ...answer);
  };
  onNoAnswer(timed, (error) => {
    clearTimeout(timer);
    ack.call(self, error);
  });
  acks.set(id, timed);
}

/** Nobody will answer any more: those that can be told so are told, each in a tick of its own, and all are forgotten. */
export function abandonAcks(
  acks: PendingAcks,
  socket: {
    readonly client?: { readonly address?: string | undefined };
    readonly conn?: unknown;
    readonly nsp?: unknown;
  } = {},
): void {
  if (acks.size === 0) {
    return;
  }
  const abandoned: FallibleAck[] = [...acks.values()];
  acks.clear();
  const { client, conn, nsp } = socket;
  const detail = { pendingAcks: abandoned.length };
  tellGuard({ code: "SOCKET_DISCONNECTED", address: client?.address, conn, socket, nsp, detail });
  // one for all: there may be thousands, and each would look for where it was made
  const error = codedError("SOCKET_DISCONNECTED");
  for (const ack of abandoned) {
    // adapters may have set what is no function
    const fail = ack?.[NO_ANSWER];
    if (fail) {
      process.nextTick(fail, error);
    }
  }
}

/** Lets sockets no longer expect the acknowledgement of a packet, if it was given an id. */
export function forgetAck(
  sockets: Iterable<{ readonly expectedAcks?: PendingAcks | undefined }>,
  id: number | undefined,
): void {
  if (id !== undefined) {
    for (const socket of sockets) {
      socket.expectedAcks?.delete(id);
    }
  }
}

/** Passes an answer on; false if nobody waits for it (any more). */
export function settleAck(acks: PendingAcks, id: number, answer: unknown[], self: object): boolean {
  const ack = acks.get(id);
  if (typeof ack !== "function") {
    return false;
  }
  acks.delete(id);
  ack.apply(self, answer);
  return true;
}

/** The answer to an event, sent at most once however often the application calls it. */
export function answerOnce(send: (answer: unknown[]) => void): Ack {
  let sent = false;
  return (...answer) => {
    if (!sent) {
      // an answer that cannot be encoded throws, and may be replaced by another
      send(answer);
      sent = true;
    }
  };
}
