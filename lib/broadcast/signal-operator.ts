/** The operator that `withSignal()` of a server or a namespace returns, which sends events to other servers too. */
import process from "node:process";
import { abortable, SIGNAL, signalFlag } from "../acks/signal";
import type { AdapterContract } from "../adapter/contract";
import { abortError } from "../errors";
import { checkEventName, RESERVED_SERVER_SIDE_EVENTS } from "../events/event-names";
import type {
  AllButLast,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Listener,
} from "../typed-events";
import { BroadcastOperator, settleWithResponses } from "./operator";

/** Passes an event to the other servers. */
interface Sender {
  _sendToServers(args: unknown[]): void;
}

/**
 * An operator with a signal, which can also ask the other servers of the cluster. The steps that follow, such as `to()`,
 * return a {@link BroadcastOperator}.
 *
 * @since 4.9.0
 */
export class SignalOperator<
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends BroadcastOperator<EmitEvents, SocketData> {
  private readonly sender: Sender;

  constructor(adapter: AdapterContract, signal: AbortSignal, sender: Sender) {
    super(adapter, undefined, undefined, signalFlag(signal));
    this.sender = sender;
  }

  /**
   * Sends an event to the other servers of the cluster, like `io.serverSideEmit()`. If the last argument is a function, and
   * the signal is aborted before all servers have responded, it is called with an `AbortError` and an empty array: the
   * adapter holds the responses received so far.
   *
   * Returns `false` if the signal was aborted before: nothing was sent.
   *
   * @throws a `RESERVED_EVENT` error if the name is `connect`, `connection` or `new_namespace`
   * @example
   * io.withSignal(signal).serverSideEmit("ping", (err, responses) => {});
   */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    checkEventName(ev, RESERVED_SERVER_SIDE_EVENTS);
    const signal = this.flags[SIGNAL] as AbortSignal;
    const event: unknown[] = [ev, ...args];
    const ack = event[event.length - 1];
    if (signal.aborted) {
      typeof ack === "function" && process.nextTick(ack as Listener, abortError(signal.reason), []);
      return false;
    }
    if (typeof ack === "function") {
      event[event.length - 1] = abortable(signal, ack as Listener, []);
    }
    this.sender._sendToServers(event);
    return true;
  }

  /**
   * Sends an event to the other servers of the cluster, like `io.serverSideEmitWithAck()`. Rejects with an `AbortError` if the
   * signal is aborted before all servers have responded.
   *
   * @example
   * const responses = await io.withSignal(signal).serverSideEmitWithAck("ping");
   */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return new Promise((resolve, reject) => {
      const ack = settleWithResponses(resolve, reject);
      this.serverSideEmit(ev, ...([...args, ack] as never));
    });
  }
}
