/** Waits for the acknowledgement of an event that a socket sends. */
import process from "node:process";
import {
  type Ack,
  expectAbortableAck,
  expectAck,
  guardAck,
  type PendingAcks,
  setRejection,
} from "../acks/pending";
import { SIGNAL, type SignalFlag } from "../acks/signal";
import { tracedAck } from "../acks/traced";
import type { BroadcastFlags, BroadcastPacket } from "../adapter/contract";
import type { CheckedSocket, ContractGate } from "../contract/gate";
import { channels } from "../diagnostics/channels";
import { abortError, type ErrorCode } from "../errors";
import type { HandlerGuard } from "../guards/handler-errors";
import type { Untyped } from "../typed-events";

/** The flags of the next event of a socket. */
export interface SocketFlags extends BroadcastFlags, SignalFlag {}

/** The members of a socket that are used here. */
interface AskingSocket extends CheckedSocket {
  readonly acks: PendingAcks;
  readonly nsp: AskingNamespace;
}

interface AskingNamespace {
  readonly gate?: ContractGate;
  readonly handlerGuard?: HandlerGuard;
  readonly server: { readonly opts: { readonly ackOnDisconnect?: "pending" | "reject" } };
}

/** Whether the first argument of the acknowledgement callback is an error. */
export function takesError(flags: SocketFlags | undefined): boolean {
  return flags !== undefined && (flags.timeout !== undefined || flags[SIGNAL] !== undefined);
}

/** Adds the pending acknowledgement of an event. */
export function expectAnswer(
  socket: AskingSocket,
  packet: BroadcastPacket,
  ack: Ack,
  flags: SocketFlags | undefined,
): void {
  const { nsp } = socket;
  const id = packet.id as number;
  const event = packet.data[0];
  const guarded = guardedAck(socket, event, ack);
  const traced = channels.ack.isActive
    ? tracedAck(guarded, takesError(flags), packet, {
        nsp,
        socket,
        event: String(event),
        args: packet.data.slice(1),
        timeout: flags?.timeout,
      })
    : guarded;
  const { gate } = nsp;
  // the check is inside the wait, so that an asynchronous one does not outlast the timeout or the signal
  const check = gate && ((answered: Ack) => gate.checkedAck(socket, event, answered));
  const signal = flags?.[SIGNAL];
  if (signal) {
    expectAbortableAck(socket.acks, id, traced, socket, signal, flags.timeout, check);
  } else {
    expectAck(socket.acks, id, traced, socket, flags?.timeout, check);
  }
}

/** Calls the acknowledgement callback of an event that is not sent, since its signal was aborted before. */
export function refuseAnswer(
  socket: AskingSocket,
  event: string | symbol,
  ack: Ack,
  signal: AbortSignal,
): void {
  const error = abortError(signal.reason);
  process.nextTick(() => guardedAck(socket, event, ack).call(socket, error));
}

/** Wraps an acknowledgement callback so that the option `onHandlerError` receives its errors. */
function guardedAck(socket: AskingSocket, event: string | symbol, ack: Ack): Ack {
  const { handlerGuard } = socket.nsp;
  return handlerGuard
    ? guardAck(ack, handlerGuard, { phase: "ack", event: String(event), socket: socket as Untyped })
    : ack;
}

/**
 * Returns the acknowledgement callback of a promise. Without a timeout or a signal, the promise is rejected if the client
 * leaves, with the option `ackOnDisconnect: "reject"`, and if the answer does not follow the contract of the namespace.
 */
export function settlingAck(
  resolve: (answer: Untyped) => void,
  reject: (error: Error) => void,
  flags: SocketFlags | undefined,
  { gate, server }: AskingNamespace,
): Ack {
  if (takesError(flags)) {
    return (error, answer) => (error ? reject(error) : resolve(answer));
  }
  const ack: Ack = (answer) => resolve(answer);
  if (server.opts.ackOnDisconnect === "reject") {
    setRejection(ack, reject);
  } else if (gate) {
    setRejection(ack, (error) => hasLeft(error) || reject(error));
  }
  return ack;
}

/** Whether the error says that the client has disconnected. */
function hasLeft(error: Error & { readonly code?: unknown }): boolean {
  return error.code === ("SOCKET_DISCONNECTED" satisfies ErrorCode);
}
