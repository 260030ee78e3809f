/** A request of µWebSockets.js that can be read later, and a response that can be used after it was aborted. */
import type { TransportOptions } from "../../connection/stock";
import type { UwsRequest, UwsResponse } from "./app";

/** A copy of a request, which can be read after its handler has returned. The engine adds further members. */
export class RequestCopy {
  readonly #method: string;
  readonly #path: string;
  readonly #query: string;
  readonly #fields = new Map<string, string>();
  /** Whether µWebSockets.js closes the connection after the response. It decides by the length of the header alone. */
  readonly isLast: boolean;
  /** Set by the engine. */
  connection?: { readonly remoteAddress: string };

  constructor(request: UwsRequest) {
    this.#method = request.getMethod();
    this.#path = request.getUrl();
    this.#query = request.getQuery() ?? "";
    this.isLast = request.getHeader("connection").length === "close".length;
    request.forEach((name, value) => {
      const earlier = this.#fields.get(name);
      // a header may have several lines, for example one from each proxy (RFC 9110, section 5.3)
      const separator = name === "cookie" ? "; " : ", ";
      this.#fields.set(name, earlier === undefined ? value : `${earlier}${separator}${value}`);
    });
  }

  /** An alias of {@link connection}, as in requests of Node.js. */
  get socket(): { readonly remoteAddress: string } | undefined {
    return this.connection;
  }

  getMethod(): string {
    return this.#method;
  }

  getUrl(): string {
    return this.#path;
  }

  getQuery(): string {
    return this.#query;
  }

  getHeader(lowerCaseName: string): string {
    return this.#fields.get(lowerCaseName) ?? "";
  }

  forEach(visit: (name: string, value: string) => void): void {
    for (const [name, value] of this.#fields) {
      visit(name, value);
    }
  }
}

type BodyListener = (chunk: ArrayBuffer, isLast: boolean) => void;

/** The user data of an upgrade. `onClose()` is called if the request is aborted first. */
interface Upgraded {
  readonly transport: { onClose(): void };
}

/**
 * A response that stores the status and the headers until it ends, and ignores calls after it has ended or was aborted.
 */
export class SafeResponse {
  private isOver = false;
  private wasAborted = false;
  private status?: string;
  private readonly headers: [name: string, value: string][] = [];
  private readonly abortListeners: (() => void)[] = [];
  private takeBody?: BodyListener;
  private readonly body: [chunk: ArrayBuffer, isLast: boolean][] = [];

  constructor(private readonly response: UwsResponse) {
    response.onAborted(() => {
      this.isOver = true;
      this.wasAborted = true;
      for (const listener of this.abortListeners) {
        listener();
      }
    });
  }

  getRemoteAddressAsText(): ArrayBuffer {
    return this.isOver ? new ArrayBuffer(0) : this.response.getRemoteAddressAsText();
  }

  writeStatus(status: string): this {
    // only the first status is used
    this.status ??= status;
    return this;
  }

  writeHeader(name: string, value: unknown): this {
    // middlewares pass numbers too, which µWebSockets.js does not accept
    this.headers.push([name, String(value)]);
    return this;
  }

  cork(write: () => void): this {
    write();
    return this;
  }

  onAborted(listener: () => void): this {
    if (this.wasAborted) {
      process.nextTick(listener);
    } else {
      this.abortListeners.push(listener);
    }
    return this;
  }

  /** Buffers the body until {@link onData} is called, up to the chunk that exceeds the limits. */
  bufferBody({ maxHttpBufferSize, maxBufferedChunks }: TransportOptions): this {
    let bytes = 0;
    this.response.onData((chunk, isLast) => {
      if (this.takeBody) {
        this.takeBody(chunk, isLast);
      } else if (bytes <= maxHttpBufferSize && this.body.length <= maxBufferedChunks) {
        bytes += chunk.byteLength;
        // copied: µWebSockets.js reuses the memory when this function returns
        this.body.push([chunk.slice(0), isLast]);
      }
    });
    return this;
  }

  onData(listener: BodyListener): this {
    this.takeBody = listener;
    for (const [chunk, isLast] of this.body.splice(0)) {
      if (!this.isOver) {
        listener(chunk, isLast);
      }
    }
    return this;
  }

  end(body?: string | Uint8Array): this {
    // closes the connection, since after these statuses the client may continue to send the body
    const closes = this.status?.startsWith("413") || this.status?.startsWith("408");
    this.finish(() => (closes ? this.response.end(body, true) : this.response.end(body)));
    return this;
  }

  endWithoutBody(): this {
    this.finish(() => this.response.endWithoutBody());
    return this;
  }

  close(): this {
    if (!this.isOver) {
      this.response.close();
    }
    return this;
  }

  upgrade(userData: Upgraded, key: string, protocol: string, extensions: string, context: unknown): void {
    if (this.isOver) {
      userData.transport.onClose();
    } else {
      this.finish();
      // not within cork(), which could close the WebSocket: https://github.com/uNetworking/uWebSockets/pull/1929
      this.response.upgrade(userData, key, protocol, extensions, context as never);
    }
  }

  private finish(write?: () => void): void {
    if (this.isOver) {
      return;
    }
    this.isOver = true;
    this.response.cork(() => {
      if (this.status !== undefined) {
        this.response.writeStatus(this.status);
      }
      for (const [name, value] of this.headers) {
        this.response.writeHeader(name, value);
      }
      write?.();
    });
  }
}
