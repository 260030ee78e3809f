/** Selects the receivers and the flags of a broadcast, and sends it. */
import { PacketType } from "socket.io-parser";
import { AckIterator } from "../acks/iterator";
import { type Ack, guardAck } from "../acks/pending";
import { SIGNAL, signalFlag, untilAborted } from "../acks/signal";
import type { AdapterContract, BroadcastPacket, Room, SocketId } from "../adapter/contract";
import { logs } from "../diagnostics";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { codedError } from "../errors";
import { checkEventName, RESERVED_SERVER_SIDE_EVENTS } from "../events/event-names";
import { validSockets } from "../guards/cluster-messages";
import { RESERVED_EVENTS } from "../socket/types";
import { quoted, quotedRooms } from "../texts";
import type {
  AllButLast,
  AnswerItem,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventNamesWithError,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  TypedEventBroadcaster,
  Untyped,
} from "../typed-events";
import { askReceivers, gateOf, type OperatorFlags, type OperatorOptions } from "./asking";
import { RemoteSocket } from "./remote-socket";
import { sendToServers } from "./server-side";
import type { ClusterVerbs, DeliveryVerbs, ServerSideVerbs, TargetVerbs } from "./verbs";

/**
 * Selects the receivers and the flags of a broadcast. Each method of the chain returns a new operator, so an operator
 * can be kept and used several times.
 *
 * @example
 * const players = io.to("room-101").except("spectators");
 * players.emit("start");
 * players.volatile.emit("position", 12);
 */
export class BroadcastOperator<
  EmitEvents extends EventsMap,
  SocketData,
  ServerSideEvents extends EventsMap = Record<never, never>,
> implements
    TypedEventBroadcaster<EmitEvents>,
    TargetVerbs<BroadcastOperator<EmitEvents, SocketData>>,
    DeliveryVerbs<
      BroadcastOperator<EmitEvents, SocketData>,
      BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData, ServerSideEvents>
    >,
    ClusterVerbs<RemoteSocket<EmitEvents, SocketData>>,
    ServerSideVerbs<ServerSideEvents>
{
  // "declare": each step of a chain creates an operator, so fields are not initialised before the constructor sets them
  /** @internal read by tools */
  declare readonly flags: OperatorFlags;
  declare private readonly adapter: AdapterContract;
  // created when needed, since most operators of a chain need at most one of the two sets
  declare private chosen?: Set<Room>;
  declare private excepted?: Set<Room>;

  constructor(
    adapter: AdapterContract,
    rooms?: Set<Room>,
    exceptRooms?: Set<Room>,
    flags: OperatorFlags = {},
  ) {
    this.adapter = adapter;
    this.chosen = rooms;
    this.excepted = exceptRooms;
    this.flags = flags;
  }

  /** @internal read by tools */
  get rooms(): Set<Room> {
    this.chosen ??= new Set();
    return this.chosen;
  }

  /** @internal read by tools */
  get exceptRooms(): Set<Room> {
    this.excepted ??= new Set();
    return this.excepted;
  }

  to(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, withRooms(this.chosen, room), this.excepted, this.flags);
  }

  in(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  except(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, this.chosen, withRooms(this.excepted, room), this.flags);
  }

  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.withFlags({ compress });
  }

  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.withFlags({ volatile: true });
  }

  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.withFlags({ local: true });
  }

  timeout(
    timeout: number,
  ): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData, ServerSideEvents> {
    return this.withFlags({ timeout });
  }

  withSignal(
    signal: AbortSignal,
  ): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData, ServerSideEvents> {
    return this.withFlags(signalFlag(signal));
  }

  private withFlags<Map extends EventsMap, Servers extends EventsMap>(
    flags: OperatorFlags,
  ): BroadcastOperator<Map, SocketData, Servers> {
    return new BroadcastOperator(this.adapter, this.chosen, this.excepted, { ...this.flags, ...flags });
  }

  /**
   * Sends an event to the selected sockets. If the last argument is a function, it is called with `(err, responses)`,
   * where `responses` has the first argument of each acknowledgement. This needs a `timeout()`, a `withSignal()` or the
   * option `ackTimeout`.
   *
   * @throws a `RESERVED_EVENT` error if the name is that of an event of the library, such as `disconnect`
   * @example
   * io.to("room-101").emit("hello", "world", { any: "data" });
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    const { adapter } = this;
    checkEventName(ev, RESERVED_EVENTS);
    gateOf(adapter)?.checkEmit(ev, args);
    const packet = eventPacket(ev, args);
    const { data } = packet;
    const ack = data[data.length - 1];
    const options = optionsOf(this);
    const isAborted = options.flags[SIGNAL]?.aborted === true;
    logs.broadcastOperator.enabled &&
      logs.broadcastOperator("emitting %s to rooms %s", quoted(ev), quotedRooms(this.rooms));
    if (typeof ack === "function") {
      data.pop();
      askWithCallback(this, adapter, packet, options, ack as Ack);
    } else if (!isAborted && channels.broadcast.isActive) {
      observed().traceBroadcast(adapter, packet, options);
    } else if (!isAborted) {
      adapter.broadcast(packet, options);
    }
    return !isAborted;
  }

  /**
   * Sends an event to the selected sockets and resolves to the array of their acknowledgements.
   *
   * Rejects with an `ACK_TIMEOUT` error if a socket has not acknowledged the event in time, and with an `AbortError` if the
   * signal of `withSignal()` is aborted. The `responses` of the error are those received so far.
   *
   * @example
   * try {
   *   const responses = await io.timeout(1000).emitWithAck("some-event");
   *   console.log(responses); // one response per client
   * } catch (err) {
   *   // some clients did not acknowledge the event in time
   * }
   */
  emitWithAck<Ev extends EventNamesWithError<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return responsesTo((ack) => this.emit(ev, ...([...args, ack] as never)));
  }

  /**
   * Sends an event to the selected sockets, and returns an iterator over their acknowledgements, in the order in which they
   * arrive. This needs a `timeout()`, a `withSignal()` or the option `ackTimeout`.
   *
   * After the last answer, the iterator throws if answers are missing: an `ACK_TIMEOUT` error or, if the signal is aborted,
   * an `AbortError`. A `break` ends the wait.
   *
   * @since 4.9.0
   * @throws a `RESERVED_EVENT` error if the name is that of an event of the library, such as `disconnect`
   * @example
   * try {
   *   for await (const response of io.timeout(1000).emitWithAckIterator("some-event")) {
   *     console.log(response); // the response of one client
   *   }
   * } catch (err) {
   *   // some clients did not acknowledge the event in time
   * }
   */
  emitWithAckIterator<Ev extends EventNamesWithError<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): AckIterator<AnswerItem<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>>> {
    checkEventName(ev, RESERVED_EVENTS);
    gateOf(this.adapter)?.checkEmit(ev, args);
    return new AckIterator((onAnswer, onEnd) =>
      askReceivers(this.adapter, eventPacket(ev, args), optionsOf(this), onEnd, onAnswer as Ack),
    );
  }

  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return untilAborted(this.flags[SIGNAL], () => {
      const found = channels.adapter.isActive
        ? observed().traceFetchSockets(this.adapter, optionsOf(this))
        : this.adapter.fetchSockets(optionsOf(this));
      return found.then((sockets) =>
        validSockets(this.adapter.nsp, sockets).map((socket) => this.asRemote(socket)),
      );
    });
  }

  /** Returns a socket of this server unchanged, and wraps the description of a socket of another server. */
  private asRemote(socket: Untyped): RemoteSocket<EmitEvents, SocketData> {
    return socket.server && typeof socket.emit === "function"
      ? socket
      : new RemoteSocket(new BroadcastOperator(this.adapter), socket);
  }

  socketsJoin(room: Room | Room[]): void {
    if (channels.adapter.isActive) {
      observed().traceRequest(this.adapter, "addSockets", optionsOf(this), listOf(room));
    } else {
      this.adapter.addSockets(optionsOf(this), listOf(room));
    }
  }

  socketsLeave(room: Room | Room[]): void {
    if (channels.adapter.isActive) {
      observed().traceRequest(this.adapter, "delSockets", optionsOf(this), listOf(room));
    } else {
      this.adapter.delSockets(optionsOf(this), listOf(room));
    }
  }

  disconnectSockets(close = false): void {
    if (channels.adapter.isActive) {
      observed().traceRequest(this.adapter, "disconnectSockets", optionsOf(this), close);
    } else {
      this.adapter.disconnectSockets(optionsOf(this), close);
    }
  }

  allSockets(): Promise<Set<SocketId>> {
    return channels.adapter.isActive
      ? observed().traceAllSockets(this.adapter, this.rooms)
      : this.adapter.sockets(this.rooms);
  }

  /** @since 4.9.0 */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    checkEventName(ev, RESERVED_SERVER_SIDE_EVENTS);
    if (this.chosen?.size || this.excepted?.size || this.flags.local) {
      throw codedError("NO_SERVER_SIDE_ROOMS");
    }
    return sendToServers(this.adapter, [ev, ...args], this.flags);
  }

  /** @since 4.9.0 */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return responsesTo((ack) => this.serverSideEmit(ev, ...([...args, ack] as never)));
  }

  /** @internal Selects a single socket, whose acknowledgement is not put into an array. */
  toSocket(id: SocketId): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, new Set([id]), undefined, { expectSingleResponse: true });
  }
}

/** The members that `emit()` reads from its `this`: an operator or a socket. */
interface Choice {
  readonly rooms: Set<Room>;
  readonly exceptRooms?: Set<Room>;
  readonly flags?: OperatorFlags;
}

/**
 * Returns the options of a broadcast. In the old idiom `socket.broadcast.emit.apply(socket, args)`, the `this` of `emit()` is
 * a socket, whose rooms are then the receivers.
 */
function optionsOf({ rooms, exceptRooms = new Set(), flags = {} }: Choice): OperatorOptions {
  return { rooms, except: exceptRooms, flags };
}

function eventPacket(ev: string | symbol, args: readonly unknown[]): BroadcastPacket {
  return { type: PacketType.EVENT, data: [ev, ...args] };
}

/** Calls `ack` with the acknowledgements of the receivers, or with an error; its `this` is `self`. */
function askWithCallback(
  self: object,
  adapter: AdapterContract,
  packet: BroadcastPacket,
  options: OperatorOptions,
  ack: Ack,
): void {
  const guard = adapter.nsp?.handlerGuard;
  const guarded = guard ? guardAck(ack, guard, { phase: "ack", event: String(packet.data[0]) }) : ack;
  askReceivers(adapter, packet, options, (error, answers) => guarded.call(self, error, answers));
}

/**
 * Calls `send` with an acknowledgement, and returns the promise of the responses. The error of a rejection has the responses
 * received so far.
 */
export function responsesTo<Value>(
  send: (ack: (error: (Error & { responses?: Value }) | null, responses: Value) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    send((error, responses) => {
      if (error) {
        error.responses = responses;
        reject(error);
      } else {
        resolve(responses);
      }
    });
  });
}

function listOf(room: Room | Room[]): Room[] {
  return Array.isArray(room) ? room : [room];
}

function withRooms(rooms: Set<Room> | undefined, more: Room | Room[]): Set<Room> {
  const union = new Set(rooms);
  if (!Array.isArray(more)) {
    return union.add(more);
  }
  for (const room of more) {
    union.add(room);
  }
  return union;
}
