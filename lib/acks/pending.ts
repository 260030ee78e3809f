/** Stores the callbacks for the acknowledgements that a client has not sent yet, with their timeouts. */
import process from "node:process";
import { reportGuard } from "../diagnostics";
import { codedError } from "../errors";
import type { HandlerGuard, Handling } from "../guards/handler-errors";
import type { Listener } from "../typed-events";
import { abortable } from "./signal";

/** The acknowledgement callback that the application has given to `emit()`. */
export type Ack = Listener;

/** The pending acknowledgements of a socket, by packet id. Adapters add entries too. */
export type PendingAcks = Map<number, Ack>;

/** The key of the function to call if no answer will come, or if the answer does not follow the contract of the namespace. */
export const REJECT = Symbol("no answer");

/** An acknowledgement with a function to call if there is no right answer. */
export type RejectableAck = Ack & { [REJECT]?: (error: Error) => void };

/** Wraps an acknowledgement so that it receives answers that follow the contract. */
type Check = (ack: RejectableAck) => Ack;

const unchecked: Check = (ack) => ack;

/** Sets the function to call if the client disconnects before it answers, or if its answer does not follow the contract. */
export function setRejection(ack: RejectableAck, fail: (error: Error) => void): Ack {
  ack[REJECT] = fail;
  return ack;
}

/** Wraps an acknowledgement so that the guard handles its errors. */
export function guardAck(ack: RejectableAck, guard: Pick<HandlerGuard, "attempt">, handling: Handling): Ack {
  const guarded: RejectableAck = function (this: unknown, ...answer) {
    guard.attempt(() => ack.apply(this, answer), handling);
  };
  return likeAck(guarded, ack);
}

/** Gives `ack` the function of `other` that is called if there is no right answer. */
export function likeAck(ack: RejectableAck, other: RejectableAck): Ack {
  ack[REJECT] = other[REJECT];
  return ack;
}

/**
 * Adds a pending acknowledgement. With a timeout, in milliseconds, the first argument of the callback is an error, or
 * `null` if the answer arrives in time. A later answer is ignored. The timeout includes the time that `check` takes.
 */
export function expectAck(
  acks: PendingAcks,
  id: number,
  ack: Ack,
  self: object,
  timeout?: number,
  check: Check = unchecked,
): void {
  if (timeout === undefined) {
    acks.set(id, check(ack));
    return;
  }
  let isSettled = false;
  const settle: Ack = (...given) => {
    if (!isSettled) {
      isSettled = true;
      clearTimeout(timer);
      ack.apply(self, given);
    }
  };
  const timer = setTimeout(() => {
    acks.delete(id);
    settle(codedError("ACK_TIMEOUT"));
  }, timeout);
  acks.set(id, check(settledBy(settle)));
}

/**
 * Adds a pending acknowledgement like {@link expectAck}, whose callback takes an error as its first argument. When the
 * signal is aborted, removes it, and calls it with an error.
 */
export function expectAbortableAck(
  acks: PendingAcks,
  id: number,
  ack: Ack,
  self: object,
  signal: AbortSignal,
  timeout?: number,
  check: Check = unchecked,
): void {
  const settle = abortable(signal, (...answer) => {
    clearTimeout(timer);
    acks.delete(id);
    ack.apply(self, answer);
  });
  const timer =
    timeout === undefined ? undefined : setTimeout(() => settle(codedError("ACK_TIMEOUT")), timeout);
  acks.set(id, check(settledBy(settle)));
}

/** Returns an acknowledgement that passes `null` and its answer to `settle`, or the error that says why there is none. */
function settledBy(settle: Ack): Ack {
  return setRejection((...answer) => settle(null, ...answer), settle);
}

/** Deletes all pending acknowledgements, and rejects those that take an error, each in its own tick. */
export function rejectAcks(
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
  const abandoned: RejectableAck[] = [...acks.values()];
  acks.clear();
  const { client, conn, nsp } = socket;
  const detail = { pendingAcks: abandoned.length };
  reportGuard({ code: "SOCKET_DISCONNECTED", address: client?.address, conn, socket, nsp, detail });
  // one error for all: there may be thousands, and each error would capture a stack trace
  const error = codedError("SOCKET_DISCONNECTED");
  for (const ack of abandoned) {
    // adapters may have added values that are not functions
    const fail = ack?.[REJECT];
    if (fail) {
      process.nextTick(fail, error);
    }
  }
}

/** Deletes the acknowledgement of a packet from sockets, if the packet has an id. */
export function deleteAck(
  sockets: Iterable<{ readonly expectedAcks?: PendingAcks | undefined }>,
  id: number | undefined,
): void {
  if (id !== undefined) {
    for (const socket of sockets) {
      socket.expectedAcks?.delete(id);
    }
  }
}

/** Calls the pending acknowledgement of a packet with an answer. Returns `false` if none is pending. */
export function callAck(acks: PendingAcks, id: number, answer: unknown[], self: object): boolean {
  const ack = acks.get(id);
  if (typeof ack !== "function") {
    return false;
  }
  acks.delete(id);
  ack.apply(self, answer);
  return true;
}

/** Returns the acknowledgement callback of a received event. It sends one answer, and ignores further calls. */
export function answerOnce(send: (answer: unknown[]) => void): Ack {
  let sent = false;
  return (...answer) => {
    if (!sent) {
      // throws if the answer cannot be encoded; the application may then send another one
      send(answer);
      sent = true;
    }
  };
}
