/** Publishes the events that are sent to clients. */
import { types } from "node:util";
import type { Untyped } from "../typed-events";
import { channels, sent } from "./channels";
import type { BroadcastMessage, EmitMessage } from "./messages";
import { fail, settle, traceSync } from "./tracing";

/** A packet with an event. */
interface EventPacket {
  readonly id?: number | undefined;
  readonly data?: Untyped;
}

interface Flags {
  readonly volatile?: boolean | undefined;
  readonly compress?: boolean | undefined;
  readonly local?: boolean | undefined;
}

/** The receivers and the flags of a broadcast. */
interface Options {
  readonly rooms: ReadonlySet<string>;
  readonly except?: ReadonlySet<string>;
  readonly flags?: Flags;
}

/** Sends an event to one client. */
export function traceEmit<Packet extends EventPacket, GivenFlags extends Flags>(
  socket: { _send(packet: Packet, flags: GivenFlags | undefined): void },
  packet: Packet,
  flags: GivenFlags | undefined,
): void {
  const [event, ...args] = packet.data as unknown[];
  const sender = socket as unknown as EmitMessage["socket"];
  const message: EmitMessage = {
    socket: sender,
    nsp: sender.nsp,
    event: String(event),
    args,
    volatile: flags?.volatile === true,
    compress: flags?.compress !== false,
    hasAck: packet.id !== undefined,
  };
  if (message.hasAck) {
    remember(packet, message);
  }
  traceSync(channels.emit, message, () => socket._send(packet, flags));
}

/** The members of an adapter that are used here. */
interface SendingAdapter<Packet, GivenOptions, Callbacks extends unknown[]> {
  readonly nsp?: unknown;
  broadcast(packet: Packet, options: GivenOptions): void;
  broadcastWithAck(packet: Packet, options: GivenOptions, ...callbacks: Callbacks): void;
}

/** Passes an event for many clients to the adapter. Asks for acknowledgements if callbacks are given. */
export function traceBroadcast<
  Packet extends EventPacket,
  GivenOptions extends Options,
  Callbacks extends unknown[],
>(
  adapter: SendingAdapter<Packet, GivenOptions, Callbacks>,
  packet: Packet,
  options: GivenOptions,
  callbacks?: Callbacks,
): void {
  const { rooms, except, flags } = options;
  const [event, ...args] = packet.data as unknown[];
  const message: BroadcastMessage = {
    nsp: adapter.nsp as BroadcastMessage["nsp"],
    event: String(event),
    args,
    rooms,
    except: except ?? new Set(),
    local: flags?.local === true,
    volatile: flags?.volatile === true,
    compress: flags?.compress !== false,
    hasAck: callbacks !== undefined,
    receivers: 0,
  };
  remember(packet, message);
  traceSync(channels.broadcast, message, () => {
    const done: unknown = callbacks
      ? adapter.broadcastWithAck(packet, options, ...callbacks)
      : adapter.broadcast(packet, options);
    if (types.isPromise(done)) {
      message.isAsync = true;
      done.then(
        () => settle(channels.broadcast, message),
        (error: unknown) => {
          fail(channels.broadcast, message, error);
          settle(channels.broadcast, message);
          // an unhandled rejection, as without subscribers
          throw error;
        },
      );
    }
  });
}

/** Keeps a message for its receivers, which are counted, and for the message about its acknowledgement. */
function remember(packet: object, message: BroadcastMessage | EmitMessage): void {
  sent.messages ??= new WeakMap();
  sent.messages.set(packet, message);
}

/** Counts a receiver of a packet, if its broadcast was published. */
export function countReceiver(packet: object): void {
  const message = sent.messages?.get(packet);
  if (message && "receivers" in message) {
    message.receivers++;
  }
}
