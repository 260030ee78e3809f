import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import expect from "expect.js";
import { Encoder, PacketType } from "socket.io-parser";
import { WebSocket, WebSocketServer } from "ws";
import { encodeOnce } from "../../../lib/adapter/encode-once";
import { splitFrame, textFrame } from "../../../lib/connection/fast/frames";
import { onTestEnd } from "../../support/cleanup";

/** The messages that a WebSocket client reads from frames that are written directly to its connection. */
async function readBy(client: (url: string) => WebSocket, frames: Buffer[][]): Promise<string[]> {
  const httpServer = createServer().listen(0);
  await once(httpServer, "listening");
  const webSocketServer = new WebSocketServer({ noServer: true });
  httpServer.on("upgrade", (req, socket: Duplex, head) => {
    webSocketServer.handleUpgrade(req, socket, head, () => {
      for (const frame of frames) {
        socket.write(Buffer.concat(frame));
      }
    });
  });
  const webSocket = client(`ws://localhost:${(httpServer.address() as AddressInfo).port}`);
  onTestEnd(() => {
    webSocket.terminate();
    httpServer.close();
    httpServer.closeAllConnections();
  });
  const texts: string[] = [];
  for await (const [data] of on(webSocket, frames.length)) {
    texts.push(data.toString());
  }
  return texts;
}

async function* on(webSocket: WebSocket, count: number): AsyncGenerator<[data: Buffer]> {
  const messages: [Buffer][] = [];
  await new Promise<void>((resolve) => {
    webSocket.on("message", (data: Buffer) => {
      messages.push([data]);
      if (messages.length === count) {
        resolve();
      }
    });
  });
  yield* messages;
}

describe("the header and the payload of a text frame", () => {
  it("are valid for a WebSocket client, with any length [71]", async () => {
    const texts = [
      "",
      "short",
      "x".repeat(125),
      "y".repeat(126),
      "z".repeat(65_535),
      "w".repeat(65_536),
      "héhé 😀",
    ];
    const read = await readBy(
      (url) => new WebSocket(url),
      texts.map((text) => splitFrame(textFrame(text))),
    );
    expect(read).to.eql(texts);
  });
});

describe("a packet that is encoded once", () => {
  const encoder = new Encoder();

  it("is framed too if it is a single text [71]", () => {
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["hello"] };
    const { chunks, options } = encodeOnce(encoder, packet, { volatile: true, compress: false });
    expect(chunks).to.eql(['2["hello"]']);
    expect(options.preEncoded).to.be(true);
    expect(options.volatile).to.be(true);
    expect(options.compress).to.be(false);
    expect(options.wsPreEncodedFrame?.[1].toString()).to.be('42["hello"]');
  });

  it("is not framed if it has attachments", () => {
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["hello", Buffer.from([1])] };
    const { chunks, options } = encodeOnce(encoder, packet);
    expect(chunks).to.have.length(2);
    expect(options.wsPreEncodedFrame).to.be(undefined);
  });
});
