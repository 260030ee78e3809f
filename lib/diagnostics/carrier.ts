/** The argument that carries a trace context from one server to another, after the arguments of the application. */

// remains a file of its own, which socket.io/opentelemetry loads without the server: load it with require() elsewhere

/** The member of the argument that holds the trace context. */
export const CARRIER = "socket.io:trace-context";

/** Whether an argument carries a trace context. */
export function isCarrier(value: unknown): value is { readonly [CARRIER]: unknown } {
  return typeof value === "object" && value !== null && Object.hasOwn(value, CARRIER);
}

/** Removes the trace context from the arguments of an event of another server, and returns it, or `undefined`. */
export function removeCarrier(args: unknown[]): unknown {
  const index = args.length - (typeof args.at(-1) === "function" ? 2 : 1);
  const carrier = args[index];
  if (isCarrier(carrier)) {
    args.splice(index, 1);
    return carrier[CARRIER];
  }
  return undefined;
}
