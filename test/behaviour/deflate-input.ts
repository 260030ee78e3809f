import { constants, deflateRawSync } from "node:zlib";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import {
  COMPRESSED_TEXT,
  type DeflatingClient,
  deflated,
  joinDeflating,
  openDeflating,
} from "../support/deflating-client";
import { startServer } from "../support/server";
import { eventually, nextValue } from "../support/waiting";
import { clientFrame } from "../support/websocket-frames";

const MAX = 10_000;

const FRAGMENT = 0x41;
const CONTINUATION = 0x80;
const PING = 0x89;

/** A text whose packet has this many bytes. */
function eventOf(bytes: number): string {
  const [start, end] = ['42["up","', '"]'];
  return `${start}${"a".repeat(bytes - start.length - end.length)}${end}`;
}

/** What a client sends, and the code of the close frame with which the server answers. */
const refused: Record<string, { code: number; send(client: DeflatingClient): void }> = {
  "a message that is too large when it is decompressed": {
    code: 1009,
    send: (client) => client.send(eventOf(MAX + 1)),
  },
  "a message of 100 MB that is compressed to 100 kB": {
    code: 1009,
    send: (client) => client.sendFrame(COMPRESSED_TEXT, deflated(Buffer.alloc(100_000_000))),
  },
  "a compressed message that is too large already": {
    code: 1009,
    send: (client) => client.sendFrame(COMPRESSED_TEXT, Buffer.alloc(MAX + 1)),
  },
  "bytes that are not compressed data": {
    code: 1007,
    send: (client) => client.sendFrame(COMPRESSED_TEXT, Buffer.alloc(20, 0xff)),
  },
  "a reference to bytes before the first message": {
    code: 1007,
    send: (client) => client.sendFrame(COMPRESSED_TEXT, deflated(eventOf(200), Buffer.from(eventOf(200)))),
  },
  "compressed bytes that are not UTF-8": {
    code: 1007,
    send: (client) => client.sendFrame(COMPRESSED_TEXT, deflated(Buffer.from([0x34, 0xc3, 0x28]))),
  },
  "a reserved bit without a meaning": {
    code: 1002,
    send: (client) => client.sendFrame(COMPRESSED_TEXT | 0x20, deflated("4")),
  },
  "a compressed ping": {
    code: 1002,
    send: (client) => client.sendFrame(PING | 0x40, deflated("ping")),
  },
  "a compressed continuation": {
    code: 1002,
    send(client) {
      const payload = deflated(eventOf(100));
      client.sendFrame(FRAGMENT, payload.subarray(0, 5));
      client.sendFrame(CONTINUATION | 0x40, payload.subarray(5));
    },
  },
  "a compressed message amid the fragments of another one": {
    code: 1002,
    send(client) {
      client.sendFrame(FRAGMENT, deflated(eventOf(100)).subarray(0, 5));
      client.send(eventOf(100));
    },
  },
  "a compressed message without a mask": {
    code: 1002,
    send: (client) => client.tcp.write(Buffer.from([COMPRESSED_TEXT, 1, 0])),
  },
};

async function start(options: Partial<ServerOptions> = {}) {
  return startServer({ perMessageDeflate: true, maxHttpBufferSize: MAX, ...options });
}

for (const offer of ["permessage-deflate", "permessage-deflate; client_no_context_takeover"]) {
  describe(`compressed input (${offer})`, () => {
    for (const [what, { code, send }] of Object.entries(refused)) {
      it(`closes the connection with ${code}: ${what} [17]`, async () => {
        const { client, socket } = await joinDeflating(await start(), offer);
        const closed = nextValue(socket, "disconnect");
        send(client);
        expect(await client.closeCode()).to.be(code);
        expect(await closed).to.be("transport error");
      });

      it(`closes the connection with ${code} after messages in both directions: ${what} [17]`, async () => {
        const { client, socket } = await joinDeflating(await start(), offer);
        for (const text of ['42["up","one"]', '42["up","one and two"]']) {
          const heard = nextValue(socket, "up");
          client.send(text);
          expect(`42["up","${await heard}"]`).to.be(text);
          socket.emit("down", text);
        }
        send(client);
        // bytes before the first message exist by now
        if (!what.includes("before the first") || offer.includes("client_no")) {
          expect(await client.closeCode()).to.be(code);
        }
      });
    }

    it("may be as large as the limit when it is decompressed [17]", async () => {
      const { client, socket } = await joinDeflating(await start(), offer);
      const heard = nextValue(socket, "up");
      client.send(eventOf(MAX));
      expect(await heard).to.have.length(eventOf(MAX).length - eventOf(11).length);
    });

    it("may be any bytes that decompress to a message [17]", async () => {
      const { client, socket } = await joinDeflating(await start(), offer);
      const seen: string[] = [];
      socket.on("up", (text: string) => seen.push(text));
      const event = (text: string) => `42["up","${text}"]`;
      client.sendFrame(COMPRESSED_TEXT, deflated(event("stored"), undefined, { level: 0 }));
      client.sendFrame(COMPRESSED_TEXT, deflated(event("fixed codes"), undefined, { strategy: 4 }));
      const [one, two] = ["in two", " blocks"];
      client.sendFrame(
        COMPRESSED_TEXT,
        Buffer.concat([
          deflateRawSync(`42["up","${one}`, { finishFlush: constants.Z_SYNC_FLUSH }),
          deflated(`${two}"]`),
        ]),
      );
      client.sendFrame(0x81, Buffer.from(event("not compressed")));
      await eventually(() => seen.length === 4);
      // the last block is marked as the last one of the stream (RFC 7692, section 7.2.3.4)
      client.sendFrame(COMPRESSED_TEXT, Buffer.concat([deflateRawSync(event("final")), Buffer.from([0])]));
      await eventually(() => seen.length === 5);
      client.sendFrame(COMPRESSED_TEXT, deflated(event("after it")));
      await eventually(() => seen.length === 6);
      expect(seen).to.eql(["stored", "fixed codes", `${one}${two}`, "not compressed", "final", "after it"]);
    });

    it("arrives in any chunks, and with frames of all kinds between [17]", async () => {
      const { client, socket } = await joinDeflating(await start(), offer);
      const seen: string[] = [];
      socket.on("up", (text: string) => seen.push(text));
      const sent: string[] = [];
      const repeated = "a text that is repeated ".repeat(10);
      const { tcp } = client;
      const chunks: Buffer[] = [];
      const { write } = tcp;
      tcp.write = ((chunk: Buffer) => chunks.push(chunk)) as unknown as typeof write;
      for (let i = 0; i < 20; i++) {
        sent.push(`${i} ${repeated}`);
        client.send(`42["up","${i} ${repeated}"]`);
        if (i % 5 === 4) {
          sent.push(`${i} plain`);
          client.sendFrame(0x81, Buffer.from(`42["up","${i} plain"]`));
        }
        if (i === 12) {
          client.sendFrame(PING, Buffer.from("are you there"));
        }
        if (i === 15) {
          sent.push("in fragments");
          const payload = client.compress('42["up","in fragments"]');
          client.sendFrame(FRAGMENT, payload.subarray(0, 3));
          client.sendFrame(PING, Buffer.from("amid"));
          client.sendFrame(0x00, payload.subarray(3, 7));
          client.sendFrame(CONTINUATION, payload.subarray(7));
        }
      }
      tcp.write = write;
      const bytes = Buffer.concat(chunks);
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7 + 3) % 61) {
        tcp.write(bytes.subarray(at, at + size));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await eventually(() => seen.length === sent.length);
      expect(seen).to.eql(sent);
      await eventually(() => client.frames().filter(({ opcode }) => opcode === 10).length === 2);
    });
  });
}

describe("compressed input without an agreement", () => {
  it("closes the connection with 1002 [17]", async () => {
    const client = await openDeflating(await start(), "x-unknown");
    expect(client.answer).to.be(undefined);
    client.send("40");
    expect(await client.closeCode()).to.be(1002);
  });
});

describe("a client that keeps its context", () => {
  const repeated = Array.from({ length: 40 }, (_, i) => `word ${(i * 7919) % 1009}`).join(" ");

  /** More than a window of texts, and the frames that hand the connection over to ws before one of them. */
  for (const [before, hand] of [
    ["nothing", undefined],
    ["a ping", (client: DeflatingClient) => client.sendFrame(PING, Buffer.from("x"))],
    ["an empty fragment", (client: DeflatingClient) => client.tcp.write(emptyFragments())],
  ] as const) {
    for (const bits of [15, 9]) {
      it(`may refer to earlier messages after ${before}, with a window of ${bits} bits [17]`, async () => {
        const offer = bits === 15 ? undefined : `permessage-deflate; client_max_window_bits=${bits}`;
        const { client, socket } = await joinDeflating(await start(), offer, bits);
        const seen: string[] = [];
        socket.on("up", (text: string) => seen.push(text));
        const sent: string[] = [];
        for (let i = 0; i < 150; i++) {
          if (i === 120) {
            await eventually(() => seen.length === sent.length);
            hand?.(client);
          }
          sent.push(`${i % 17} ${repeated} ${i}`);
          client.send(`42["up","${sent[i]}"]`);
        }
        await eventually(() => seen.length === sent.length);
        expect(seen).to.eql(sent);
      });
    }
  }
});

/** A text of the engine in two fragments, which are not compressed: a packet "noop". */
function emptyFragments(): Buffer {
  return Buffer.concat([clientFrame(0x01, Buffer.from("6")), clientFrame(0x80, Buffer.alloc(0))]);
}
