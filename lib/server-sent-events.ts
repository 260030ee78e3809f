/** The client side of the transport over server-sent events, for browsers and Node.js: an entry point of its own. */
import type { ManagerOptions } from "socket.io-client";

/**
 * A class for the option `transports` of `socket.io-client`.
 *
 * @since 4.9.0
 */
export type TransportClass = Extract<
  NonNullable<ManagerOptions["transports"]>[number],
  new (
    options: never,
  ) => unknown
>;

/** The options of `socket.io-client` that this transport uses. */
interface TransportOptions extends ServerSentEventsOptions {
  readonly query: Record<string, unknown>;
  readonly socket: ClientConnection;
  readonly hostname: string;
  readonly port?: string | number;
  readonly path: string;
  readonly secure?: boolean;
  readonly timestampRequests?: boolean;
  readonly timestampParam?: string;
  readonly extraHeaders?: Record<string, string>;
  readonly withCredentials?: boolean;
}

/** The members of the client's connection that this transport uses. */
interface ClientConnection {
  readonly binaryType: string;
  /** The cookies of the server, outside of browsers. */
  readonly _cookieJar?: {
    appendCookies(headers: Headers): void;
    parseCookies(values: string[] | undefined): void;
  };
}

interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

type Bytes = ArrayBuffer | ArrayBufferView | Blob;

type State = "opening" | "open" | "pausing" | "paused" | "closed";

/** The packet types of the Engine.IO protocol, by the first character of a packet. */
const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;

/** Separates the packets of a request (Engine.IO protocol 4, "HTTP long-polling"). */
const SEPARATOR = "\x1e";

const CLOSE = "1";
const NOOP = "6";

/** The time for the open packet, in milliseconds. */
const OPEN_TIMEOUT = 10_000;

/**
 * The members of the option `transportOptions.sse` that this transport has in addition.
 *
 * @since 4.9.0
 */
export interface ServerSentEventsOptions {
  /**
   * How long to wait for the first packet of the server, in milliseconds. If a proxy holds the stream back, the attempt
   * then fails, and with the option `tryAllTransports` the client continues with the next transport.
   * @default 10000
   */
  openTimeout?: number;
}

/** The members of `EventSource` that are used where responses have no streams. */
interface EventSourceLike {
  onmessage: ((event: { data: string }) => void) | null;
  onerror: (() => void) | null;
  close(): void;
}

type EventSourceConstructor = new (url: string, options: { withCredentials: boolean }) => EventSourceLike;

type Listener = (...args: never[]) => void;

/** The part of an event emitter that `socket.io-client` uses. */
class Emitter {
  readonly #listeners = new Map<string, { listener: Listener; isOnce: boolean }[]>();

  once(event: string, listener: Listener): this {
    return this.on(event, listener, true);
  }

  on(event: string, listener: Listener, isOnce = false): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), { listener, isOnce }]);
    return this;
  }

  /** Removes a listener, all listeners of an event, or all listeners. */
  off(event?: string, listener?: Listener): this {
    if (event === undefined) {
      this.#listeners.clear();
    } else {
      const kept = (this.#listeners.get(event) ?? []).filter((one) => listener && one.listener !== listener);
      this.#listeners.set(event, kept);
    }
    return this;
  }

  removeListener = this.off;
  removeAllListeners = this.off;

  emit(event: string, ...args: unknown[]): this {
    for (const { listener, isOnce } of this.#listeners.get(event) ?? []) {
      isOnce && this.off(event, listener);
      (listener as (...args: unknown[]) => void).apply(this, args);
    }
    return this;
  }
}

/** The transport, with the methods and events that `socket.io-client` expects. */
class Transport extends Emitter {
  readonly query: Record<string, unknown>;
  writable = false;
  /** Cuts the stream. */
  #cut: (() => void) | undefined;
  /** Whether nothing that the stream does has an effect any more. */
  #isOver = false;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  /** The maximum size of a request, in bytes. */
  #maxPayload = Number.POSITIVE_INFINITY;
  /** Called when the server has confirmed that it has sent everything. */
  #onPaused: (() => void) | undefined;
  #state: State | undefined;
  readonly #reader = new EventReader((message) => {
    try {
      this.#take(message);
    } catch (error) {
      // the error of a listener does not end the reading of the stream
      queueMicrotask(() => {
        throw error;
      });
    }
  });

  constructor(private readonly opts: TransportOptions) {
    super();
    this.query = opts.query;
  }

  get name(): string {
    return "sse";
  }

  open(): this {
    this.#state = "opening";
    const { openTimeout = OPEN_TIMEOUT } = this.opts;
    this.#openTimer = setTimeout(() => this.#fail("timeout"), openTimeout);
    if (typeof Response === "function" && "body" in Response.prototype) {
      this.#openStream();
    } else {
      this.#openEventSource();
    }
    return this;
  }

  async #openStream(): Promise<void> {
    const controller = new AbortController();
    this.#cut = () => controller.abort();
    const fail = (error: unknown) => this.#fail(error);
    const response = await this.#request({ signal: controller.signal }).catch(fail);
    if (!response) {
      return;
    }
    const { ok, status, headers, body } = response;
    if (!ok || !body || !headers.get("content-type")?.startsWith("text/event-stream")) {
      this.#fail(status, response);
      return;
    }
    const reader = body.getReader();
    const decoder = new TextDecoder();
    while (!this.#isOver) {
      const chunk = await reader.read().catch(fail);
      if (chunk?.value) {
        this.#reader.read(decoder.decode(chunk.value, { stream: true }));
      } else {
        this.#fail("the stream has ended");
      }
    }
  }

  #openEventSource(): void {
    const { EventSource } = globalThis as unknown as { EventSource: EventSourceConstructor };
    const source = new EventSource(this.#url(), { withCredentials: this.opts.withCredentials === true });
    // otherwise it would connect again by itself
    this.#cut = () => source.close();
    source.onmessage = ({ data }) => this.#take(data);
    source.onerror = () => this.#fail("the stream has ended");
  }

  /** Sends a request with the headers and cookies of the client. */
  async #request(init: RequestInit): Promise<Response> {
    const headers = new Headers(this.opts.extraHeaders);
    if (init.body !== undefined) {
      headers.set("content-type", "text/plain;charset=UTF-8");
    }
    const { _cookieJar: cookies } = this.opts.socket;
    cookies?.appendCookies(headers);
    const credentials = this.opts.withCredentials ? "include" : "omit";
    const response = await fetch(this.#url(), { ...init, headers, credentials });
    cookies?.parseCookies(response.headers.getSetCookie?.());
    return response;
  }

  #url(): string {
    const { secure, hostname, port, path, timestampRequests, timestampParam = "t" } = this.opts;
    const query = { ...this.query };
    if (timestampRequests !== false) {
      query[timestampParam] = Math.random().toString(36).slice(2);
    }
    const pairs = Object.entries(query).map((pair) =>
      pair.map((text) => encodeURIComponent(String(text))).join("="),
    );
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    return `${secure ? "https" : "http"}://${host}${port ? `:${port}` : ""}${path}?${pairs.join("&")}`;
  }

  /** Handles a message of the stream. */
  #take(message: string): void {
    if (this.#isOver) {
      return;
    }
    const packet = decode(message, this.opts.socket.binaryType);
    switch (packet.type) {
      case "open":
        clearTimeout(this.#openTimer);
        this.#maxPayload = maxPayloadOf(packet.data) ?? this.#maxPayload;
        this.#state = "open";
        this.writable = true;
        this.emit("open");
        this.emit("packet", packet);
        break;
      case "close":
        this.#end({ description: "transport closed by the server" });
        break;
      case "noop":
        if (this.#onPaused) {
          // the server ends the stream
          this.#isOver = true;
          this.#onPaused();
        }
        break;
      default:
        this.emit("packet", packet);
    }
  }

  /** Ends the transport, since a request has failed or the stream has ended. */
  #fail(description: unknown, context?: unknown): void {
    if (this.#isOver) {
      return;
    }
    if (this.#state === "opening") {
      this.#stop();
      this.#report("server-sent events error", description, context);
    } else {
      this.#end({ description: "server-sent events closed", context: description });
    }
  }

  #report(message: string, description: unknown, context: unknown): void {
    this.emit("error", Object.assign(new Error(message), { type: "TransportError", description, context }));
  }

  #end(details?: object): void {
    this.#stop();
    this.#state = "closed";
    this.emit("close", details);
  }

  #stop(): void {
    this.#isOver = true;
    clearTimeout(this.#openTimer);
    this.#cut?.();
  }

  /** Sends packets; emits "drain" when the server has received them. */
  send(packets: readonly Packet[]): void {
    if (this.#state === "open") {
      this.writable = false;
      // called at once for each packet: the client changes the list later
      this.#post(Promise.all(packets.map(encode)), () => {
        this.writable = true;
        this.emit("drain");
      });
    }
  }

  /** Sends encoded packets, in several requests if they are larger than the server accepts. */
  async #post(encoded: PromiseLike<string[]>, done: () => void): Promise<void> {
    try {
      for (const body of bodiesOf(await encoded, this.#maxPayload)) {
        if (this.#state === "closed") {
          return;
        }
        const response = await this.#request({ method: "POST", body });
        if (!response.ok) {
          this.#report("server-sent events write error", response.status, response);
          return;
        }
        // otherwise the next request could not use the same connection
        await response.text();
      }
    } catch (error) {
      this.#report("server-sent events write error", error, undefined);
      return;
    }
    done();
  }

  /** Has the server end the stream, so that no packet is lost during an upgrade. */
  pause(onPause: () => void): void {
    this.#state = "pausing";
    this.#onPaused = () => {
      this.#state = "paused";
      onPause();
    };
    const askForEnd = () => this.#post(Promise.resolve([NOOP]), () => {});
    this.writable ? askForEnd() : this.once("drain", askForEnd);
  }

  close(): this {
    if (this.#state === "opening") {
      this.#end();
    } else if (this.#state === "open") {
      this.#isOver = true;
      const cut = () => this.#stop();
      this.#request({ method: "POST", body: CLOSE }).then(cut, cut);
      this.#state = "closed";
      this.emit("close");
    } else if (this.#state === "pausing" || this.#state === "paused") {
      this.#stop();
      this.#state = "closed";
    }
    return this;
  }
}

/**
 * A transport for the option `transports` of `socket.io-client`: the server sends its packets as server-sent events, and
 * the client sends its packets in POST requests. The server needs `"sse"` in its option `transports`.
 *
 * The options `path`, `query`, `extraHeaders` and `withCredentials` of the client apply. `extraHeaders` needs a browser or
 * runtime with streams in the responses of `fetch()`; elsewhere the class uses `EventSource`, which has no such option.
 *
 * @since 4.9.0
 * @example
 * import { io, WebSocket } from "socket.io-client";
 * import { ServerSentEvents } from "socket.io/server-sent-events";
 *
 * const socket = io("https://example.com", { transports: [ServerSentEvents, WebSocket] });
 */
export const ServerSentEvents: TransportClass = Transport as unknown as TransportClass;

/** Reads an event stream (HTML, "Server-sent events"). */
class EventReader {
  /** The parts of the line that has not arrived completely. */
  #line: string[] = [];
  /** The lines of the message that has not arrived completely. */
  #message: string[] = [];

  constructor(private readonly take: (message: string) => void) {}

  read(text: string): void {
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      this.#line.push(text.slice(start, end));
      const line = this.#line.join("");
      this.#line = [];
      start = end + 1;
      this.#readLine(line);
    }
    if (start < text.length) {
      this.#line.push(text.slice(start));
    }
  }

  #readLine(given: string): void {
    const line = given.endsWith("\r") ? given.slice(0, -1) : given;
    if (line.startsWith("data:")) {
      this.#message.push(line.slice(line[5] === " " ? 6 : 5));
    } else if (line === "" && this.#message.length > 0) {
      const message = this.#message.join("\n");
      this.#message = [];
      this.take(message);
    }
  }
}

/** Decodes a message of the stream: a packet, or a JSON string with a packet. */
function decode(message: string, binaryType: string): Packet {
  try {
    const text: string = message.startsWith('"') ? JSON.parse(message) : message;
    if (text.startsWith("b")) {
      return { type: "message", data: decodeBase64(text.slice(1), binaryType) };
    }
    const type = TYPES[Number(text[0])];
    if (type === "open") {
      maxPayloadOf(text.slice(1)); // throws if the handshake is invalid
    }
    if (type) {
      return text.length > 1 ? { type, data: text.slice(1) } : { type };
    }
  } catch {
    // as below
  }
  return { type: "error", data: "parser error" };
}

/** Returns the maximum size of a request in the data of the open packet, in bytes. */
function maxPayloadOf(data: unknown): number | undefined {
  return JSON.parse(String(data)).maxPayload;
}

/** Encodes a packet, binary data as base64. */
async function encode({ type, data }: Packet): Promise<string> {
  if (typeof data === "object" && data !== null) {
    return `b${encodeBase64(data instanceof Blob ? await data.arrayBuffer() : (data as Exclude<Bytes, Blob>))}`;
  }
  return `${TYPES.indexOf(type as (typeof TYPES)[number])}${data ?? ""}`;
}

function encodeBase64(data: ArrayBuffer | ArrayBufferView): string {
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}

/** Decodes base64 to the type of binary data that the client uses. */
function decodeBase64(base64: string, binaryType: string): Uint8Array | ArrayBuffer | Blob {
  if (binaryType === "nodebuffer") {
    // bundlers for browsers would add a replacement for the name alone
    return globalThis.Buffer.from(base64, "base64");
  }
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = binary.charCodeAt(i);
  }
  return binaryType === "blob" ? new Blob([bytes]) : bytes.buffer;
}

/** Joins packets to requests of at most `max` bytes, as far as a single packet does not exceed them. */
function bodiesOf(packets: readonly string[], max: number): string[] {
  const encoder = new TextEncoder();
  const bodies: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const packet of packets) {
    const bytes = max === Number.POSITIVE_INFINITY ? 0 : encoder.encode(packet).length;
    size += SEPARATOR.length + bytes;
    if (bodies.length === 0 || size > max) {
      bodies.push([]);
      size = bytes;
    }
    bodies[bodies.length - 1].push(packet);
  }
  return bodies.map((body) => body.join(SEPARATOR));
}
