/** Keeps in bounds what waits for a client that does not read. */
import process from "node:process";
import { type Packet, PacketType } from "socket.io-parser";
import { backlogOf, flush } from "../connection/backlog";
import type { EncodedChunk, EncodedWriteOptions, EngineConnection, EnginePort } from "../connection/port";
import { dropOldest, droppableIn, markDroppable, sizeOfChunks } from "../connection/write-buffer";
import { tellGuard } from "../diagnostics";
import { type CodedError, codedError } from "../errors";
import type { SlowConsumerOptions } from "../options/limits";
import type { Untyped } from "../typed-events";
import { Dropped } from "./dropped";

/** The connection, as far as this needs it. */
export interface SlowClient {
  readonly connection: EngineConnection;
  readonly address: string | undefined;
  /** The socket that a packet is for; `packet` is not known for what was encoded for many. */
  addressee(chunks: readonly EncodedChunk[], packet: Packet | undefined): Untyped;
  /** Closes the connection, and frees what waits for it. */
  cut(error: CodedError<"SLOW_CONSUMER">, detail: unknown): void;
}

/** Both sides have to agree about namespaces and answers: only events may be dropped. */
type Kind = "event" | "volatile event" | "other";

/** A packet for which there is no room. */
export interface Excess {
  readonly kind: Kind;
  /** The bytes that would wait with it. */
  readonly total: number;
  /** How many of them are of events that may be dropped instead. */
  readonly droppable: number;
}

/** What becomes of it; `"make room"` drops the oldest events, as far as that is necessary and possible. */
export type Verdict = "write" | "drop" | "make room" | "disconnect";

/** Whatever may not be dropped may wait up to so many times the limit, unless the policy is to disconnect. */
const PATIENCE = 2;

/** At once a little more is dropped than necessary, as this part of the limit: taking something out has its price. */
const SLACK = 1 / 64;

/** Decides about a packet; a policy that is a function is asked by `ask`. */
export function judge(
  { policy, maxBufferedBytes }: SlowConsumerOptions,
  { kind, total, droppable }: Excess,
  ask: () => unknown,
): Verdict {
  const isFarOver = (bytes: number) => bytes > PATIENCE * maxBufferedBytes;
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
      // where all others together are not enough, they may as well stay
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
  private readonly dropped = new Dropped();

  constructor(
    private readonly client: SlowClient,
    private readonly port: EnginePort,
    private readonly options: SlowConsumerOptions,
  ) {}

  /** Writes a packet, unless it may not wait. */
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
    this.port.writeChunks(chunks, options);
    if (
      this.options.policy === "drop-oldest" &&
      kind !== "other" &&
      writeBuffer &&
      // otherwise it is on its way, or a part of it
      connection.writeBuffer === writeBuffer &&
      writeBuffer.length > before
    ) {
      markDroppable(writeBuffer, before);
    }
  }

  /** An empty connection takes whatever comes: there has to be some way to send it. */
  private excess(kind: Kind, size: number): Excess | undefined {
    const { connection } = this.client;
    const { maxBufferedBytes } = this.options;
    let waiting = backlogOf(connection);
    if (waiting > 0 && waiting + size > maxBufferedBytes) {
      flush(connection);
      waiting = backlogOf(connection);
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
    const verdict = judge(this.options, excess, () => this.ask(socket, excess.total));
    switch (verdict) {
      case "write":
        return true;
      case "make room":
        this.makeRoom(excess.total - maxBufferedBytes, socket);
        return true;
      case "drop":
        this.tellOfDropped(1, excess.total, socket);
        return false;
      case "disconnect":
        this.cut(excess.total);
        return false;
    }
  }

  private ask(socket: Untyped, total: number): unknown {
    const { policy } = this.options;
    // somebody who is not in yet has no socket to speak of
    if (typeof policy !== "function" || !socket) {
      return "drop";
    }
    try {
      return policy(socket, total);
    } catch (error) {
      // whoever sends is not to suffer for it, and in a broadcast neither are the other receivers
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
    dropped > 0 && this.tellOfDropped(dropped, maxBufferedBytes + bytes, socket);
  }

  private tellOfDropped(count: number, bufferedBytes: number, socket: Untyped): void {
    const dropped = this.dropped.add(count);
    if (dropped) {
      const { address, connection } = this.client;
      const detail = { dropped, ...this.detail(bufferedBytes) };
      tellGuard({ code: "SLOW_CONSUMER", address, conn: connection, socket, nsp: socket?.nsp, detail });
    }
  }

  /** In a tick of its own, so that no listener comes in between whoever sends and the other receivers. */
  private cut(bufferedBytes: number): void {
    this.isCut = true;
    const error = codedError("SLOW_CONSUMER", bufferedBytes, this.options.maxBufferedBytes);
    process.nextTick(() => this.client.cut(error, this.detail(bufferedBytes)));
  }

  private detail(bufferedBytes: number): object {
    return { bufferedBytes, maxBufferedBytes: this.options.maxBufferedBytes };
  }
}

function kindOf(packet: Packet | undefined, { volatile }: EncodedWriteOptions): Kind {
  const isEvent = !packet || packet.type === PacketType.EVENT || packet.type === PacketType.BINARY_EVENT;
  return !isEvent ? "other" : volatile ? "volatile event" : "event";
}
