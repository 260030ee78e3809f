/** Every error that the library makes, with the code it is known by. */

const catalogue = {
  EXPRESS_HANDLER: () =>
    "You are trying to attach socket.io to an express request handler function. Please pass a http.Server instance.",
  RESERVED_EVENT: (name: string | symbol) => `"${String(name)}" is a reserved event name`,
  INVALID_EVENT_NAME: (got: string) => `The name of an event must be a string or a number, got ${got}`,
  UNSERIALIZABLE: (what: string, why: string) => `${what} cannot be encoded as JSON: ${why}`,
  ACK_TIMEOUT: () => "operation has timed out",
  SOCKET_DISCONNECTED: () => "socket has been disconnected",
  INVALID_OPTION: (name: string, expected: string, got: string) =>
    `"${name}" must be ${expected}, got ${got}`,
  INVALID_SERVER: (got: string) =>
    `A Server attaches to a port or to an http, https or http2 server, got ${got}`,
  PATH_TAKEN: (prefix: string) =>
    `Another server is attached to this HTTP server, and answers all requests below "${prefix}": close that one, or choose another "path"`,
  INVALID_NAMESPACE_NAME: (got: string) =>
    `The name of a namespace must be a string, a regular expression or a function, got ${got}`,
  TOO_MANY_ARGUMENTS: (most: number, got: number) =>
    `An event or an acknowledgement has at most ${most} arguments, got ${got}`,
  INVALID_PACKET: () => "invalid payload",
  PAYLOAD_TOO_DEEP: (most: number) => `A packet has at most ${most} nested arrays and objects`,
  PAYLOAD_TOO_LARGE: (most: number) => `A message has at most ${most} bytes`,
  TOO_MANY_CHUNKS: (most: number) => `The body of a request comes in at most ${most} chunks`,
  BODY_TIMEOUT: (ms: number) => `The body of a request did not arrive within ${ms} ms`,
  PACKETS_PER_PAYLOAD: (most: number) => `A request has at most ${most} packets`,
  ATTACHMENT_TIMEOUT: (ms: number) => `An attachment of a packet did not come within ${ms} ms`,
  EVENT_RATE: (most: number) => `The client sent more than ${most} events per second`,
  BYTE_RATE: (most: number) => `The client sent more than ${most} bytes per second`,
  SLOW_CONSUMER: (got: number, most: number) =>
    `${got} bytes wait for a client that does not read them, and at most ${most} may`,
  ROOM_LIMIT: (most: number) => `The socket is in more than ${most} rooms`,
  NAMESPACE_LIMIT: () => "There are too many namespaces",
  CONNECTION_LIMIT: () => "There are too many connections",
  ADDRESS_LIMIT: () => "There are too many connections from this address",
  HANDSHAKE_RATE: () => "Connections from this address come too fast",
  IDLE_HANDSHAKE: (ms: number) => `The client sent nothing within ${ms} ms`,
  ORIGIN_FORBIDDEN: () => "Pages of this origin may not connect",
  SESSION_REUSED: () => "The client has come back over another connection",
  HANDLER_ERROR: (got: string) => `A middleware has thrown ${got}`,
  MIDDLEWARE_FAILED: () => "The server could not decide whether the client may connect",
  RECOVERY_OVERFLOW: () => "What the client has missed is not kept any more",
  STATEFUL_REGEXP: () => "stateful regular expressions are not supported",
  NO_FETCH_ON_PARENT: () => "fetchSockets() is not supported on parent namespaces",
} as const;

/** The codes of the errors that the library makes. */
export type ErrorCode = keyof typeof catalogue;

/** An error of the library: `code` stays the same between releases. */
export interface CodedError<Code extends ErrorCode = ErrorCode> extends Error {
  code: Code;
}

/** Makes the error with this code. */
export function codedError<Code extends ErrorCode>(
  code: Code,
  ...details: Parameters<(typeof catalogue)[Code]>
): CodedError<Code> {
  const message = (catalogue[code] as (...details: unknown[]) => string)(...details);
  return withCode(code, new Error(message), codedError);
}

/** Makes the `INVALID_OPTION` error for a name that is nearly the name of an option. */
export function misspeltOption(name: string, meant: string): CodedError<"INVALID_OPTION"> {
  const message = `There is no option "${name}": did you mean "${meant}"?`;
  return withCode("INVALID_OPTION", new Error(message), misspeltOption);
}

/** Makes the error for data of which JSON cannot be made; it is a `TypeError`, as its cause. */
export function unserializable(what: string, cause: TypeError): CodedError<"UNSERIALIZABLE"> {
  const message = catalogue.UNSERIALIZABLE(what, cause.message);
  return withCode("UNSERIALIZABLE", new TypeError(message, { cause }), unserializable);
}

/** Adds the code; the stack trace begins where `maker` was called. */
function withCode<Code extends ErrorCode>(code: Code, error: Error, maker: object): CodedError<Code> {
  Error.captureStackTrace(error, maker as () => unknown);
  return Object.assign(error, { code });
}

/** A value as it may appear in a sentence: short, and never a whole object. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (typeof value === "function") {
    return value.name ? `the function ${value.name}` : "a function";
  }
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "an array" : `an object of type ${value.constructor?.name ?? "Object"}`;
  }
  return String(value);
}
