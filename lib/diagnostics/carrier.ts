/** The argument that carries a trace context from one server to another, after the arguments of the application. */

/** The member of the argument that holds the trace context. */
export const CARRIER = "socket.io:trace-context";

/** Whether an argument carries a trace context. */
function isCarrier(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, CARRIER);
}

/** Returns an event of another server without the trace context: the event itself, unless it carries one. */
export function withoutCarrier(event: readonly unknown[]): readonly unknown[] {
  const hasAck = typeof event.at(-1) === "function";
  const index = event.length - (hasAck ? 2 : 1);
  return isCarrier(event[index]) ? [...event.slice(0, index), ...event.slice(index + 1)] : event;
}
