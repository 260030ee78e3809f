/** What is used of µWebSockets.js, so that its package need not be installed for the types. */

/** What µWebSockets.js takes as a text. */
type Text = string | ArrayBuffer | Uint8Array;

/** A request; it may be read until its handler returns. */
export interface UwsRequest {
  getMethod(): string;
  getUrl(): string;
  getQuery(): string;
  getHeader(lowerCaseName: string): string;
  forEach(visit: (name: string, value: string) => void): void;
  setYield(goOn: boolean): unknown;
}

/** A response; it may be used until it is ended or aborted. */
export interface UwsResponse {
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  end(body?: string | Uint8Array, closeConnection?: boolean): unknown;
  endWithoutBody(): unknown;
  close(): unknown;
  cork(write: () => void): unknown;
  onAborted(listener: () => void): unknown;
  onData(listener: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
  getRemoteAddressAsText(): ArrayBuffer;
  upgrade<UserData>(
    userData: UserData,
    key: string,
    protocol: string,
    extensions: string,
    context: never,
  ): void;
}

/** A WebSocket; it may be used until its `close` handler is called. */
export interface UwsWebSocket<UserData = unknown> {
  getUserData(): UserData;
  send(message: Text, isBinary?: boolean, compress?: boolean): number;
  end(code?: number, reason?: string): void;
  close(): void;
  getBufferedAmount(): number;
  subscribe(topic: string): boolean;
  unsubscribe(topic: string): boolean;
  getTopics(): string[];
}

/**
 * An app of µWebSockets.js: what `App()` or `SSLApp()` gives.
 *
 * Only the members that are used are named.
 */
export interface UwsApp {
  any(pattern: string, handler: (res: UwsResponse, req: UwsRequest) => void): unknown;
  ws(pattern: string, behavior: object): unknown;
  publish(topic: string, message: string, isBinary?: boolean, compress?: boolean): boolean;
}

/** How an app serves the connections; what is not given is left to µWebSockets.js, except for `maxBackpressure`. */
export interface UwsOptions {
  /**
   * The compressor of WebSocket messages, such as `uWS.SHARED_COMPRESSOR`. Used with the option `perMessageDeflate`,
   * for messages above its threshold.
   * @default uWS.DISABLED
   */
  compression?: number;
  /**
   * How long a WebSocket may be silent in both directions, in seconds: 8 to 960, or 0 for ever. Must be longer than
   * `pingInterval`.
   * @default 120
   */
  idleTimeout?: number;
  /**
   * How much may wait to be sent over one WebSocket, in bytes; 0 for any amount. A connection that has more waiting is
   * closed: its client would miss messages.
   * @default 0
   */
  maxBackpressure?: number;
}
