/** Sends an event to the other servers of the cluster, and limits the wait for their responses. */
import process from "node:process";
import { guardAck } from "../acks/pending";
import { onAbort, SIGNAL } from "../acks/signal";
import type { AdapterContract } from "../adapter/contract";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { abortError, codedError } from "../errors";
import type { Listener } from "../typed-events";
import { gateOf, type OperatorFlags } from "./asking";

/**
 * Sends an event, whose last argument may be an acknowledgement callback. Returns `false` if the signal was aborted before:
 * nothing was sent.
 */
export function sendToServers(
  adapter: AdapterContract,
  event: readonly unknown[],
  { [SIGNAL]: signal, timeout }: OperatorFlags,
): boolean {
  const last = event[event.length - 1];
  const ack = typeof last === "function" ? guarded(last as Listener, adapter, event) : undefined;
  if (signal?.aborted) {
    ack && process.nextTick(ack, abortError(signal.reason), []);
    return false;
  }
  const sent = ack ? event.slice(0, -1) : event;
  if (ack && (signal || timeout !== undefined)) {
    sendWithLimit(adapter, sent, ack, signal, timeout);
  } else {
    send(adapter, ack ? [...sent, ack] : [...sent]);
  }
  return true;
}

/** Wraps an acknowledgement callback so that the option `onHandlerError` receives its errors. */
function guarded(ack: Listener, { nsp }: AdapterContract, [event]: readonly unknown[]): Listener {
  const guard = nsp?.handlerGuard;
  return guard ? guardAck(ack, guard, { phase: "ack", event: String(event) }) : ack;
}

function send(adapter: AdapterContract, event: unknown[]): void {
  gateOf(adapter)?.checkServerSideEmit(event[0], event.slice(1));
  carriers().protectLast(event);
  if (channels.adapter.isActive) {
    observed().traceServerSideEmit(adapter, event);
  } else {
    adapter.serverSideEmit(event);
  }
}

/** Sends an event. Calls `ack` once: with the responses, or with an error if the wait has ended before. */
function sendWithLimit(
  adapter: AdapterContract,
  event: readonly unknown[],
  ack: Listener,
  signal: AbortSignal | undefined,
  timeout: number | undefined,
): void {
  let isSettled = false;
  let timer: NodeJS.Timeout | undefined;
  let stopListening: (() => void) | undefined;
  const settle: Listener = (...answer) => {
    if (!isSettled) {
      isSettled = true;
      clearTimeout(timer);
      stopListening?.();
      ack(...answer);
    }
  };
  // the adapter holds the responses received so far
  const fail = (error: Error) => settle(error, []);
  send(adapter, [...event, settle]);
  if (isSettled) {
    return;
  }
  // after the event was sent: if it cannot be encoded, the lines above throw
  timer = timeout === undefined ? undefined : setTimeout(() => fail(codedError("ACK_TIMEOUT")), timeout);
  stopListening = signal && onAbort(signal, fail);
}

/** Loaded with the first event for other servers. */
const carriers = () => require("../diagnostics/carrier") as typeof import("../diagnostics/carrier");
