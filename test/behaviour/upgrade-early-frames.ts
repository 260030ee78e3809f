import type { Socket as TcpSocket } from "node:net";
import { connect } from "node:net";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { onTestEnd } from "../support/cleanup";
import { upgradeRequest } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, turn } from "../support/waiting";
import { clientFrame } from "../support/websocket-frames";

const TEXT = 0x81;

const PATH = "/socket.io/?transport=websocket";

const DEFLATE = { "Sec-WebSocket-Extensions": "permessage-deflate; server_no_context_takeover" };

/** Frames, each of which has one text. */
function frames(...texts: string[]): Buffer {
  return Buffer.concat(texts.map((text) => clientFrame(TEXT, Buffer.from(text))));
}

/** Sends bytes over a new connection; returns a function for the bytes received so far. */
async function send({ port }: Running, bytes: Buffer): Promise<{ tcp: TcpSocket; received(): string }> {
  const tcp = connect(port, "localhost");
  onTestEnd(() => tcp.destroy());
  const chunks: Buffer[] = [];
  tcp.on("data", (chunk) => chunks.push(chunk));
  tcp.on("error", () => {});
  await nextEvent(tcp, "connect");
  tcp.write(bytes);
  return { tcp, received: () => Buffer.concat(chunks).toString("latin1") };
}

/** Delays all requests until it is released. */
class Latch {
  private readonly released: Promise<void>;
  release = () => {};
  readonly asked: Promise<void>;
  private ask = () => {};

  constructor() {
    this.released = new Promise((resolve) => {
      this.release = resolve;
    });
    this.asked = new Promise((resolve) => {
      this.ask = resolve;
    });
  }

  pass(): Promise<void> {
    this.ask();
    return this.released;
  }
}

const waits: Record<
  string,
  (latch: Latch) => Promise<{ options?: Partial<ServerOptions>; prepare?(io: any): void }>
> = {
  "no delay": async (latch) => {
    latch.pass();
    return {};
  },
  "an asynchronous allowRequest": async (latch) => ({
    options: { allowRequest: (_req, done) => latch.pass().then(() => done(null, true)) },
  }),
  "an asynchronous generateId": async (latch) => ({
    prepare(io) {
      io.engine.generateId = () => latch.pass().then(() => "an-id");
    },
  }),
  "a middleware of the engine": async (latch) => ({
    prepare(io) {
      io.engine.use((_req: unknown, _res: unknown, next: () => void) => latch.pass().then(next));
    },
  }),
};

interface Kind {
  query: string;
  headers?: Record<string, string>;
  options: Partial<ServerOptions>;
  /** The data that the client sends, and the beginning of the responses. */
  packets: string[];
  answers: string[];
}

const joining = { packets: ["40", "40/other,"], answers: ['40{"sid":', '40/other,{"sid":'] };

const kinds: Record<string, Kind> = {
  "protocol 4": { query: "EIO=4", options: {}, ...joining },
  "permessage-deflate": {
    query: "EIO=4",
    headers: DEFLATE,
    options: { perMessageDeflate: { threshold: 1_000_000 } },
    ...joining,
  },
  "protocol 3": {
    query: "EIO=3",
    options: { allowEIO3: true },
    packets: ["2", "2"],
    // the server answers a ping with a frame that contains a pong
    answers: ["\x81\x013\x81\x013"],
  },
};

for (const [kind, { query, headers, options, packets, answers }] of Object.entries(kinds)) {
  ownSuite(`messages that a client sends before its WebSocket is open (${kind})`, () => {
    for (const [name, prepared] of Object.entries(waits)) {
      for (const place of ["in the chunk of the upgrade request", "right after it"]) {
        it(`arrive when they are sent ${place}, with ${name}`, async () => {
          const latch = new Latch();
          const { options: more, prepare } = await prepared(latch);
          const running = await startServer({ ...options, ...more });
          prepare?.(running.io);
          running.io.of("/other");
          const request = Buffer.from(upgradeRequest(`${PATH}&${query}`, headers));
          if (place === "right after it") {
            const { tcp, received } = await send(running, request);
            await latch.asked;
            await new Promise<void>((resolve) => tcp.write(frames(...packets), () => resolve()));
            latch.release();
            await eventually(() => answers.every((answer) => received().includes(answer)));
          } else {
            const { received } = await send(running, Buffer.concat([request, frames(...packets)]));
            await latch.asked;
            latch.release();
            await eventually(() => answers.every((answer) => received().includes(answer)));
          }
        });
      }
    }
  });
}

ownSuite("many messages that a client sends before its WebSocket is open", () => {
  it("are not read into memory before the WebSocket is open, and arrive", async () => {
    const latch = new Latch();
    const running = await startServer({
      allowRequest: (_req, done) => latch.pass().then(() => done(null, true)),
    });
    const upgraded = nextEvent(running.httpServer, "upgrade");
    const text = "x".repeat(100_000);
    const { tcp, received } = await send(running, Buffer.from(upgradeRequest(`${PATH}&EIO=4`)));
    const [, stream] = await upgraded;
    await latch.asked;
    // engine packets without a meaning, and the request to join after them
    tcp.write(frames(...Array(20).fill(`6${text}`), "40"));
    await eventually(() => stream.readableLength > 0);
    const most = stream.readableHighWaterMark + 64 * 1024;
    for (let turns = 0; turns < 50; turns++) {
      expect(stream.readableLength).to.be.lessThan(most + 1);
      await turn();
    }
    latch.release();
    await eventually(() => received().includes('40{"sid":'));
  });
});
