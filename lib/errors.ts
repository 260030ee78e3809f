/** Creates the errors of the library, each with a message and a stable code. */
import { escaped, quoted } from "./texts";

const catalogue = {
  EXPRESS_HANDLER: () =>
    "You are trying to attach socket.io to an express request handler function. Please pass a http.Server instance.",
  RESERVED_EVENT: (name: string | symbol) => `"${String(name)}" is a reserved event name`,
  INVALID_EVENT_NAME: (got: string) => `The name of an event must be a string or a number, got ${got}`,
  UNSERIALIZABLE: (what: string, why: string) => `${what} cannot be encoded as JSON: ${why}`,
  ACK_TIMEOUT: () => "operation has timed out",
  SOCKET_DISCONNECTED: () => "socket has been disconnected",
  ABORT_ERR: () => "The operation was aborted",
  INVALID_OPTION: (name: string, expected: string, got: string) =>
    `"${name}" must be ${expected}, got ${got}`,
  INVALID_SERVER: (got: string) =>
    `A server can be attached to a port or to an http, https or http2 server, got ${got}`,
  PATH_TAKEN: (prefix: string) =>
    `Another Socket.IO server is attached to this HTTP server and handles all requests below "${prefix}": close it, or choose another "path"`,
  INVALID_NAMESPACE_NAME: (got: string) =>
    `The name of a namespace must be a string, a regular expression or a function, got ${got}`,
  TOO_MANY_ARGUMENTS: (max: number, got: number) =>
    `An event or an acknowledgement must not have more than ${max} arguments, got ${got}`,
  INVALID_PACKET: () => "invalid payload",
  PAYLOAD_TOO_DEEP: (max: number) =>
    `A packet must not have more than ${max} levels of nested arrays and objects`,
  PAYLOAD_TOO_LARGE: (max: number) => `A message must not have more than ${max} bytes`,
  TOO_MANY_CHUNKS: (max: number) => `The body of a request must not arrive in more than ${max} chunks`,
  BODY_TIMEOUT: (ms: number) => `The body of a request did not arrive within ${ms} ms`,
  PACKETS_PER_PAYLOAD: (max: number) => `A request must not have more than ${max} packets`,
  ATTACHMENT_TIMEOUT: (ms: number) => `An attachment of a packet did not arrive within ${ms} ms`,
  EVENT_RATE: (max: number) => `The client sent more than ${max} events per second`,
  BYTE_RATE: (max: number) => `The client sent more than ${max} bytes per second`,
  SLOW_CONSUMER: (got: number, max: number) =>
    `The client does not read its packets: ${got} bytes are buffered for it, and the limit is ${max}`,
  ROOM_LIMIT: (max: number) => `The socket is in more than ${max} rooms`,
  CONNECT_TOO_LARGE: (max: number) => `A request to join a namespace must not need more than ${max} bytes`,
  UNKNOWN_NAMESPACE: () => "Invalid namespace",
  NAMESPACE_LIMIT: () => "There are too many namespaces",
  CONNECTION_LIMIT: () => "There are too many connections",
  ADDRESS_LIMIT: () => "There are too many connections from this address",
  HANDSHAKE_RATE: () => "This address opens connections too fast",
  IDLE_HANDSHAKE: (ms: number) => `The client did not ask for a namespace within ${ms} ms`,
  ORIGIN_FORBIDDEN: () => "Pages of this origin may not connect",
  SESSION_REUSED: () => "The client has reconnected over another connection",
  MIDDLEWARE_FAILED: () => "The server could not decide whether the client may connect",
  RECOVERY_OVERFLOW: () => "The events that the client has missed are no longer stored",
  INVALID_PAYLOAD: (what: string, where: string) =>
    `${what} does not follow the contract of the namespace, at ${where}`,
  UNKNOWN_EVENT: (event: string) => `The contract of the namespace has no event ${event}`,
  INVALID_AUTH: (where: string) => `The auth data do not follow the contract of the namespace, at ${where}`,
  INVALID_EVENT_RATE: (max: number) =>
    `The client sent more than ${max} events per second that do not follow the contract`,
  EVENT_QUEUE: (max: number) =>
    `More than ${max} events have arrived while the contract was checking an earlier one`,
  INVALID_CONTRACT: (problem: string) => `Invalid contract: ${problem}`,
  NO_JSON_SCHEMA: (where: string, reason: string) => `The schema of ${where} gives no JSON Schema: ${reason}`,
  STATEFUL_REGEXP: () => "stateful regular expressions are not supported",
  NO_SERVER_SIDE_ROOMS: () =>
    "serverSideEmit() sends to all other servers: call it without to(), in(), except(), local and broadcast",
  NO_FETCH_ON_PARENT: () => "fetchSockets() is not supported on parent namespaces",
  WAIT_TIMEOUT: (what: string, ms: number, more: string) => `${what} within ${ms} ms${more}`,
  CLOCK_INSTALLED: () => "A test clock is already installed: call uninstall() of that clock first",
  UNKNOWN_CLIENT: (name: string) =>
    `${name}() needs a connected client that the same test server has created with connect() or createClient()`,
  CLIENT_NOT_INSTALLED: () =>
    "Clients of a test server need the package socket.io-client: npm install --save-dev socket.io-client",
  OPENTELEMETRY_NOT_INSTALLED: (name: string) =>
    `socket.io/opentelemetry needs the package ${name}: npm install ${name}`,
  TEST_SERVER_HTTP2: () =>
    "A test server cannot connect clients to a server for HTTP/2 only: use node:http, node:https, or allowHTTP1",
} as const;

/**
 * The codes of the errors that the library makes.
 *
 * @since 4.9.0
 */
export type ErrorCode = keyof typeof catalogue;

/**
 * An error of the library.
 *
 * @since 4.9.0
 */
export interface CodedError<Code extends ErrorCode = ErrorCode> extends Error {
  /** The kind of the error. It stays the same between releases, while the message may change. */
  code: Code;
}

/** Creates the error with this code. */
export function codedError<Code extends ErrorCode>(
  code: Code,
  ...details: Parameters<(typeof catalogue)[Code]>
): CodedError<Code> {
  const message = (catalogue[code] as (...details: unknown[]) => string)(...details);
  return withCode(code, new Error(message), codedError);
}

/** Creates the `INVALID_OPTION` error for a property that an option does not have. */
export function unknownProperty(name: string, known: readonly string[]): CodedError<"INVALID_OPTION"> {
  const message = `There is no option "${name}": choose from ${known.join(", ")}`;
  return withCode("INVALID_OPTION", new Error(message), unknownProperty);
}

/** Creates the `INVALID_OPTION` error for a misspelt name. */
export function misspeltOption(name: string, meant: string): CodedError<"INVALID_OPTION"> {
  const message = `There is no option "${name}": did you mean "${meant}"?`;
  return withCode("INVALID_OPTION", new Error(message), misspeltOption);
}

/** Creates the error for data that cannot be encoded as JSON: a `TypeError`, like its cause. */
export function unserializable(what: string, cause: TypeError): CodedError<"UNSERIALIZABLE"> {
  const message = catalogue.UNSERIALIZABLE(what, cause.message);
  return withCode("UNSERIALIZABLE", new TypeError(message, { cause }), unserializable);
}

/** Creates the error for an aborted signal, as Node.js does: its name is `AbortError`, and the reason is its cause. */
export function abortError(reason: unknown): CodedError<"ABORT_ERR"> {
  const error = new Error(catalogue.ABORT_ERR(), { cause: reason });
  error.name = "AbortError";
  return withCode("ABORT_ERR", error, abortError);
}

/** Adds the code to an error, and removes `maker` from its stack trace. */
function withCode<Code extends ErrorCode>(code: Code, error: Error, maker: object): CodedError<Code> {
  Error.captureStackTrace(error, maker as () => unknown);
  return Object.assign(error, { code });
}

/** Describes a value for an error message. Truncates long strings, and describes objects by their type. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    return quoted(value, 60);
  }
  if (typeof value === "function") {
    return value.name ? `the function ${escaped(value.name)}` : "a function";
  }
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "an array" : `an object of type ${escaped(typeOf(value))}`;
  }
  return escaped(value);
}

/** Returns the name of the class. An object of a client may have its own property "constructor". */
function typeOf(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "Object";
}
