/** Emits the process warnings of the library, each with a message and a stable code. */
import process from "node:process";

const catalogue = {
  SOCKET_IO_FAST_PATH_OFF: (problem: string) =>
    `The fast path is off (io.fastPath is false): ${problem}. Connections are served by engine.io and ws instead, which is slower; "npm ls engine.io ws" shows the installed versions.`,
  SOCKET_IO_ORIGINS_IGNORED: () =>
    'The option "origins" of Socket.IO v2 is ignored; use "allowedOrigins" to choose the pages that may connect, and "cors" for the CORS headers.',
  SOCKET_IO_CORS_ORIGIN: (origin: string, instead: string) =>
    `No browser sends the origin ${origin} of the option "cors", so it does not allow any page; write ${instead}.`,
  SOCKET_IO_RECOVERY_UNSUPPORTED: (adapter: string) =>
    `The adapter ${adapter} does not store sessions, so the option "connectionStateRecovery" has no effect (socket.recovered is always false); use an adapter that stores sessions, such as @socket.io/redis-streams-adapter or @socket.io/mongo-adapter, or remove the option.`,
  SOCKET_IO_ACK_WITHOUT_TIMEOUT: (event: string) =>
    `The event "${event}" asks several sockets for an acknowledgement without a timeout, so its callback is called with an error at once; use timeout(), as in io.timeout(10000).emit(...), or the option "ackTimeout".`,
  SOCKET_IO_TOO_MANY_ATTACHMENTS: (subject: string, count: number, max: number) =>
    `${subject} has ${count} attachments, and a client closes its connection if it receives more than ${max}; send fewer binary values in one event, or raise the limit of the client's parser.`,
  SOCKET_IO_ADAPTER_INIT_FAILED: (namespace: string, error: unknown) =>
    `The init() method of the adapter of namespace "${namespace}" failed: ${error}`,
  SOCKET_IO_V2_CLIENT_REFUSED: () =>
    'A client of Socket.IO 2 was refused (Unsupported protocol version); update the client, or set the option "allowEIO3" to true.',
  SOCKET_IO_CLIENT_FILES: (folder: string) =>
    `The files of the browser client are not in ${folder}, so requests for them are answered with 404; if the server was bundled into one file, exclude "socket.io" from the bundle, or serve the folder client-dist of the package yourself and set "serveClient" to false.`,
  SOCKET_IO_TRUST_PROXY: (got: string) =>
    `The function given as "trustProxy" returned ${got} instead of a string, so the addresses of clients are unknown, and limits per address are not enforced; it must be synchronous and return the address as a string, or undefined for the address of the connection.`,
  SOCKET_IO_LEGACY_TRANSPORT: (name: string, instead: string) =>
    `The transport "${name}" no longer exists, so "${instead}" is used instead; remove it from the option "transports".`,
  SOCKET_IO_ASYNC_SCHEMA: (what: string) =>
    `${what} has an asynchronous schema in the contract, so it is not checked before it is sent; use synchronous schemas for what the server sends, or set the option "validateOutgoing" to "never".`,
} as const;

/** The codes of the warnings that the library emits. */
export type WarningCode = keyof typeof catalogue;

const emitted = new Set<WarningCode>();

/** Emits the process warning with this code. */
export function warn<Code extends WarningCode>(
  code: Code,
  ...details: Parameters<(typeof catalogue)[Code]>
): void {
  process.emitWarning((catalogue[code] as (...details: unknown[]) => string)(...details), { code });
}

/** Emits the process warning with this code, once per process. */
export function warnOnce<Code extends WarningCode>(
  code: Code,
  ...details: Parameters<(typeof catalogue)[Code]>
): void {
  if (!emitted.has(code)) {
    emitted.add(code);
    warn(code, ...details);
  }
}
