/** Warns of transports of Socket.IO 0.x that no longer exist. */
import { warn } from "../warnings";
import type { Carrier, LegacyTransport } from "./transports";

const warnedOf = new Set<LegacyTransport>();

/** Emits the process warning for a transport, once per process for each name. */
export function warnOfTransport(name: LegacyTransport, instead: Carrier): void {
  if (!warnedOf.has(name)) {
    warnedOf.add(name);
    warn("SOCKET_IO_LEGACY_TRANSPORT", name, instead);
  }
}
