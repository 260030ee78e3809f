/** The limits of incoming packets: depth, the time in which attachments must arrive, and the size of CONNECT packets. */
import { MAX_TIMER } from "../options/checks";
import type { Limits } from "../options/limits";
import { flatLength } from "../parser/depth";
import { type ConnectLimits, connectLimits } from "./connect-size";

/** The maximum number of arguments of an event or an acknowledgement: a call with many more overflows the stack. */
export const MAX_ARGUMENTS = 10_000;

/** The options of the server and the engine that define the limits. */
interface PayloadOptions {
  readonly maxPayloadDepth?: number | undefined;
  readonly attachmentTimeout?: number | undefined;
  readonly pingInterval?: number | undefined;
  readonly pingTimeout?: number | undefined;
  readonly maxHttpBufferSize?: number | undefined;
}

export interface PayloadLimits {
  /** The maximum depth of nested arrays and objects. */
  readonly maxDepth: number;
  /** The length of the longest text that cannot be deeper than `maxDepth`. */
  readonly flatLength: number;
  /** How long to wait for each attachment of a packet, in milliseconds. */
  readonly attachmentTimeout: number;
  readonly connect: ConnectLimits;
}

/** Returns the limits for the options of a server and of its engine. */
export function payloadLimits(
  options: PayloadOptions & { readonly limits?: Limits },
  engine: PayloadOptions = {},
): PayloadLimits {
  const { maxPayloadDepth, attachmentTimeout, pingInterval, pingTimeout, maxHttpBufferSize } = {
    ...options,
    ...engine,
  };
  const maxDepth = maxPayloadDepth ?? 1_000;
  return {
    maxDepth,
    flatLength: flatLength(maxDepth),
    // a message that takes longer than this delays the answer to a ping beyond the ping timeout
    attachmentTimeout:
      attachmentTimeout ?? Math.min((pingInterval ?? 25_000) + (pingTimeout ?? 20_000), MAX_TIMER),
    connect: connectLimits(options.limits?.connectPacketBytes, maxHttpBufferSize ?? 1_000_000),
  };
}
