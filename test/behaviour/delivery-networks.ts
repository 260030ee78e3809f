import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttps } from "node:https";
import expect from "expect.js";
import { WebSocketServer } from "ws";
import type { ServerOptions } from "../../lib";
import { certificate } from "../support/certificate";
import { type ChunkLength, randomLengths, startChunkingProxy } from "../support/chunking-proxy";
import { converse } from "../support/conversation";
import { fastPathServes, isFast } from "../support/fast-path";
import { addressOf } from "../support/http";
import { type ClientOptions, connectClient, startServer } from "../support/server";
import { Server } from "../support/subject";
import { connectV2 } from "../support/v2-client";
import { nextEvent, nextValue } from "../support/waiting";

interface Network {
  makeServer?: () => any;
  scheme?: string;
  options?: Partial<ServerOptions>;
  clientOptions?: ClientOptions;
  /** Whether the fast path serves these connections. */
  light: boolean;
}

const secure = { scheme: "https", clientOptions: { ca: certificate.cert as any } };

const networks: Record<string, Network> = {
  HTTP: { light: true },
  "HTTPS [2]": { makeServer: () => createHttps(certificate), ...secure, light: true },
  "HTTP/2 with allowHTTP1 [2]": {
    makeServer: () => createSecureServer({ ...certificate, allowHTTP1: true }),
    ...secure,
    light: true,
  },
  "permessage-deflate [17]": { options: { perMessageDeflate: { threshold: 10 } }, light: true },
  "a custom wsEngine [20]": { options: { wsEngine: WebSocketServer as any }, light: false },
  "an asynchronous generateId [33]": { light: true },
};

describe("a conversation with events of all kinds in both directions", () => {
  for (const [name, { makeServer = createServer, scheme = "http", ...network }] of Object.entries(networks)) {
    it(`is complete and in order over ${name}`, async () => {
      const httpServer = makeServer();
      const io = new Server(httpServer, network.options);
      if (name.startsWith("a generateId")) {
        let last = 0;
        io.engine.generateId = () => new Promise((resolve) => setImmediate(() => resolve(`id ${++last}`)));
      }
      httpServer.listen(0);
      const connected = nextValue(io, "connection");
      const client = connectClient(await addressOf(io, scheme), {
        transports: ["websocket"],
        ...network.clientOptions,
      });
      const ready = nextEvent(client, "connect");
      const socket = await connected;
      await ready;
      expect(isFast(socket)).to.be(fastPathServes && network.light);
      await converse({ client, socket });
      expect(isFast(socket)).to.be(fastPathServes && network.light);
    });
  }

  it("is complete and in order after an upgrade from polling [39]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair("/", { transports: ["polling", "websocket"] });
    await Promise.all([
      converse({ client, socket }),
      socket.conn.transport.name === "websocket" || nextEvent(socket.conn, "upgrade"),
    ]);
    expect(socket.conn.transport.name).to.be("websocket");
    expect(isFast(socket)).to.be(fastPathServes);
  });

  it("is complete and in order with a v2 client (protocol 3) [85]", async () => {
    const { io, url } = await startServer({ allowEIO3: true });
    const connected = nextValue(io, "connection");
    const client = connectV2(url, { transports: ["websocket"] });
    const socket = await connected;
    expect(socket.conn.protocol).to.be(3);
    const said = Array.from({ length: 40 }, (_, i) => [i, "ü", ...(i % 3 ? [] : [Buffer.from([i])])]);
    const heard: { client: unknown[]; server: unknown[] } = { client: [], server: [] };
    client.on("line", (...line: unknown[]) => heard.client.push(line));
    socket.on("line", (...line: unknown[]) => heard.server.push(line));
    const done = [nextEvent(client, "done"), nextEvent(socket, "done")];
    for (const line of said) {
      client.emit("line", ...line);
      socket.emit("line", ...line);
    }
    client.emit("done");
    socket.emit("done");
    await Promise.all(done);
    expect(heard).to.eql({ client: said, server: said });
  });
});

/** Has a conversation through a proxy that splits the data. */
async function converseInPieces(pieceLength: ChunkLength, count: number, texts: string[]): Promise<void> {
  const { io, port } = await startServer();
  const proxy = await startChunkingProxy(port, pieceLength);
  const connected = nextValue(io, "connection");
  const client = connectClient(`http://localhost:${proxy}`, { transports: ["websocket"] });
  const ready = nextEvent(client, "connect");
  const socket = await connected;
  await ready;
  await converse({ client, socket }, count, texts);
  expect(isFast(socket)).to.be(fastPathServes);
}

describe("a conversation through a proxy that splits the data", () => {
  it("is complete and in order when each byte arrives separately [83]", async () => {
    await converseInPieces(() => 1, 30, ["plain", "", "ü and 😀", "x".repeat(130)]);
  });

  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
  for (const [index, most] of [7, 100, 3000].entries()) {
    it(`is complete and in order when up to ${most} bytes arrive together [83]`, async () => {
      const texts = ["plain", "ü and 😀", "é".repeat(20 * most), "x".repeat(126)];
      try {
        await converseInPieces(randomLengths(seed + index, most), 40, texts);
      } catch (error) {
        (error as Error).message += ` (again with SEED=${seed})`;
        throw error;
      }
    });
  }
});
