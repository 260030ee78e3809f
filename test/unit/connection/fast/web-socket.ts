/** The fast WebSocket and the WebSocket of the `ws` package receive the same bytes, split at each position, and must agree. */
import { Duplex } from "node:stream";
import expect from "expect.js";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type { FastWebSocket } from "../../../../lib/connection/fast/web-socket";
import { FastWebSocketServer } from "../../../../lib/connection/fast/web-socket-server";
import { clientFrame, payloads } from "../../../support/websocket-frames";

const MAX_PAYLOAD = 70_000;

const text = (data: string) => clientFrame(0x81, Buffer.from(data));
const binary = (data: string) => clientFrame(0x82, Buffer.from(data));

/** A connection whose peer is this test. */
class Line extends Duplex {
  readonly written: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }

  /** The data that the server has sent after the response to the upgrade request. */
  get sent(): string {
    const all = Buffer.concat(this.written);
    return all.subarray(all.indexOf("\r\n\r\n") + 4).toString("hex");
  }
}

const upgrade = {
  method: "GET",
  url: "/",
  headers: {
    upgrade: "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
  },
};

type ServerClass = new (options: ServerOptions) => WebSocketServer;

function connect(
  Server: ServerClass,
  head: Buffer = Buffer.alloc(0),
  members: object = {},
): { line: Line; webSocket: WebSocket; log: unknown[] } {
  const line = Object.assign(new Line(), members);
  const log: unknown[] = [];
  let webSocket!: WebSocket;
  new Server({ noServer: true, clientTracking: false, maxPayload: MAX_PAYLOAD }).handleUpgrade(
    upgrade as never,
    line,
    head,
    (ready) => {
      webSocket = ready;
    },
  );
  webSocket.on("message", (data, isBinary) => log.push(["message", data.toString("hex" as never), isBinary]));
  webSocket.on("close", (code, reason) => log.push(["close", code, reason.toString()]));
  webSocket.on("error", (error: Error & { code?: string }) => log.push(["error", error.code]));
  // an additional listener receives a buffer, as with ws, instead of a string
  webSocket.on("message", () => {});
  return { line, webSocket, log };
}

/** Sends the chunks, one in each turn, then ends; resolves with the messages and the responses. */
async function play(Server: ServerClass, chunks: Buffer[]): Promise<{ log: unknown[]; sent: string }> {
  const { line, log } = connect(Server);
  for (const chunk of chunks) {
    line.push(Buffer.from(chunk));
    await turn();
  }
  line.push(null);
  await turn();
  await turn();
  return { log, sent: line.sent };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const streams: Record<string, Buffer> = {
  texts: Buffer.concat([text("first"), text(""), text("second, with ü and 😀"), text("third")]),
  "texts and bytes": Buffer.concat([text("51-"), binary("bytes \xff"), text("after")]),
  "a text of medium length": Buffer.concat([text("x".repeat(300)), text("after")]),
  "a ping in between": Buffer.concat([text("before"), clientFrame(0x89, Buffer.from("?")), text("after")]),
  "a fragmented message": Buffer.concat([
    text("before"),
    clientFrame(0x01, Buffer.from("one ")),
    clientFrame(0x80, Buffer.from("message")),
    text("after"),
  ]),
  "a close frame": Buffer.concat([
    text("before"),
    clientFrame(0x88, Buffer.from([0x03, 0xe8])),
    text("after"),
  ]),
  "invalid UTF-8": Buffer.concat([
    text("before"),
    clientFrame(0x81, Buffer.from([0xc3, 0x28])),
    text("after"),
  ]),
  "a reserved bit": Buffer.concat([text("before"), clientFrame(0xc1, Buffer.from("x"))]),
  "an unmasked frame": Buffer.concat([text("before"), Buffer.from([0x81, 0x01, 0x78])]),
};

describe("a fast WebSocket", () => {
  for (const [what, bytes] of Object.entries(streams)) {
    it(`receives and sends the same as a stock one, split at each byte: ${what}`, async () => {
      const expected = await play(WebSocketServer, [bytes]);
      expect(await play(FastWebSocketServer, [bytes])).to.eql(expected);
      for (let cut = 1; cut < bytes.length; cut++) {
        const result = await play(FastWebSocketServer, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        expect([cut, result]).to.eql([cut, expected]);
      }
      const single = await play(
        FastWebSocketServer,
        [...bytes].map((byte) => Buffer.from([byte])),
      );
      expect(single).to.eql(expected);
    });
  }

  it("refuses a message that is too large, as a stock one does", async () => {
    const bytes = Buffer.concat([text("before"), text("x".repeat(MAX_PAYLOAD + 1))]);
    expect(await play(FastWebSocketServer, [bytes])).to.eql(await play(WebSocketServer, [bytes]));
  });

  it("reads the data that arrived with the upgrade request", async () => {
    for (const Server of [WebSocketServer, FastWebSocketServer]) {
      const { log } = connect(Server, text("early"));
      await turn();
      expect(log).to.eql([["message", Buffer.from("early").toString("hex"), false]]);
    }
  });

  it("notifies the connection and its owner before the listeners, also when the stock code serves", async () => {
    const { line, webSocket } = connect(FastWebSocketServer) as unknown as {
      line: Line;
      webSocket: FastWebSocket;
    };
    const heard: unknown[] = [];
    webSocket.setOwner({
      connection: {
        takeText(text) {
          heard.push(`text ${text}`);
          return text === "hello ü";
        },
      },
      onMessage: (message) => heard.push(typeof message === "string" ? message : message.toString("hex")),
      onError: (message) => heard.push(message),
      onClose: () => heard.push("closed"),
      beforeEnd: () => {},
      onBlocked: () => heard.push("blocked"),
      onUnblocked: () => {},
    });
    webSocket.on("message", () => heard.push("event"));
    line.push(text("hello ü"));
    line.push(binary("bytes"));
    line.push(clientFrame(0x89, Buffer.from("a ping, as a stock one answers it")));
    await turn();
    expect(webSocket.isFast).to.be(false);
    line.push(text("again"));
    await turn();
    webSocket.emit("error", new Error("broken"));
    webSocket.terminate();
    await turn();
    const hex = Buffer.from("bytes").toString("hex");
    expect(heard).to.eql([
      ...["text hello ü", "event"],
      ...[hex, "event"],
      ...["text again", "again", "event"],
      ...["Error: broken", "closed"],
    ]);
  });

  it("writes the frames of one turn together, in order", async () => {
    const { line, webSocket } = connect(FastWebSocketServer);
    await turn();
    const responses = line.written.length;
    webSocket.send("one");
    webSocket.send(Buffer.from("two"));
    webSocket.send("three");
    expect(line.written.length).to.be(responses);
    await turn();
    expect(line.written.length).to.be(responses + 1);
    expect(payloads(Buffer.from(line.sent, "hex"))).to.eql(["one", "two", "three"]);
  });

  it("writes the response to the upgrade request together with the first frames", async () => {
    const { line, webSocket } = connect(FastWebSocketServer);
    const writes: number[] = [];
    line._writev = (chunks, done) => {
      writes.push(chunks.length);
      done();
    };
    webSocket.send("one");
    webSocket.send("two");
    await turn();
    expect(writes).to.eql([2]);
  });

  it("writes the response though nothing else is sent", async () => {
    const { line } = connect(FastWebSocketServer);
    await turn();
    expect(Buffer.concat(line.written).toString()).to.match(/^HTTP\/1.1 101 /);
  });

  it("writes data that was sent before it closes", async () => {
    const { line, webSocket } = connect(FastWebSocketServer);
    webSocket.send("last words");
    webSocket.close();
    await turn();
    expect(line.sent).to.be(`810a${Buffer.from("last words").toString("hex")}8800`);
  });

  it("writes large buffers at once and without copying them", async () => {
    const { line, webSocket } = connect(FastWebSocketServer);
    const bytes = Buffer.alloc(20_000, "b");
    webSocket.send("before");
    webSocket.send(bytes);
    expect(line.written[line.written.length - 1] === bytes).to.be(true);
    await turn();
    expect(payloads(Buffer.from(line.sent, "hex")).map(({ length }) => length)).to.eql([6, 20_000]);
  });

  it("gathers at most 64 kB before it writes", async () => {
    const { line, webSocket } = connect(FastWebSocketServer);
    await turn();
    const responses = line.written.length;
    for (let sent = 0; sent <= 64; sent++) {
      webSocket.send("x".repeat(1_024));
    }
    expect(line.written.length).to.be(responses + 1);
  });

  it("calls back in the next tick, unless the operating system has not accepted the data", async () => {
    const { line, webSocket } = connect(FastWebSocketServer);
    await new Promise<void>((resolve) => webSocket.send("quick", () => resolve()));
    await turn();
    const waiting: (() => void)[] = [];
    line._write = (_chunk, _encoding, done) => waiting.push(done);
    webSocket.send("slow");
    await turn();
    expect(webSocket.bufferedAmount).to.be(6);
    let calledBack = false;
    webSocket.send("behind", () => {
      calledBack = true;
    });
    await turn();
    expect(calledBack).to.be(false);
    while (waiting.length > 0) {
      waiting.shift()?.();
      await turn();
    }
    expect(calledBack).to.be(true);
    expect(webSocket.bufferedAmount).to.be(0);
  });

  it("processes data that arrives during a listener in order", async () => {
    const { line, webSocket } = connect(FastWebSocketServer);
    webSocket.removeAllListeners("message");
    const heard: string[] = [];
    webSocket.on("message", (data) => {
      heard.push(String(data));
      if (heard.length === 1) {
        line.emit("data", text("three"));
      }
    });
    line.emit("data", Buffer.concat([text("one"), text("two")]));
    await turn();
    expect(heard).to.eql(["one", "two", "three"]);
  });

  it("leaves a message in very many chunks to the stock code, with its limits", async () => {
    const { line, webSocket } = connect(FastWebSocketServer) as unknown as {
      line: Line;
      webSocket: FastWebSocket;
    };
    const heard: string[] = [];
    webSocket.on("message", (data) => heard.push(String(data)));
    for (const byte of text("x".repeat(2_000))) {
      line.push(Buffer.from([byte]));
      await turn();
    }
    expect(webSocket.isFast).to.be(false);
    expect(heard.map(({ length }) => length)).to.eql([2_000]);
  });

  it("withholds the callbacks of an encrypted stream until the stream is empty", async () => {
    const { line, webSocket } = connect(FastWebSocketServer, Buffer.alloc(0), { encrypted: true });
    await turn();
    const unfinished: (() => void)[] = [];
    line._write = (_chunk, _encoding, done) => unfinished.push(done);
    const finishOne = async () => {
      unfinished.shift()?.();
      await turn();
    };
    webSocket.send("first");
    await turn();
    let calledBack = false;
    webSocket.send("second", () => {
      calledBack = true;
    });
    await turn();
    expect((webSocket as unknown as FastWebSocket).isBlocked).to.be(true);
    await finishOne();
    expect(calledBack).to.be(false);
    await finishOne();
    expect(calledBack).to.be(true);
    expect((webSocket as unknown as FastWebSocket).isBlocked).to.be(false);
    expect(unfinished).to.eql([]);
  });

  it("reports a write that fails, and calls back with its error", async () => {
    const { line, webSocket, log } = connect(FastWebSocketServer);
    await turn();
    line._write = (_chunk, _encoding, done: (error: Error) => void) => setImmediate(done, new Error("gone"));
    webSocket.send("first");
    await turn();
    const error = await new Promise((resolve) => webSocket.send("second", resolve));
    expect(String(error)).to.contain("gone");
    await turn();
    expect(log.map((entry) => (entry as unknown[])[0])).to.eql(["close"]);
  });

  it("delivers the messages after a listener that pauses it when it is resumed", async () => {
    for (const cut of [0, 3]) {
      const { line, webSocket, log } = connect(FastWebSocketServer);
      webSocket.once("message", () => webSocket.pause());
      const bytes = Buffer.concat([text("one"), text("two"), text("three")]);
      line.push(bytes.subarray(0, bytes.length - cut));
      await turn();
      line.push(bytes.subarray(bytes.length - cut));
      await turn();
      expect(log.length).to.be(1);
      webSocket.resume();
      await turn();
      await turn();
      expect(log.map((entry) => Buffer.from((entry as string[])[1], "hex").toString())).to.eql([
        ...["one", "two", "three"],
      ]);
    }
  });

  it("reports that it is closed, like a stock one, when the peer has disconnected", async () => {
    for (const Server of [WebSocketServer, FastWebSocketServer]) {
      const { line, webSocket } = connect(Server);
      await turn();
      line.destroy();
      await turn();
      expect(webSocket.readyState).to.be(3);
      const error = await new Promise((resolve) => webSocket.send("too late", resolve));
      expect(String(error)).to.be("Error: WebSocket is not open: readyState 3 (CLOSED)");
      webSocket.close();
      webSocket.terminate();
      expect(webSocket.readyState).to.be(3);
    }
  });

  it("opens on a stream without the property `writableCorked`", async () => {
    const line = new Line();
    Object.defineProperty(line, "writableCorked", { value: undefined });
    new FastWebSocketServer({ noServer: true, clientTracking: false }).handleUpgrade(
      upgrade as never,
      line,
      Buffer.alloc(0),
      () => {},
    );
    await turn();
    expect(Buffer.concat(line.written).toString()).to.match(/^HTTP\/1.1 101 /);
  });

  it("continues after a listener that throws", async () => {
    const { line, webSocket } = connect(FastWebSocketServer) as unknown as {
      line: Line;
      webSocket: FastWebSocket;
    };
    webSocket.removeAllListeners("message");
    const heard: unknown[] = [];
    webSocket.on("message", (data) => {
      heard.push(String(data));
      if (String(data) === "bad") {
        throw new Error("from the application");
      }
    });
    expect(() => line.emit("data", Buffer.concat([text("bad"), text("good")]))).to.throwException(
      /from the application/,
    );
    await turn();
    expect(heard).to.eql(["bad", "good"]);
  });
});
