/** The transport over server-sent events: packets to the client in one long response, packets of the client in POST requests. */
import { type OutgoingHttpHeaders, ServerResponse } from "node:http";
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
  return class extends Base {
    /** The response to the latest GET request. */
    #stream: ServerResponse | undefined;
    /** Whether the headers are written. */
    #hasBegun = false;
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
      this.#stream = res;
      this.#hasBegun = false;
      res.on("error", ignore);
      res.on("close", () => this.#onCut(res));
      res.writeHead(200, this.#headersOf(req));
      this.writable = true;
      this.emit("ready");
      if (!this.#hasBegun) {
        this.#hasBegun = true;
        res.flushHeaders();
      }
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

    /** The client has closed its connection. */
    #onCut(stream: ServerResponse): void {
      if (!stream.writableEnded && this.readyState === "open") {
        this.onClose();
      }
    }

    override send(packets: readonly RawPacket[]): void {
      const stream = this.#stream;
      this.writable = false;
      if (!stream) {
        return;
      }
      const messages = this.#messages(packets);
      if (this.#hasBegun) {
        writeTo(stream, messages, this.#onWritten);
      } else {
        // together with the headers
        this.#hasBegun = true;
        stream.write(messages, this.#onWritten);
      }
    }

    readonly #onWritten = (error?: Error | null) => {
      if (!error) {
        this.emit("drain");
        this.#becomeWritable();
      }
    };

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

    #becomeWritable(): void {
      if (this.#isOpen && !this.writable && this.readyState === "open") {
        this.writable = true;
        this.emit("ready");
      }
    }

    /** Whether the stream still accepts packets. */
    get #isOpen(): boolean {
      return this.#stream !== undefined && !this.#stream.writableEnded;
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
      if (this.#isOpen) {
        this.#stream?.end(this.#messages(packets));
      }
    }

    /** The number of bytes that the operating system has not accepted yet. */
    get bufferedAmount(): number {
      return this.#stream?.writableLength ?? 0;
    }

    override get pendingResponse(): ServerResponse | undefined {
      return this.#stream?.writableFinished || this.#stream?.destroyed ? undefined : this.#stream;
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

    terminate(): void {
      this.#stream?.destroy();
    }
  };
}

/** Returns the message for an encoded packet, as a line of text or, if necessary, as a JSON string. */
function messageOf(packet: string): string {
  return `data:${NEEDS_JSON.test(packet) ? JSON.stringify(packet) : packet}\n\n`;
}

/** The text that was sent last, and its message: the next receiver of a broadcast has the same text. */
let lastText: string | undefined;
let lastMessage = "";

/** Returns the message for a packet that carries a text. */
function messageOfText(text: string): string {
  if (text !== lastText) {
    lastText = text;
    lastMessage = messageOf(`${MESSAGE}${text}`);
  }
  return lastMessage;
}

type WriteCallback = (error?: Error | null) => void;

const { write } = ServerResponse.prototype;

/**
 * Writes to a stream. Node.js would pass the parts of a chunk (RFC 9112, section 7.1) to the operating system separately,
 * which takes several times as long.
 */
function writeTo(stream: ServerResponse, messages: string, done: WriteCallback): void {
  const { socket } = stream;
  if (stream.chunkedEncoding && socket?.writable && stream.write === write) {
    socket.write(chunkOf(messages), done);
  } else {
    stream.write(messages, done);
  }
}

/** The messages that were written last, and their chunk: the next receiver of a broadcast has the same messages. */
let lastMessages: string | undefined;
let lastChunk: Buffer;

function chunkOf(messages: string): Buffer {
  if (messages !== lastMessages) {
    lastMessages = messages;
    lastChunk = Buffer.from(`${Buffer.byteLength(messages).toString(16)}\r\n${messages}\r\n`);
  }
  return lastChunk;
}

function ignore(): void {}
