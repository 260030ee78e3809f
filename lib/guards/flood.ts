/** How much one connection sends, and what happens when it is too much. */
import { type Packet, PacketType } from "socket.io-parser";
import type { GuardCode } from "../diagnostics";
import { type CodedError, codedError, type ErrorCode } from "../errors";
import type { Limits } from "../options/limits";
import { Dropped } from "./dropped";
import { connectError } from "./refusal";
import { TokenBucket } from "./token-bucket";

/** Who sends. */
interface Sender {
  readonly connection: { readonly protocol?: number };
  dismiss(error: CodedError<GuardCode & ErrorCode>): void;
  tell(code: GuardCode, detail?: unknown): void;
  packet(packet: Packet): void;
}

/** Counts packets as a whole, with their attachments; what is dropped does not count. */
export class FloodGuard {
  private readonly events?: TokenBucket;
  private readonly bytes?: TokenBucket;
  /** The bytes of the packet that is coming in. */
  private incoming = 0;
  private readonly dropped = new Dropped();

  constructor(
    private readonly sender: Sender,
    private readonly limits: Limits,
  ) {
    const { eventsPerSecond, bytesPerSecond, burst } = limits;
    if (isRate(eventsPerSecond)) {
      this.events = new TokenBucket(eventsPerSecond, Math.max(1, eventsPerSecond * burst));
    }
    if (isRate(bytesPerSecond)) {
      this.bytes = new TokenBucket(bytesPerSecond, bytesPerSecond * burst);
    }
  }

  /** A part of a packet has come; true if the connection is closed for it. */
  closesAt(data: unknown): boolean {
    if (!this.bytes) {
      return false;
    }
    this.incoming += sizeOf(data);
    const isTooMuch = this.limits.policy === "disconnect" && !this.bytes.has(this.incoming);
    if (isTooMuch) {
      this.sender.dismiss(this.error("BYTE_RATE"));
    }
    return isTooMuch;
  }

  /**
   * A packet is complete; true if it is not to be taken, as the connection is closed for it, or since it is dropped.
   * `isIn`: the client is in that namespace, or waits to be let in.
   */
  stops(packet: Packet, nsp: string, isIn: boolean, acks: ReadonlyMap<number, unknown> | undefined): boolean {
    const code = this.excess(packet, acks);
    if (!code) {
      return false;
    }
    if (this.limits.policy === "disconnect") {
      this.sender.dismiss(this.error(code));
      return true;
    }
    const isConnect = packet.type === PacketType.CONNECT;
    // both sides have to agree about the namespaces that the client is in
    if (packet.type === PacketType.DISCONNECT || (isConnect && isIn)) {
      return false;
    }
    const dropped = this.dropped.add(1);
    dropped && this.sender.tell(code, { dropped });
    if (isConnect) {
      this.sender.packet(connectError(nsp, this.error(code), this.sender.connection.protocol));
    }
    return true;
  }

  private excess(
    packet: Packet,
    acks: ReadonlyMap<number, unknown> | undefined,
  ): "EVENT_RATE" | "BYTE_RATE" | undefined {
    const { incoming } = this;
    this.incoming = 0;
    if (this.bytes && !this.bytes.has(incoming)) {
      return "BYTE_RATE";
    }
    if (this.events && !isExpected(packet, acks) && !this.events.take(1)) {
      return "EVENT_RATE";
    }
    this.bytes?.take(incoming);
    return undefined;
  }

  private error(code: "EVENT_RATE" | "BYTE_RATE"): CodedError<"EVENT_RATE" | "BYTE_RATE"> {
    const { eventsPerSecond, bytesPerSecond } = this.limits;
    return codedError(code, (code === "EVENT_RATE" ? eventsPerSecond : bytesPerSecond) as number);
  }
}

/** The guard of one connection; undefined if it may send as much as it likes. */
export function floodGuard(sender: Sender, limits: Limits): FloodGuard | undefined {
  const { eventsPerSecond, bytesPerSecond } = limits;
  return isRate(eventsPerSecond) || isRate(bytesPerSecond) ? new FloodGuard(sender, limits) : undefined;
}

function isRate(limit: number | undefined): limit is number {
  return limit !== undefined && Number.isFinite(limit);
}

/** An answer that the server has asked for is no event. */
function isExpected({ type, id }: Packet, acks: ReadonlyMap<number, unknown> | undefined): boolean {
  return (type === PacketType.ACK || type === PacketType.BINARY_ACK) && acks?.has(id as number) === true;
}

function sizeOf(data: unknown): number {
  // an empty message is undefined
  const bytes = data as { byteLength?: number } | undefined;
  return typeof data === "string" ? Buffer.byteLength(data) : (bytes?.byteLength ?? 0);
}
