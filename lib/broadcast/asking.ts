/** Sends an event whose receivers are asked for acknowledgements, and collects these. */
import process from "node:process";
import { type CollectedAck, collectAcks } from "../acks/collector";
import { deleteAck, setRejection } from "../acks/pending";
import { SIGNAL, type SignalFlag } from "../acks/signal";
import { CollectingTrace } from "../acks/traced";
import type { AdapterContract, BroadcastFlags, BroadcastOptions, BroadcastPacket } from "../adapter/contract";
import type { CheckedNamespace, ContractGate } from "../contract/gate";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { abortError } from "../errors";
import { escaped } from "../texts";
import { warnOnce } from "../warnings";

/** The flags of a broadcast; `expectSingleResponse` is set if its receiver is a single socket. */
export interface OperatorFlags extends BroadcastFlags, SignalFlag {
  expectSingleResponse?: boolean;
}

/** The receivers and the flags of a broadcast. */
export interface OperatorOptions extends BroadcastOptions {
  flags: OperatorFlags;
}

/**
 * How long cluster adapters accept the acknowledgements of other servers if a signal limits the wait, and no timeout does,
 * in milliseconds.
 */
const SIGNAL_TIMEOUT = 60_000;

/**
 * Sends a packet, and calls `done` once, like {@link collectAcks}. If `onAnswer` is given, calls it with each answer, and
 * the answers are not collected. Returns a function that ends the wait without calling `done`.
 */
export function askReceivers(
  adapter: AdapterContract,
  packet: BroadcastPacket,
  options: OperatorOptions,
  done: CollectedAck,
  onAnswer?: (answer: unknown) => void,
): () => void {
  const { nsp } = adapter;
  const { [SIGNAL]: signal, expectSingleResponse: single } = options.flags;
  const event = packet.data[0];
  if (signal?.aborted) {
    process.nextTick(done, abortError(signal.reason), single ? null : []);
    return () => {};
  }
  const timeout = options.flags.timeout ?? nsp?.server?.opts.ackTimeout;
  if (timeout !== undefined || signal) {
    // cluster adapters forget their request for acknowledgements when the timeout has elapsed
    options.flags = { ...options.flags, timeout: timeout ?? SIGNAL_TIMEOUT };
  } else {
    warnOnce("SOCKET_IO_ACK_WITHOUT_TIMEOUT", escaped(event));
  }
  const gate = gateOf(adapter);
  const { rooms, except } = options;
  const trace = channels.ack.isActive
    ? new CollectingTrace({ nsp, event: String(event), args: packet.data.slice(1), rooms, except, timeout })
    : undefined;
  const stop = collectAcks(
    {
      ask: (onClientCount, onReceived, onLeft, onWrongAnswer) => {
        const answered =
          gate?.checkedAnswers(nsp as CheckedNamespace, event, onReceived, onWrongAnswer) ?? onReceived;
        if (nsp?.server?.opts.ackOnDisconnect === "reject") {
          setRejection(answered, onLeft);
        }
        const onCount = trace ? trace.counting(onClientCount) : onClientCount;
        if (channels.broadcast.isActive) {
          observed().traceBroadcast(adapter, packet, options, [onCount, answered]);
        } else {
          adapter.broadcastWithAck(packet, options, onCount, answered);
        }
      },
      // with the flag `local`, the other servers are not asked
      serverCount: () =>
        options.flags.local ? Promise.resolve(adapter.localCounts ?? 1) : adapter.serverCount(),
      giveUp: () => {
        // adapters do not delete the pending acknowledgements of the sockets on this server
        deleteAck(nsp?.sockets.values() ?? [], packet.id);
        adapter.forgetAcks?.(packet);
      },
    },
    { timeout, single, signal, onAnswer: trace && onAnswer ? trace.receiving(onAnswer) : onAnswer },
    trace ? trace.ending(done, single === true, onAnswer === undefined) : done,
  );
  trace?.begin(packet);
  return trace ? trace.stopping(stop) : stop;
}

/** Returns the contract of the namespace of an adapter, if there is one. */
export function gateOf({ nsp }: AdapterContract): ContractGate | undefined {
  return (nsp as { readonly gate?: ContractGate } | undefined)?.gate;
}
