/** The argument that carries a trace context from one server to another, after the arguments of the application. */

// remains a file of its own, which socket.io/opentelemetry loads without the server: load it with require() elsewhere

/** The member of the argument that holds the trace context. */
export const CARRIER = "socket.io:trace-context";

/** Whether an argument carries a trace context: an object without other members. */
export function isCarrier(value: unknown): value is { readonly [CARRIER]: unknown } {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.hasOwn(value, CARRIER) &&
    Object.keys(value).length === 1
  );
}

/**
 * Appends an empty trace context if the last argument of the application looks like one, for example because it is data that
 * a client has sent. The other servers then remove the empty one.
 */
export function protectLast(args: unknown[]): void {
  if (isCarrier(args.at(-1))) {
    args.push({ [CARRIER]: {} });
  }
}

/**
 * Removes the trace context from the arguments of an event of another server, and returns it, or `undefined`. An event with
 * an acknowledgement function, which would be the last argument, has none.
 */
export function removeCarrier(args: unknown[]): unknown {
  const carrier = args.at(-1);
  if (isCarrier(carrier)) {
    args.pop();
    return carrier[CARRIER];
  }
  return undefined;
}
