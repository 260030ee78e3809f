/** Where clients come from. */
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { describeValue } from "../errors";
import { warnOnce } from "../warnings";

/** The option `trustProxy`. */
export type TrustProxy = false | number | ((req: IncomingMessage) => string | undefined) | undefined;

/** The address of a client; `own` is that of the connection, which may be a proxy's. */
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
    // what a client sends must not end the process
    return own;
  }
  return typeof address === "string" ? address : noAddress(address);
}

/** Of a wrong answer no address is made: `own` may be a proxy's, and then all clients would count as one. */
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

/** Each proxy adds the address that it was called from; what stands before those may be invented. */
function throughProxies(
  { headers }: IncomingMessage,
  own: string | undefined,
  proxies: number,
): string | undefined {
  const forwarded = String(headers?.["x-forwarded-for"] ?? "")
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
  return [...forwarded, own].at(-1 - Math.min(proxies, forwarded.length));
}

/** What stands before an IPv4 address in an IPv6 one, in groups (RFC 4291, section 2.5.5.2). */
const MAPPED = "0,0,0,0,0,65535";

/** Those who count as one: an IPv4 address, or a network of IPv6 (/64), since each customer has such a one at least. */
export function networkOf(given: string): string {
  // some proxies write the port, too
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
