/** Limits the events and bytes per second of one connection (options limits.eventsPerSecond and bytesPerSecond). */
import { type Packet, PacketType } from "socket.io-parser";
import type { GuardCode } from "../diagnostics";
import { type CodedError, codedError, type ErrorCode } from "../errors";
import type { Limits } from "../options/limits";
import { copyOf } from "../texts";
import { connectError } from "./connect-error";
import { DropCounter } from "./drop-counter";
import { TokenBucket } from "./token-bucket";

/** The members of a client that this guard uses. */
interface Sender {
  readonly connection: { readonly protocol?: number };
  closeFor(error: CodedError<GuardCode & ErrorCode>): void;
  report(code: GuardCode, detail?: unknown): void;
  packet(packet: Packet): void;
}

/** The guard of one connection. Counts a packet together with its attachments, and does not count dropped packets. */
export class FloodGuard {
  private readonly events?: TokenBucket;
  private readonly bytes?: TokenBucket;
  /** The number of bytes received of the current packet. */
  private incoming = 0;
  private readonly dropped = new DropCounter();

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

  /** Counts a part of a packet. Closes the connection and returns `true` if it exceeds the rate under policy "disconnect". */
  closesAt(data: unknown): boolean {
    if (!this.bytes) {
      return false;
    }
    this.incoming += sizeOf(data);
    const isTooMuch = this.limits.policy === "disconnect" && !this.bytes.has(this.incoming);
    if (isTooMuch) {
      this.sender.closeFor(this.error("BYTE_RATE"));
    }
    return isTooMuch;
  }

  /**
   * Counts a complete packet. Returns `true` if the packet must be ignored: it is dropped, or the connection is closed.
   * `isMember` is whether the client has joined, or is joining, the namespace of the packet.
   */
  stops(
    packet: Packet,
    nsp: string,
    isMember: boolean,
    acks: ReadonlyMap<number, unknown> | undefined,
  ): boolean {
    const code = this.excess(packet, acks);
    if (!code) {
      return false;
    }
    if (this.limits.policy === "disconnect") {
      this.sender.closeFor(this.error(code));
      return true;
    }
    const isConnect = packet.type === PacketType.CONNECT;
    // not dropped: client and server have to agree on the namespaces that the client has joined
    if (packet.type === PacketType.DISCONNECT || (isConnect && isMember)) {
      return false;
    }
    const dropped = this.dropped.add(1);
    dropped && this.sender.report(code, { dropped });
    if (isConnect) {
      this.sender.packet(connectError(copyOf(nsp), this.error(code), this.sender.connection.protocol));
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

/** Creates the guard of one connection; returns `undefined` if no rate is limited. */
export function floodGuard(sender: Sender, limits: Limits): FloodGuard | undefined {
  const { eventsPerSecond, bytesPerSecond } = limits;
  return isRate(eventsPerSecond) || isRate(bytesPerSecond) ? new FloodGuard(sender, limits) : undefined;
}

function isRate(limit: number | undefined): limit is number {
  return limit !== undefined && Number.isFinite(limit);
}

/** Whether the packet is an acknowledgement that the server expects, which does not count as an event. */
function isExpected({ type, id }: Packet, acks: ReadonlyMap<number, unknown> | undefined): boolean {
  return (type === PacketType.ACK || type === PacketType.BINARY_ACK) && acks?.has(id as number) === true;
}

/** Returns the number of bytes of a message. */
export function sizeOf(data: unknown): number {
  // `data` is undefined for an empty message
  const bytes = data as { byteLength?: number } | undefined;
  return typeof data === "string" ? Buffer.byteLength(data) : (bytes?.byteLength ?? 0);
}
