import expect from "expect.js";
import type { PerMessageDeflateOptions } from "ws";
import type { ServerOptions } from "../../lib";
import { openDeflating } from "../support/deflating-client";
import { askUpgrade } from "../support/http";
import { type Joined, joinMore } from "../support/joined";
import { Random } from "../support/random";
import { startServer } from "../support/server";
import { eventually } from "../support/waiting";
import { openWire } from "../support/wire";

type Deflate = Exclude<ServerOptions["perMessageDeflate"], undefined>;

/** The offers of clients, the options of the server, and the answers. */
const negotiations: [offer: string, options: Deflate, answer: string][] = [
  ["permessage-deflate", true, "permessage-deflate"],
  ["permessage-deflate; client_max_window_bits", true, "permessage-deflate"],
  [
    "permessage-deflate; client_max_window_bits",
    { clientMaxWindowBits: 11 },
    "permessage-deflate; client_max_window_bits=11",
  ],
  ["permessage-deflate; client_max_window_bits=10", true, "permessage-deflate; client_max_window_bits=10"],
  ["permessage-deflate; server_max_window_bits=9", true, "permessage-deflate; server_max_window_bits=9"],
  ["permessage-deflate", { serverMaxWindowBits: 12 }, "permessage-deflate; server_max_window_bits=12"],
  [
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    true,
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  ],
  [
    "permessage-deflate",
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  ],
  [
    "permessage-deflate; server_max_window_bits=9, permessage-deflate",
    { serverMaxWindowBits: 10 },
    "permessage-deflate; server_max_window_bits=10",
  ],
];

describe("the answer to an offer of permessage-deflate", () => {
  for (const [offer, options, answer] of negotiations) {
    it(`is "${answer}" to "${offer}" with ${JSON.stringify(options)} [17]`, async () => {
      const client = await openDeflating(await startServer({ perMessageDeflate: options }), offer);
      expect(client.answer).to.be(answer);
    });
  }

  const refused: [offer: string, options: Deflate][] = [
    ["permessage-deflate; unknown", true],
    ["permessage-deflate; server_max_window_bits=16", true],
    ["permessage-deflate; server_no_context_takeover", { serverNoContextTakeover: false }],
    ["permessage-deflate", { clientMaxWindowBits: 10 }],
  ];
  for (const [offer, options] of refused) {
    it(`is 400 to "${offer}" with ${JSON.stringify(options)} [17]`, async () => {
      const { port } = await startServer({ perMessageDeflate: options });
      const target = "/socket.io/?EIO=4&transport=websocket";
      const { received } = await askUpgrade(port, target, { "Sec-WebSocket-Extensions": offer });
      await eventually(() => received().includes("HTTP/1.1 400"));
    });
  }
});

/** The options of the server and of the client of ws, by description. */
const pairs: Record<string, [server: Deflate, client: boolean | PerMessageDeflateOptions]> = {
  "as browsers have it": [true, true],
  "without context takeover in either direction": [
    { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
    { threshold: 0 },
  ],
  "without context takeover of the server": [{ serverNoContextTakeover: true }, true],
  "without context takeover of the client": [true, { clientNoContextTakeover: true, threshold: 0 }],
  "with level 1 and little memory": [{ zlibDeflateOptions: { level: 1, memLevel: 2 } }, true],
  "with chunks of 64 bytes": [
    { zlibDeflateOptions: { chunkSize: 64 }, zlibInflateOptions: { chunkSize: 64 } },
    true,
  ],
  "without compression in its algorithm": [{ zlibDeflateOptions: { level: 0 } }, true],
  "with Huffman codes only": [{ zlibDeflateOptions: { strategy: 2 } }, true],
  "one message at a time": [{ concurrencyLimit: 1 }, true],
};
for (const bits of [9, 10, 11, 12, 13, 14, 15]) {
  pairs[`with windows of ${bits} bits`] = [true, { serverMaxWindowBits: bits, clientMaxWindowBits: bits }];
}

/** Words that appear again in later texts, so that a wrong context becomes visible. */
function textOf(random: Random): string {
  const words = ["reconnect", "position", "héllo wörld", "💬 chat", "0123456789abcdef"];
  const count = random.pick([1, 3, 20, 60, 400, 4000]);
  return Array.from({ length: count }, () => `${random.pick(words)}${random.below(50)}`).join(" ");
}

describe("a conversation with permessage-deflate", () => {
  for (const [seed, [how, [server, client]]] of Object.entries(pairs).entries()) {
    it(`arrives as it was sent, ${how} [17]`, async () => {
      const random = new Random(seed);
      const { io, url } = await startServer({ perMessageDeflate: server });
      const joined: Joined[] = [];
      for (const perMessageDeflate of [client, true, false]) {
        joined.push(await joinMore(io, await openWire(url, "EIO=4", { perMessageDeflate }), "/"));
      }
      const [{ wire, socket }] = joined;
      expect(wire.ws.extensions).to.be("permessage-deflate");
      const up: string[] = [];
      const sentUp: string[] = [];
      socket.on("up", (text: string) => up.push(text));
      const sentDown = joined.map(() => [] as string[]);
      for (let round = 0; round < 40; round++) {
        const text = textOf(random);
        switch (random.below(4)) {
          case 0:
            io.emit("all", text);
            for (const list of sentDown) {
              list.push(`42["all","${text}"]`);
            }
            break;
          case 1:
            socket.emit("one", text);
            sentDown[0].push(`42["one","${text}"]`);
            break;
          case 2:
            io.to(socket.id).emit("room", text);
            sentDown[0].push(`42["room","${text}"]`);
            break;
          default:
            wire.send(`42["up","${text}"]`);
            sentUp.push(text);
        }
        if (round % 8 === 7) {
          await eventually(() => up.length === sentUp.length);
        }
      }
      for (const [index, texts] of sentDown.entries()) {
        for (const text of texts) {
          expect(await joined[index].wire.next()).to.be(text);
        }
      }
      await eventually(() => up.length === sentUp.length);
      expect(up).to.eql(sentUp);
    });
  }

  it("carries attachments in both directions [17]", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const { client, socket } = await running.pair("/", {
      transports: ["websocket"],
      perMessageDeflate: { threshold: 0 },
    });
    socket.on("up", (data, ack) => ack(data, Buffer.from("more")));
    for (const size of [1, 100, 20_000, 200_000]) {
      const bytes = Buffer.alloc(size, `attachment ${size}`);
      const [echo, more] = await new Promise<any[]>((resolve) =>
        client.emit("up", { bytes }, (...args: unknown[]) => resolve(args)),
      );
      expect(bytes.equals(echo.bytes)).to.be(true);
      expect(String(more)).to.be("more");
    }
  });
});
