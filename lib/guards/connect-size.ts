/** Limits the size of requests to join a namespace, whose auth data the server keeps as long as the socket exists. */
import { type Packet, PacketType } from "socket.io-parser";
import { type CodedError, codedError } from "../errors";
import { isHeavier, MAX_WEIGHT_OF_CHARACTER } from "../parser/decoded-weight";
import { namespaceOfText } from "../parser/namespace-of";

export interface ConnectLimits {
  /** The option `limits.connectPacketBytes`. */
  readonly maxBytes: number | undefined;
  /** The maximum memory for the decoded auth data, in bytes. */
  readonly maxWeight: number;
}

/**
 * The memory that auth data may need, in relation to `maxHttpBufferSize`. Texts need once, numbers and records up to 5 times,
 * and pairs of numbers up to 12 times as much as their JSON; empty objects need 21 times as much.
 */
const WEIGHT_FACTOR = 13;

/** Auth data that need no more memory than this are always accepted, in bytes. */
const MIN_WEIGHT = 100_000;

/** Returns the limits for the option `limits.connectPacketBytes` and the maximum size of a message. */
export function connectLimits(maxBytes: number | undefined, maxHttpBufferSize: number): ConnectLimits {
  // with 0, messages over WebSocket have no limit
  const maxSize = maxHttpBufferSize || Number.POSITIVE_INFINITY;
  return { maxBytes, maxWeight: Math.max(MIN_WEIGHT, WEIGHT_FACTOR * maxSize) };
}

/**
 * Returns the CONNECT packet without its auth data if a text is a CONNECT packet that exceeds `maxBytes`: decoding the auth
 * data would take time and memory for nothing.
 */
export function oversizedConnect(text: string, { maxBytes }: ConnectLimits): Packet | undefined {
  // a character needs one byte or more
  const isOversized = maxBytes !== undefined && text.length > maxBytes && text.startsWith("0");
  return isOversized ? { type: PacketType.CONNECT, nsp: namespaceOfText(text) ?? "/" } : undefined;
}

/** Returns an error if a CONNECT packet of this size is too large, or its auth data need too much memory. */
export function connectProblem(
  auth: unknown,
  bytes: number,
  { maxBytes, maxWeight }: ConnectLimits,
): CodedError<"CONNECT_TOO_LARGE"> | undefined {
  if (maxBytes !== undefined && bytes > maxBytes) {
    return codedError("CONNECT_TOO_LARGE", maxBytes);
  }
  return bytes * MAX_WEIGHT_OF_CHARACTER > maxWeight && isHeavier(auth, maxWeight)
    ? codedError("CONNECT_TOO_LARGE", maxWeight)
    : undefined;
}
