/** Sends an event to the other servers of the cluster, and limits the wait for their responses. */
import process from "node:process";
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
  const ack = event[event.length - 1];
  if (signal?.aborted) {
    typeof ack === "function" && process.nextTick(ack as Listener, abortError(signal.reason), []);
    return false;
  }
  if (typeof ack === "function" && (signal || timeout !== undefined)) {
    sendWithLimit(adapter, event.slice(0, -1), ack as Listener, signal, timeout);
  } else {
    send(adapter, [...event]);
  }
  return true;
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
