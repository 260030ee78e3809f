/** Limits the bytes that are buffered for a client which does not read them (option slowConsumer). */
import process from "node:process";
import { type Packet, PacketType } from "socket.io-parser";
import { backlogOf, flush } from "../connection/backlog";
import type { EncodedChunk, EncodedWriteOptions, EngineConnection, EnginePort } from "../connection/port";
import { dropOldest, droppableIn, markDroppable, packetCost, sizeOfChunks } from "../connection/write-buffer";
import { reportGuard } from "../diagnostics";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { type CodedError, codedError } from "../errors";
import type { SlowConsumerOptions } from "../options/limits";
import type { Untyped } from "../typed-events";
import { DropCounter } from "./drop-counter";

/** The members of a client that this guard uses. */
export interface SlowClient {
  readonly connection: EngineConnection;
  readonly address: string | undefined;
  /**
   * Returns the socket to which a packet is addressed. `packet` is `undefined` for a broadcast, which is already encoded.
   */
  addressee(chunks: readonly EncodedChunk[], packet: Packet | undefined): Untyped;
  /** Closes the connection and discards its buffered packets. */
  cut(error: CodedError<"SLOW_CONSUMER">, detail: unknown): void;
}

/** The kind of a packet. Only events may be dropped: client and server have to agree on namespaces and acknowledgements. */
type Kind = "event" | "volatile event" | "other";

/** Describes a packet that would exceed the limit. */
export interface Excess {
  readonly kind: Kind;
  /** The number of buffered bytes, including this packet and the cost of each packet. */
  readonly total: number;
  /** The part of `total` that belongs to events which may be dropped instead. */
  readonly droppable: number;
}

/** What to do with the packet. `"make room"` drops as many of the oldest events as necessary, and then writes the packet. */
export type Verdict = "write" | "drop" | "make room" | "disconnect";

/**
 * Packets that must not be dropped are buffered up to this multiple of the limit, unless the policy is `"disconnect"`.
 */
const HARD_LIMIT_FACTOR = 2;

/** The additional share of the limit that "make room" frees, so that not every following packet drops another event. */
const SLACK = 1 / 64;

/** Decides about a packet. `ask` calls the policy if it is a function. */
export function decide(
  { policy, maxBufferedBytes }: SlowConsumerOptions,
  { kind, total, droppable }: Excess,
  ask: () => unknown,
): Verdict {
  const isFarOver = (bytes: number) => bytes > HARD_LIMIT_FACTOR * maxBufferedBytes;
  switch (policy) {
    case undefined:
    case "disconnect":
      return "disconnect";
    case "drop-volatile":
      return kind === "volatile event" ? "drop" : isFarOver(total) ? "disconnect" : "write";
    case "drop-oldest":
      if (kind === "other") {
        return isFarOver(total - droppable) ? "disconnect" : "make room";
      }
      // if even dropping all older events would not make enough room, drop only this one
      return total - droppable > maxBufferedBytes ? "drop" : "make room";
    default: {
      const decision = ask();
      if (decision === "drop" && kind === "other") {
        return isFarOver(total) ? "disconnect" : "write";
      }
      return decision === "keep" ? "write" : decision === "drop" ? "drop" : "disconnect";
    }
  }
}

/** The guard of one connection. */
export class SlowConsumer {
  private isCut = false;
  private readonly dropped = new DropCounter();

  constructor(
    private readonly client: SlowClient,
    private readonly port: EnginePort,
    private readonly options: SlowConsumerOptions,
  ) {}

  /** Writes a packet, or drops it, as the policy decides. */
  write(chunks: readonly EncodedChunk[], options: EncodedWriteOptions, packet?: Packet): void {
    const { connection } = this.client;
    if (this.isCut || (options.volatile && !connection.transport.writable)) {
      return;
    }
    const kind = kindOf(packet, options);
    const excess = this.excess(kind, sizeOfChunks(chunks, options));
    if (excess && !this.admits(excess, chunks, packet)) {
      return;
    }
    const { writeBuffer } = connection;
    const before = writeBuffer?.length ?? 0;
    if (channels.packet.isActive) {
      observed().reportWritten(connection, chunks, options);
    }
    this.port.writeChunks(chunks, options);
    if (
      this.options.policy === "drop-oldest" &&
      kind !== "other" &&
      writeBuffer &&
      // otherwise the packet, or a part of it, is already being sent
      connection.writeBuffer === writeBuffer &&
      writeBuffer.length > before
    ) {
      markDroppable(writeBuffer, before);
    }
  }

  /**
   * Returns `undefined` if the packet fits, or if nothing is buffered, so that an event above the limit can be sent at all.
   */
  private excess(kind: Kind, size: number): Excess | undefined {
    const { connection } = this.client;
    const { maxBufferedBytes } = this.options;
    let waiting = costOf(connection);
    if (waiting > 0 && waiting + size > maxBufferedBytes) {
      flush(connection);
      waiting = costOf(connection);
    }
    if (waiting === 0 || waiting + size <= maxBufferedBytes) {
      return undefined;
    }
    const droppable = connection.writeBuffer ? droppableIn(connection.writeBuffer) : 0;
    return { kind, total: waiting + size, droppable };
  }

  private admits(excess: Excess, chunks: readonly EncodedChunk[], packet: Packet | undefined): boolean {
    const { maxBufferedBytes } = this.options;
    const socket = this.client.addressee(chunks, packet);
    const verdict = decide(this.options, excess, () => this.ask(socket, excess.total));
    switch (verdict) {
      case "write":
        return true;
      case "make room":
        this.makeRoom(excess.total - maxBufferedBytes, socket);
        return true;
      case "drop":
        this.reportDropped(1, excess.total, socket);
        return false;
      case "disconnect":
        this.cut(excess.total, socket);
        return false;
    }
  }

  private ask(socket: Untyped, total: number): unknown {
    const { policy } = this.options;
    // a client that is not yet connected to the namespace has no socket
    if (typeof policy !== "function" || !socket) {
      return "drop";
    }
    try {
      return policy(socket, total);
    } catch (error) {
      // thrown later, so that it reaches neither the caller of emit() nor the other receivers of a broadcast
      process.nextTick(() => {
        throw error;
      });
      return "disconnect";
    }
  }

  private makeRoom(bytes: number, socket: Untyped): void {
    const { maxBufferedBytes } = this.options;
    const { writeBuffer } = this.client.connection;
    const dropped = writeBuffer ? dropOldest(writeBuffer, bytes + Math.floor(maxBufferedBytes * SLACK)) : 0;
    dropped > 0 && this.reportDropped(dropped, maxBufferedBytes + bytes, socket);
  }

  private reportDropped(count: number, bufferedBytes: number, socket: Untyped): void {
    this.publish("drop", count, bufferedBytes, socket);
    const dropped = this.dropped.add(count);
    if (dropped) {
      const { address, connection } = this.client;
      const detail = { dropped, ...this.detail(bufferedBytes) };
      reportGuard({ code: "SLOW_CONSUMER", address, conn: connection, socket, nsp: socket?.nsp, detail });
    }
  }

  /** Closes the connection on the next tick, so that no "disconnect" listener runs in the middle of a broadcast. */
  private cut(bufferedBytes: number, socket: Untyped): void {
    this.isCut = true;
    this.publish("disconnect", 0, bufferedBytes, socket);
    const error = codedError("SLOW_CONSUMER", bufferedBytes, this.options.maxBufferedBytes);
    process.nextTick(() => this.client.cut(error, this.detail(bufferedBytes)));
  }

  private publish(
    action: "drop" | "disconnect",
    dropped: number,
    bufferedBytes: number,
    socket: Untyped,
  ): void {
    if (channels.slowConsumer.isActive) {
      const { maxBufferedBytes } = this.options;
      const details = { action, dropped, bufferedBytes, maxBufferedBytes };
      observed().reportSlowConsumer(this.client.connection, socket, details);
    }
  }

  private detail(bufferedBytes: number): object {
    return { bufferedBytes, maxBufferedBytes: this.options.maxBufferedBytes };
  }
}

/** Returns the number of buffered bytes, including the cost of packets that the engine has buffered. */
function costOf(connection: EngineConnection): number {
  const { writeBuffer } = connection;
  return backlogOf(connection) + (writeBuffer ? packetCost(writeBuffer) : 0);
}

function kindOf(packet: Packet | undefined, { volatile }: EncodedWriteOptions): Kind {
  const isEvent = !packet || packet.type === PacketType.EVENT || packet.type === PacketType.BINARY_EVENT;
  return !isEvent ? "other" : volatile ? "volatile event" : "event";
}
