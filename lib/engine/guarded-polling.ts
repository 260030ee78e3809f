/** Long-polling that takes the packets of a large request in slices, and a request with too many not at all. */
import type { ServerResponse } from "node:http";
import { parse as parseQuery } from "node:querystring";
import { codedError } from "../errors";
import type { EngineRequest } from "./contract";
import type {
  PollingRequest,
  RawPacket,
  StockPolling,
  StockPollingConstructor,
  StockTransport,
} from "./engine-contract";

/** How many packets are taken before others have their turn. */
const SLICE = 100;

/** Between two packets of a request (Engine.IO protocol 4, "HTTP long-polling"). */
const SEPARATOR = "\x1e";

type Body = string | Buffer;

/** Makes a transport of engine.io's; `unwrap` gives the packets of a body as they are joined. */
export function guardedPolling(
  Base: StockPollingConstructor,
  unwrap: (body: Body) => Body | undefined,
): new (
  req: EngineRequest,
  mostPackets: number,
) => StockTransport {
  return class extends Base {
    readonly #mostPackets: number;
    /** The request that brings packets at the moment. */
    #request: PollingRequest | undefined;
    /** Whether it is there as a whole. */
    #isComplete = false;

    constructor(req: EngineRequest, mostPackets: number) {
      super(req);
      this.#mostPackets = mostPackets;
    }

    override onRequest(req: PollingRequest): void {
      const { res } = req;
      if (req.method !== "POST" || !res) {
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
      const stop = () => {
        req.removeListener("data", onData);
        req.removeListener("end", onEnd);
        req.removeListener("close", onClose);
      };
      const onData = (chunk: Body) => {
        const buffer = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
        bytes += buffer.length;
        chunks.push(buffer);
        if (bytes > this.maxHttpBufferSize) {
          stop();
          this.#refuse(res, "PAYLOAD_TOO_LARGE", this.maxHttpBufferSize);
        }
      };
      const onEnd = () => {
        stop();
        this.#isComplete = true;
        const body = Buffer.concat(chunks, bytes);
        this.#take(req, res, unwrap(isBinary ? body : body.toString()));
      };
      const onClose = () => {
        stop();
        this.#request = undefined;
        this.onError("data request connection closed prematurely");
      };
      this.#request = req;
      this.#isComplete = false;
      req.on("data", onData);
      req.on("end", onEnd);
      req.on("close", onClose);
    }

    /** Ends the connection, for a reason that has a code. */
    #refuse(res: ServerResponse, code: "PAYLOAD_TOO_LARGE" | "PACKETS_PER_PAYLOAD", most: number): void {
      res.writeHead(413).end();
      this.#request = undefined;
      failWith(this, code, most);
    }

    #take(req: PollingRequest, res: ServerResponse, body: Body | undefined): void {
      const packets = body === undefined ? [] : packetsOf(this, body, this.#mostPackets);
      if (packets) {
        this.#takeSlice(req, res, packets[Symbol.iterator]());
      } else {
        this.#refuse(res, "PACKETS_PER_PAYLOAD", this.#mostPackets);
      }
    }

    #takeSlice(req: PollingRequest, res: ServerResponse, packets: Iterator<RawPacket>): void {
      for (let taken = 0; taken < SLICE; taken++) {
        const { value: packet, done } = packets.next();
        if (done || this.readyState === "closed") {
          this.#answer(req, res);
          return;
        }
        takePacket(this, packet);
      }
      // the client waits for the answer: there is no other request before the last packet was taken
      setImmediate(() => this.#takeSlice(req, res, packets));
    }

    #answer(req: PollingRequest, res: ServerResponse): void {
      // older browsers would offer a text/plain answer as a download
      const headers = { "Content-Type": "text/html", "Content-Length": "2" };
      res.writeHead(200, this.headers(req, headers));
      res.end("ok");
      this.#request = undefined;
    }

    override doClose(done: () => void): void {
      if (!this.#isComplete) {
        this.#request?.destroy();
      }
      super.doClose(done);
    }
  };
}

/** Takes one packet of a request; while the connection is being closed, only the end of it. */
export function takePacket(
  polling: Pick<StockPolling, "readyState" | "onClose" | "onPacket">,
  packet: RawPacket,
): void {
  if (packet.type === "close") {
    polling.onClose();
  } else if (polling.readyState === "open") {
    polling.onPacket(packet);
  }
}

/** Ends the connection of a transport, for a reason that has a code. */
export function failWith(
  transport: StockTransport,
  code: "PAYLOAD_TOO_LARGE" | "PACKETS_PER_PAYLOAD",
  most: number,
): void {
  if (transport.listenerCount("error") > 0) {
    transport.emit("error", Object.assign(codedError(code, most), { type: "TransportError" }));
  }
}

/** The packets of a body; undefined if there are more than `most`. */
export function packetsOf(
  { parser, protocol }: Pick<StockPolling, "parser" | "protocol">,
  body: Body,
  most: number,
): Iterable<RawPacket> | undefined {
  if (typeof body === "string" && protocol === 4) {
    return hasMore(body, most) ? undefined : decoded(body, (packet) => parser.decodePacket(packet));
  }
  const packets: RawPacket[] = [];
  parser.decodePayload(body, (packet) => packets.push(packet) <= most);
  return packets.length > most ? undefined : packets;
}

/** Whether there are more packets. */
function hasMore(body: string, most: number): boolean {
  let packets = 1;
  for (let i = body.indexOf(SEPARATOR); i !== -1 && packets <= most; i = body.indexOf(SEPARATOR, i + 1)) {
    packets++;
  }
  return packets > most;
}

/** The packets, up to the first that is none; each is decoded when it is asked for. */
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

/** The packets in the form that a script element has sent: line breaks are escaped in it. */
export function unwrapped(form: Body): string | undefined {
  const { d } = parseQuery(String(form));
  return typeof d === "string"
    ? d.replace(/(\\)?\\n/g, (found, backslash) => (backslash ? found : "\n")).replaceAll("\\\\n", "\\n")
    : undefined;
}
