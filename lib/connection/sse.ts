/** The transport over server-sent events: packets to the client in one long response, packets of the client in POST requests. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { cachedInTurn } from "./cached-in-turn";
import { EventStream, type StreamOwner } from "./event-stream";
import type { GuardedPollingConstructor } from "./polling";
import { pollingClasses } from "./polling-classes";
import type { EngineRequest } from "./port";
import type { PollingRequest, RawPacket, StockTransport, TransportOptions } from "./stock";

type SseConstructor = new (
  req: EngineRequest,
  limits: TransportOptions,
  maxPackets: number,
) => StockTransport;

/** The packet type of a text (Engine.IO protocol 4, "message"). */
const MESSAGE = "4";

/** The packet without a content (Engine.IO protocol 4, "noop"). */
const NOOP: RawPacket = { type: "noop" };

/** Text that would not arrive unaltered: an event stream has lines, and is UTF-8 (HTML, "Server-sent events"). */
const NEEDS_JSON = /[\0\r\n\p{Surrogate}]/u;

let known: SseConstructor | undefined;

/** Returns the class of the transport. */
export function sseTransport(): SseConstructor {
  known ??= sseOver(pollingClasses().plain);
  return known;
}

/** Derives the transport class from that of long-polling, which reads the POST requests. */
function sseOver(Base: GuardedPollingConstructor): SseConstructor {
  return class extends Base implements StreamOwner {
    /** The stream of the latest GET request. */
    #stream: EventStream | undefined;
    #closeCode: string | undefined;

    override get name(): string {
      return "sse";
    }

    override onRequest(req: PollingRequest): void {
      const { res } = req;
      if (req.method !== "GET" || !res) {
        super.onRequest(req);
        return;
      }
      req.res = null;
      if (this.pendingResponse) {
        this.onError("overlap from client");
        res.writeHead(400).end();
      } else {
        this.#open(req, res);
      }
    }

    #open(req: EngineRequest, res: ServerResponse): void {
      const stream = new EventStream(res, this);
      this.#stream = stream;
      res.writeHead(200, this.#headersOf(req));
      this.writable = true;
      this.emit("ready");
      stream.begin();
    }

    #headersOf(req: EngineRequest): OutgoingHttpHeaders {
      // nginx does not buffer a response with the second header
      const headers = this.headers(req, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
      if (headers["cache-control"] === "no-store") {
        // a proxy that compresses the response would buffer it
        headers["cache-control"] = "no-cache, no-transform";
      }
      return headers;
    }

    onCut(): void {
      if (this.readyState === "open") {
        this.onClose();
      }
    }

    override send(packets: readonly RawPacket[]): void {
      this.writable = false;
      this.#stream?.send(this.#messages(packets));
    }

    onSent(): void {
      this.emit("drain");
      this.onUnblocked();
    }

    onBlocked(): void {
      this.writable = false;
    }

    onUnblocked(): void {
      const stream = this.#stream;
      if (stream?.isOpen && !stream.isBlocked && !this.writable && this.readyState === "open") {
        this.writable = true;
        this.emit("ready");
      }
    }

    #messages(packets: readonly RawPacket[]): string {
      if (packets.length === 1) {
        return this.#messageOf(packets[0]);
      }
      let messages = "";
      for (const packet of packets) {
        messages += this.#messageOf(packet);
      }
      return messages;
    }

    #messageOf(packet: RawPacket): string {
      const { type, data } = packet;
      if (type === "message" && typeof data === "string") {
        return messageOfText(data);
      }
      let message = "";
      this.parser.encodePacket(packet, false, (encoded) => {
        message = messageOf(encoded as string);
      });
      return message;
    }

    override onPacket(packet: RawPacket): void {
      if (packet.type === "noop") {
        // the client is about to use another transport: it has received everything when it has received the answer
        this.#end([NOOP]);
      }
      super.onPacket(packet);
    }

    #end(packets: readonly RawPacket[]): void {
      this.writable = false;
      if (this.#stream?.isOpen) {
        this.#stream.end(this.#messages(packets));
      }
    }

    get bufferedAmount(): number {
      return this.#stream?.bufferedAmount ?? 0;
    }

    override get pendingResponse(): ServerResponse | undefined {
      return this.#stream?.pendingResponse;
    }

    /** Sets the data of the close packet. */
    setCloseCode(code: string): void {
      this.#closeCode = code;
    }

    override doClose(done: () => void): void {
      this.abortBody();
      this.#end([{ type: "close", data: this.#closeCode }]);
      done();
      this.onClose();
    }

    override onClose(): void {
      this.#end([]);
      super.onClose();
    }

    flush(): void {
      this.#stream?.flush();
    }

    terminate(): void {
      this.#stream?.destroy();
    }
  };
}

/** Returns the message for an encoded packet, as a line of text or, if necessary, as a JSON string. */
function messageOf(packet: string): string {
  return `data:${NEEDS_JSON.test(packet) ? JSON.stringify(packet) : packet}\n\n`;
}

/** Returns the message for a packet that carries a text. */
const messageOfText = cachedInTurn((text) => messageOf(`${MESSAGE}${text}`));
