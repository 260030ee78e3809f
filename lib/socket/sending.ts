/** What is sent to one client: events with their flags, and the answers that it still owes. */
import process from "node:process";
import { type Encoder, type Packet, PacketType } from "socket.io-parser";
import { type Ack, abandonAcks, expectAck, guardAck, onNoAnswer, type PendingAcks } from "../acks/pending";
import type { BroadcastFlags, BroadcastPacket } from "../adapter/contract";
import { BroadcastOperator } from "../broadcast/operator";
import type { Chain } from "../broadcast/targets";
import type { MessageVerbs } from "../broadcast/verbs";
import type { EncodedChunk, EncodedWriteOptions } from "../connection/port";
import { checkEventName, isErrorMonitor } from "../events/event-names";
import type { HandlerGuard } from "../guards/handler-errors";
import type { Settings } from "../options/server-options";
import type {
  AllButLast,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from "../typed-events";
import { SocketIdentity } from "./identity";
import { RESERVED_EVENTS } from "./types";

/** The namespace, as far as sending needs it. */
interface SendingNamespace {
  readonly name: string;
  _ids: number;
  readonly handlerGuard?: HandlerGuard;
  readonly server: { readonly opts: Settings; readonly encoder: Encoder };
}

/** What packets leave by. */
interface SendingClient {
  packet(packet: Packet, options?: EncodedWriteOptions): void;
  writeToEngine(encodedPackets: EncodedChunk[], options: EncodedWriteOptions): void;
}

/** The sending half of a socket. */
export abstract class SocketSending<ListenEvents extends EventsMap, EmitEvents extends EventsMap, SocketData>
  extends SocketIdentity<ListenEvents, EmitEvents, SocketData>
  implements MessageVerbs<EmitEvents>
{
  abstract override readonly nsp: SendingNamespace;
  abstract readonly client: SendingClient;

  // made when somebody asks for them: most sockets are idle, and there are many
  protected _acks?: PendingAcks;
  protected _flags?: BroadcastFlags;
  /** The events that were emitted before the client was let in; few sockets ever have them. */
  declare protected _early?: (() => void)[];
  /** Whether it has left its namespace, or was not let in. */
  protected abstract _left: boolean;

  /** @internal Adapters set entries. */
  get acks(): PendingAcks {
    this._acks ??= new Map();
    return this._acks;
  }

  /** @internal The answers that are waited for, if there ever were any. */
  get expectedAcks(): PendingAcks | undefined {
    return this._acks;
  }

  /** @internal How many answers are waited for. */
  get pendingAcks(): number {
    return this._acks?.size ?? 0;
  }

  /**
   * Sends an event to the client. With a function as last argument, the client is asked to acknowledge it.
   *
   * @throws a `RESERVED_EVENT` error for a name that the library uses itself
   * @example
   * socket.emit("hello", "world", { binary: Buffer.from([1, 2]) });
   * socket.emit("hello", "world", (answer) => {
   *   console.log(answer); // what the client answered
   * });
   */
  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    if (isErrorMonitor(ev)) {
      return this.emitUntyped(ev as never, ...args);
    }
    const flags = this._takeFlags();
    checkEventName(ev, RESERVED_EVENTS);
    const data: unknown[] = [ev, ...args];
    const packet: BroadcastPacket = { type: PacketType.EVENT, data };
    const ack = typeof data[data.length - 1] === "function" ? (data.pop() as Ack) : undefined;
    if (ack) {
      packet.id = this.nsp._ids++;
    }
    if (this.nsp.server.opts.connectionStateRecovery) {
      this._sendThroughAdapter(packet, flags ?? {});
    } else {
      this.notifyOutgoingListeners(packet);
      packet.nsp = this.nsp.name;
      this.client.packet(packet as Packet, {
        volatile: flags?.volatile,
        compress: flags?.compress !== false,
      });
    }
    if (ack) {
      // of what could not be encoded no answer is expected
      this._expectAck(packet.id as number, ev, ack, flags?.timeout);
    }
    return true;
  }

  /** The adapter keeps the packet, in case the client does not get it. */
  private _sendThroughAdapter(packet: BroadcastPacket, flags: BroadcastFlags): void {
    if (this.connected || this._left) {
      this.adapter.broadcast(packet, { rooms: new Set([this._storedId]), except: new Set(), flags });
      return;
    }
    const { name, server } = this.nsp;
    // the adapter reaches it when it is let in; what cannot be encoded throws here all the same
    server.encoder.encode({ ...packet, nsp: name } as Packet);
    this._early ??= [];
    this._early.push(() => this._sendThroughAdapter(packet, flags));
  }

  /** Sends what was emitted before the client was let in. */
  protected _sendEarly(): void {
    const early = this._early ?? [];
    this._early = undefined;
    for (const send of early) {
      send();
    }
  }

  private _expectAck(id: number, event: string | symbol, ack: Ack, timeout: number | undefined): void {
    const { handlerGuard } = this.nsp;
    const guarded = handlerGuard
      ? guardAck(ack, handlerGuard, { phase: "ack", event: String(event), socket: this })
      : ack;
    expectAck(this.acks, id, guarded, this, timeout);
    if (this._left) {
      process.nextTick(abandonAcks, this.acks, this);
    }
  }

  /**
   * Sends an event and waits for the client's answer. Rejects when a `timeout()` was chosen and is over.
   *
   * @example
   * const answer = await socket.timeout(1000).emitWithAck("hello", "world");
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    const { ackTimeout, ackOnDisconnect } = this.nsp.server.opts;
    if (this._flags?.timeout === undefined && ackTimeout !== undefined) {
      this._setFlag({ timeout: ackTimeout });
    }
    const withTimeout = this._flags?.timeout !== undefined;
    return new Promise((resolve, reject) => {
      const ack: Ack = withTimeout
        ? (err, answer) => (err ? reject(err) : resolve(answer))
        : (answer) => resolve(answer);
      if (!withTimeout && ackOnDisconnect === "reject") {
        onNoAnswer(ack, reject);
      }
      this.emit(ev, ...([...args, ack] as unknown as EventParams<EmitEvents, Ev>));
    });
  }

  send(...args: EventParams<EmitEvents, "message">): this {
    this.emit("message" as never, ...(args as never));
    return this;
  }

  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /** @internal Adapters of socket.io-adapter 2.0 to 2.2 call it with packets that they have encoded. */
  packet(packet: Packet | EncodedChunk[], options: EncodedWriteOptions = {}): void {
    if (options.preEncoded) {
      this.client.writeToEngine(packet as EncodedChunk[], options);
    } else {
      this.client.packet({ ...(packet as Packet), nsp: this.nsp.name }, options);
    }
  }

  /**
   * Sends to everybody but this socket.
   *
   * @example
   * socket.broadcast.emit("hello");
   */
  get broadcast(): Chain<EmitEvents, SocketData> {
    return this.newBroadcastOperator();
  }

  /** @internal */
  newBroadcastOperator(): Chain<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, undefined, new Set([this._storedId]), this._takeFlags());
  }

  /** The flags of the call that is being made: they are used up by it. */
  private _takeFlags(): BroadcastFlags | undefined {
    const flags = this._flags;
    this._flags = undefined;
    return flags;
  }

  protected _setFlag(flag: BroadcastFlags): void {
    this._flags = { ...this._flags, ...flag };
  }
}
