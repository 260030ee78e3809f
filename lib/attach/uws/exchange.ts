/** A request of µWebSockets.js that may be read later, with a response that may be aborted at any time. */
import type { TransportOptions } from "../../connection/stock";
import type { UwsRequest, UwsResponse } from "./app";

/** What the handler of a request can read, copied; the engine adds members of its own. */
export class KeptRequest {
  readonly #method: string;
  readonly #path: string;
  readonly #query: string;
  readonly #fields = new Map<string, string>();
  /** Whether µWebSockets.js closes the connection behind the response: it goes by the length of the header. */
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
      // a field may stand in several lines, such as one from each proxy (RFC 9110, section 5.3)
      const separator = name === "cookie" ? "; " : ", ";
      this.#fields.set(name, earlier === undefined ? value : `${earlier}${separator}${value}`);
    });
  }

  /** Its other name, as in requests of Node.js. */
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

/** What became of an upgrade is told to whoever asked for it. */
interface Upgraded {
  readonly transport: { onClose(): void };
}

/** Keeps status and headers until the response ends; does nothing once it has ended or was aborted. */
export class CarefulResponse {
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
    // the first one counts
    this.status ??= status;
    return this;
  }

  writeHeader(name: string, value: unknown): this {
    // middlewares give numbers as well, which µWebSockets.js does not take
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

  /** Keeps the body until {@link onData} is called; of a body over the limits, up to the chunk that is over them. */
  keepBody({ maxHttpBufferSize, maxBufferedChunks }: TransportOptions): this {
    let bytes = 0;
    this.response.onData((chunk, isLast) => {
      if (this.takeBody) {
        this.takeBody(chunk, isLast);
      } else if (bytes <= maxHttpBufferSize && this.body.length <= maxBufferedChunks) {
        bytes += chunk.byteLength;
        // µWebSockets.js reuses the memory when this returns
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
    // behind these the client may go on sending its request
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
      // not within cork(), which may close the WebSocket: https://github.com/uNetworking/uWebSockets/pull/1929
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
