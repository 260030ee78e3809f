/** How large and how deep a packet may be, and how long its parts may take. */
import { flatLength, textIsDeeper } from "../parser/depth";

/** The options of the server that say so. */
interface PayloadOptions {
  readonly maxPayloadDepth?: number | undefined;
  readonly attachmentTimeout?: number | undefined;
  readonly pingInterval?: number | undefined;
  readonly pingTimeout?: number | undefined;
}

export interface PayloadLimits {
  /** In nested arrays and objects. */
  readonly maxDepth: number;
  /** No text up to this length is deeper. */
  readonly flatLength: number;
  /** For each attachment of a packet, in milliseconds. */
  readonly attachmentTimeout: number;
}

/** The limits, from the options of the server and from what its engine has been given. */
export function payloadLimits(options: PayloadOptions, engine: PayloadOptions = {}): PayloadLimits {
  const { maxPayloadDepth, attachmentTimeout, pingInterval, pingTimeout } = { ...options, ...engine };
  const maxDepth = maxPayloadDepth ?? 1_000;
  return {
    maxDepth,
    flatLength: flatLength(maxDepth),
    // a client whose message takes longer cannot answer a ping in time
    attachmentTimeout: attachmentTimeout ?? (pingInterval ?? 25_000) + (pingTimeout ?? 20_000),
  };
}

/** Whether an encoded packet is nested too deeply. */
export function isTooDeep(data: unknown, limits: PayloadLimits): boolean {
  return typeof data === "string" && data.length > limits.flatLength && textIsDeeper(data, limits.maxDepth);
}
