/** Long-polling transports that refuse requests above their limits, and handle the packets of a request in slices. */
import type { ServerResponse } from "node:http";
import { parse as parseQuery } from "node:querystring";
import { inNextTurn } from "../at-load";
import { type CodedError, codedError } from "../errors";
import type { EngineRequest } from "./port";
import type {
  PollingRequest,
  RawPacket,
  StockPolling,
  StockPollingConstructor,
  StockTransport,
  TransportOptions,
} from "./stock";

/** The number of packets that are handled in one turn of the event loop. */
const SLICE = 100;

/** Separates the packets of a request (Engine.IO protocol 4, "HTTP long-polling"). */
const SEPARATOR = "\x1e";

type Body = string | Buffer;

/** A transport that reads its limits from the options of the engine at each request. */
export interface GuardedPolling extends StockPolling {
  /** The latest response, as long as the client has not read all of it. */
  readonly pendingResponse?: ServerResponse | undefined;
  /** Destroys the POST request whose body has not arrived completely. */
  abortBody(): void;
}

export type GuardedPollingConstructor = new (
  req: EngineRequest,
  limits: TransportOptions,
  maxPackets: number,
) => GuardedPolling;

/** Derives a guarded transport class from a class of engine.io; `unwrap` returns the encoded packets in a body. */
export function guardedPolling(
  Base: StockPollingConstructor,
  unwrap: (body: Body) => Body | undefined,
): GuardedPollingConstructor {
  return class extends Base {
    readonly #limits: TransportOptions;
    readonly #maxPackets: number;
    /** The POST request whose body is being read, or whose packets are being handled. */
    #request: PollingRequest | undefined;
    /** Whether the body of this request has arrived completely. */
    #isComplete = false;
    /** The response to the latest GET request. */
    #response: ServerResponse | undefined;
    /** The response before it, if the client had not read all of it when it sent the latest GET request. */
    #earlier: ServerResponse | undefined;

    constructor(req: EngineRequest, limits: TransportOptions, maxPackets: number) {
      super(req, limits);
      this.#limits = limits;
      this.#maxPackets = maxPackets;
    }

    override onRequest(req: PollingRequest): void {
      const { res } = req;
      if (req.method !== "POST" || !res) {
        if (req.method === "GET" && res && !this.req) {
          this.#follow(res);
        }
        super.onRequest(req);
        return;
      }
      req.res = null;
      const isBinary = req.headers["content-type"] === "application/octet-stream";
      if (this.#request) {
        this.onError("data request overlap from client");
        res.writeHead(400).end();
      } else if (isBinary && this.protocol === 4) {
        this.onError("invalid content");
        res.writeHead(400).end();
      } else {
        this.#read(req, res, isBinary);
      }
    }

    #read(req: PollingRequest, res: ServerResponse, isBinary: boolean): void {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const { maxHttpBufferSize, maxBufferedChunks, httpRequestBodyTimeout } = this.#limits;
      const stop = () => {
        clearTimeout(timer);
        req.removeListener("data", onData);
        req.removeListener("end", onEnd);
        req.removeListener("close", onClose);
      };
      const refuse = (status: 408 | 413, error: CodedError) => {
        stop();
        this.#refuse(req, res, status, error);
      };
      const onData = (chunk: Body) => {
        const buffer = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
        bytes += buffer.length;
        chunks.push(buffer);
        if (bytes > maxHttpBufferSize) {
          refuse(413, codedError("PAYLOAD_TOO_LARGE", maxHttpBufferSize));
        } else if (chunks.length > maxBufferedChunks) {
          refuse(413, codedError("TOO_MANY_CHUNKS", maxBufferedChunks));
        }
      };
      const onEnd = () => {
        stop();
        this.#isComplete = true;
        this.#handleBody(req, res, unwrap(isBinary ? Buffer.concat(chunks, bytes) : textOf(chunks, bytes)));
      };
      const onClose = () => {
        stop();
        this.#request = undefined;
        this.onError("data request connection closed prematurely");
      };
      const timer = setTimeout(() => {
        refuse(408, codedError("BODY_TIMEOUT", httpRequestBodyTimeout));
      }, httpRequestBodyTimeout);
      this.#request = req;
      this.#isComplete = false;
      req.on("data", onData);
      req.on("end", onEnd);
      req.on("close", onClose);
    }

    /** Refuses a request with a status and the error, and closes the connection of the transport. */
    #refuse(req: PollingRequest, res: ServerResponse, status: 408 | 413, error: CodedError): void {
      this.#request = undefined;
      // the rest of the body is not read
      req.pause();
      const { code, message } = error;
      // HTTP/2 has no such header
      const connection = req.httpVersionMajor < 2 ? { Connection: "close" } : {};
      res.writeHead(status, { ...connection, "Content-Type": "application/json" });
      res.end(JSON.stringify({ code, message }), () => req.destroy());
      failWith(this, error);
    }

    #handleBody(req: PollingRequest, res: ServerResponse, body: Body | undefined): void {
      const packets = body === undefined ? [] : packetsOf(this, body, this.#maxPackets);
      if (packets) {
        this.#handleSlice(req, res, packets[Symbol.iterator]());
      } else {
        this.#refuse(req, res, 413, codedError("PACKETS_PER_PAYLOAD", this.#maxPackets));
      }
    }

    #handleSlice(req: PollingRequest, res: ServerResponse, packets: Iterator<RawPacket>): void {
      for (let handled = 0; handled < SLICE; handled++) {
        const { value: packet, done } = packets.next();
        if (done || this.readyState === "closed") {
          this.#answer(req, res);
          return;
        }
        passPacket(this, packet);
      }
      // the order of packets is kept: the client sends no other POST request before it has the response
      inNextTurn(() => this.#handleSlice(req, res, packets));
    }

    #answer(req: PollingRequest, res: ServerResponse): void {
      // older browsers would offer a text/plain response as a download
      const headers = { "Content-Type": "text/html", "Content-Length": "2" };
      res.writeHead(200, this.headers(req, headers));
      res.end("ok");
      this.#request = undefined;
    }

    /**
     * Takes the response to another GET request. The operating system may report a little later that the client has read the
     * one before, but a client that has read neither of the two before does not read at all.
     */
    #follow(response: ServerResponse): void {
      destroyUnread(this.#earlier);
      this.#earlier = this.pendingResponse;
      this.#response = response;
    }

    get pendingResponse(): ServerResponse | undefined {
      return this.#response?.writableFinished ? undefined : this.#response;
    }

    abortBody(): void {
      if (!this.#isComplete) {
        this.#request?.destroy();
      }
    }

    override doClose(done: () => void): void {
      this.abortBody();
      super.doClose(done);
    }

    override onClose(): void {
      destroyUnread(this.#earlier);
      super.onClose();
    }
  };
}

function destroyUnread(response: ServerResponse | undefined): void {
  if (response && !response.writableFinished) {
    response.destroy();
  }
}

/**
 * Derives a transport class that only limits the number of packets in a request, for µWebSockets.js and for versions of
 * engine.io that do not work with {@link guardedPolling}. engine.io reads the requests, applies the other limits and responds.
 */
export function countedPolling(
  Base: StockPollingConstructor,
  unwrap: (body: Body) => Body | undefined,
): GuardedPollingConstructor {
  return class extends Base {
    readonly #maxPackets: number;

    constructor(req: EngineRequest, limits: TransportOptions, maxPackets: number) {
      super(req, limits);
      this.#maxPackets = maxPackets;
    }

    override onData(body: Body): void {
      const joined = unwrap(body);
      const packets = joined === undefined ? [] : packetsOf(this, joined, this.#maxPackets);
      if (!packets) {
        failWith(this, codedError("PACKETS_PER_PAYLOAD", this.#maxPackets));
        return;
      }
      for (const packet of packets) {
        if (this.readyState === "closed") {
          return;
        }
        passPacket(this, packet);
      }
    }

    abortBody(): void {
      this.dataReq?.destroy();
    }
  };
}

/** Handles one packet of a request. While the connection is being closed, ignores all packets but a close packet. */
function passPacket(
  polling: Pick<StockPolling, "readyState" | "onClose" | "onPacket">,
  packet: RawPacket,
): void {
  if (packet.type === "close") {
    polling.onClose();
  } else if (polling.readyState === "open") {
    polling.onPacket(packet);
  }
}

/** Closes the connection of a transport with the reason "transport error", and with the error as the description. */
function failWith(transport: StockTransport, error: CodedError): void {
  if (transport.listenerCount("error") > 0) {
    transport.emit("error", Object.assign(error, { type: "TransportError" }));
  }
}

/** Returns the text of a body, which is not copied first if it has arrived in one chunk. */
function textOf(chunks: readonly Buffer[], bytes: number): string {
  const [first] = chunks;
  return String(chunks.length === 1 && Buffer.isBuffer(first) ? first : Buffer.concat(chunks, bytes));
}

/** Returns the packets of a body; undefined if there are more than `max`. */
function packetsOf(
  { parser, protocol }: Pick<StockPolling, "parser" | "protocol">,
  body: Body,
  max: number,
): Iterable<RawPacket> | undefined {
  if (typeof body === "string" && protocol === 4) {
    if (!body.includes(SEPARATOR)) {
      return max < 1 ? undefined : [parser.decodePacket(body)];
    }
    return hasMore(body, max) ? undefined : decoded(body, (packet) => parser.decodePacket(packet));
  }
  const packets: RawPacket[] = [];
  parser.decodePayload(body, (packet) => packets.push(packet) <= max);
  return packets.length > max ? undefined : packets;
}

/** Whether a body has more packets than `max`. */
function hasMore(body: string, max: number): boolean {
  let packets = 1;
  for (let i = body.indexOf(SEPARATOR); i !== -1 && packets <= max; i = body.indexOf(SEPARATOR, i + 1)) {
    packets++;
  }
  return packets > max;
}

/** Yields the packets up to and including the first invalid one; decodes each packet when it is requested. */
function* decoded(body: string, decode: (packet: string) => RawPacket): Generator<RawPacket> {
  for (let start = 0, end = 0; end !== -1; start = end + 1) {
    end = body.indexOf(SEPARATOR, start);
    const packet = decode(end === -1 ? body.slice(start) : body.slice(start, end));
    yield packet;
    if (packet.type === "error") {
      return;
    }
  }
}

/** Returns the encoded packets in the form data of a JSONP client, which escapes line breaks. */
export function unwrapped(form: Body): string | undefined {
  const { d } = parseQuery(String(form));
  return typeof d === "string"
    ? d.replace(/(\\)?\\n/g, (found, backslash) => (backslash ? found : "\n")).replaceAll("\\\\n", "\\n")
    : undefined;
}
