/** The transports of Socket.IO 0.x, each with the transport of today that is used instead. */

/** A transport of today. */
export type Carrier = "websocket" | "sse" | "polling";

const CARRIERS = {
  websocket: "websocket",
  "server-events": "sse",
  flashsocket: "websocket",
  htmlfile: "sse",
  "xhr-multipart": "sse",
  "xhr-polling": "polling",
  "jsonp-polling": "polling",
} as const;

/**
 * The name of a transport of Socket.IO 0.x:
 *
 * - `"websocket"`: WebSocket
 * - `"server-events"`: server-sent events, the transport `"sse"` of today
 * - `"xhr-polling"`, `"jsonp-polling"`: HTTP long-polling, the transport `"polling"` of today
 * - `"flashsocket"`: no longer exists; WebSocket is used instead
 * - `"htmlfile"`, `"xhr-multipart"`: no longer exist; server-sent events are used instead
 *
 * @since 4.9.0
 */
export type LegacyTransport = keyof typeof CARRIERS;

/** The names of all transports. */
export const TRANSPORT_NAMES = Object.keys(CARRIERS) as readonly LegacyTransport[];

/** The default of the option `transports`, on both sides. */
export const DEFAULT_TRANSPORTS: readonly LegacyTransport[] = [
  "websocket",
  "server-events",
  "flashsocket",
  "htmlfile",
  "xhr-multipart",
  "xhr-polling",
];

/** The transports that no longer exist. */
const RETIRED: ReadonlySet<LegacyTransport> = new Set<LegacyTransport>([
  "flashsocket",
  "htmlfile",
  "xhr-multipart",
]);

/** Whether a value is the name of a transport. */
export function isTransport(value: unknown): value is LegacyTransport {
  return TRANSPORT_NAMES.includes(value as LegacyTransport);
}

/** Returns the transport of today. */
export function carrierOf(name: LegacyTransport): Carrier {
  return CARRIERS[name];
}

/** The error and the warning for a list of transports, which the server, the client and the page script create in different ways. */
export interface TransportReports {
  invalid(expected: string, got: unknown): Error;
  /** Called for each transport of the list that no longer exists. */
  retired(name: LegacyTransport, instead: Carrier): void;
}

/** Checks the option `transports`, and returns a copy. Without a list, returns the default. */
export function checkedTransports(given: unknown, reports: TransportReports): LegacyTransport[] {
  if (given === undefined || given === null) {
    return [...DEFAULT_TRANSPORTS];
  }
  const names: unknown[] = Array.isArray(given) ? given : [given];
  const wrong = names.filter((name) => !isTransport(name));
  if (wrong.length > 0 || names.length === 0) {
    const expected = `a list with one or more of ${TRANSPORT_NAMES.map((name) => `"${name}"`).join(", ")}`;
    throw reports.invalid(expected, names.length === 0 ? given : wrong[0]);
  }
  for (const name of names as LegacyTransport[]) {
    if (RETIRED.has(name)) {
      reports.retired(name, carrierOf(name));
    }
  }
  return [...names] as LegacyTransport[];
}
