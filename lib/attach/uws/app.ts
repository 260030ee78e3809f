/** The types of µWebSockets.js that are used, so that its package need not be installed. */

/** A text or binary message, or a topic. */
type Text = string | ArrayBuffer | Uint8Array;

/** A request. It must not be used after its handler has returned. */
export interface UwsRequest {
  getMethod(): string;
  getUrl(): string;
  getQuery(): string;
  getHeader(lowerCaseName: string): string;
  forEach(visit: (name: string, value: string) => void): void;
  setYield(goOn: boolean): unknown;
}

/** A response. It must not be used after it has ended or was aborted. */
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

/** A WebSocket. It must not be used after its `close` handler was called. */
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
 * An app of µWebSockets.js, as `App()` or `SSLApp()` returns it. The type has only the members that the library uses.
 *
 * @since 4.9.0
 */
export interface UwsApp {
  /** Adds a handler of HTTP requests. */
  any(pattern: string, handler: (res: UwsResponse, req: UwsRequest) => void): unknown;
  /** Adds handlers of WebSocket connections. */
  ws(pattern: string, behavior: object): unknown;
  /** Sends a message to the connections that have subscribed to a topic. */
  publish(topic: string, message: string, isBinary?: boolean, compress?: boolean): boolean;
}

/**
 * The options of `attachApp()` for WebSockets over µWebSockets.js.
 *
 * @since 4.9.0
 */
export interface UwsOptions {
  /**
   * The compressor of WebSocket messages, such as `uWS.SHARED_COMPRESSOR`. It is used for messages above the threshold
   * of the option `perMessageDeflate`, and has no effect without this option.
   * @default uWS.DISABLED
   */
  compression?: number;
  /**
   * How long a WebSocket may stay open without any data in either direction, in seconds: 8 to 960, or 0 for no limit.
   * It must be longer than `pingInterval`.
   * @default 120
   */
  idleTimeout?: number;
  /**
   * The maximum number of bytes that are buffered for one WebSocket; 0 for no limit. A connection that exceeds it is
   * closed, since its client would miss messages.
   * @default 0
   */
  maxBackpressure?: number;
}
