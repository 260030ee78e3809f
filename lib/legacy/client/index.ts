/** The entry point socket.io/legacy/client: the client of Socket.IO 0.x for Node.js. */
import { codedError, describeValue } from "../../errors";
import { warnOfTransport } from "../retired";
import type { SocketOptions } from "./options";
import type { Platform } from "./platform";
import { LegacySocket } from "./socket";

export type { LegacyTransport } from "../transports";
export type { SocketOptions, SocketSettings } from "./options";
export type { Transport } from "./socket";

const node: Platform = {
  reports: {
    invalid: (expected, got) => codedError("INVALID_OPTION", "transports", expected, describeValue(got)),
    retired: warnOfTransport,
  },
};

/**
 * A connection to a server, with the API of Socket.IO 0.x.
 *
 * @since 4.9.0
 * @example
 * const socket = new io.Socket("localhost", { port: 8080 });
 * socket.addEvent("message", (message) => console.log(message));
 * socket.connect();
 * socket.send("hello");
 */
export class Socket extends LegacySocket {
  /**
   * Creates a socket, which connects when `connect()` is called.
   *
   * @param host the host of the server; the default is `"localhost"`
   * @throws an `INVALID_OPTION` error if `transports` has an unknown name
   */
  constructor(host?: string, options?: SocketOptions);
  constructor(options: SocketOptions);
  constructor(host?: string | SocketOptions, options?: SocketOptions) {
    super(node, host, options);
  }
}

/**
 * Has no effect: it set the path of the files of `flashsocket`, which no longer exists.
 *
 * @since 4.9.0
 */
export function setPath(_path: string): void {}
