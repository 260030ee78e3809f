/** Determines the address of a client, behind proxies too, and the network that limits per address apply to. */
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { describeValue } from "../errors";
import { copyOf } from "../texts";
import { warnOnce } from "../warnings";

/** The option `trustProxy`. */
export type TrustProxy = false | number | ((req: IncomingMessage) => string | undefined) | undefined;

/** Returns the address of a client. `own` is the address of the peer of the connection, which may be a proxy. */
export function clientAddress(
  req: IncomingMessage | undefined | null,
  own: string | undefined,
  trust: TrustProxy,
): string | undefined {
  if (!trust || !req) {
    return own;
  }
  if (typeof trust === "number") {
    return throughProxies(req, own, trust);
  }
  let address: unknown;
  try {
    address = trust(req) ?? own;
  } catch {
    // caught, since otherwise a client could crash the process by its headers
    return own;
  }
  return typeof address === "string" ? copyOf(address) : noAddress(address);
}

/**
 * Emits a warning if `trustProxy` has returned an invalid value. The address is then unknown. `own` is not used instead: it
 * may be the address of a proxy, and all clients behind the proxy would count as one.
 */
function noAddress(answer: unknown): undefined {
  if (answer === undefined) {
    return;
  }
  if (answer instanceof Promise) {
    answer.catch(() => {});
    warnOnce("SOCKET_IO_TRUST_PROXY", "a promise");
  } else {
    warnOnce("SOCKET_IO_TRUST_PROXY", describeValue(answer));
  }
}

/**
 * Returns the address that the outermost trusted proxy has appended to `X-Forwarded-For`. Each proxy appends the address of
 * its peer. Clients can forge the entries before those of the trusted proxies.
 */
function throughProxies(
  { headers }: IncomingMessage,
  own: string | undefined,
  proxies: number,
): string | undefined {
  const forwarded = String(headers?.["x-forwarded-for"] ?? "")
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
  const address = [...forwarded, own].at(-1 - Math.min(proxies, forwarded.length));
  return address === undefined ? undefined : copyOf(address);
}

/** The first six groups of an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2). */
const MAPPED = "0,0,0,0,0,65535";

/**
 * Returns the network that an address belongs to: an IPv4 address itself, or the /64 network of an IPv6 address, since
 * a single customer usually has a whole /64 network.
 */
export function networkOf(given: string): string {
  // some proxies append the port
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/.exec(given) ?? [];
  const address = bracketed ?? plain ?? given;
  const [, ipv4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (ipv4) {
    return ipv4;
  }
  const [withoutZone] = address.split("%", 1);
  if (!isIPv6(withoutZone) || withoutZone.includes(".")) {
    return address;
  }
  const [head, tail] = withoutZone.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = tail ? Array(8 - head.length - tail.length).fill("0") : [];
  const groups = [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
  if (groups.slice(0, 6).join() === MAPPED) {
    return [groups[6] >> 8, groups[6] & 255, groups[7] >> 8, groups[7] & 255].join(".");
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}
