import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { askUpgrade } from "../support/http";
import { startServer } from "../support/server";
import { eventually, nextValue } from "../support/waiting";
import { afterHead, clientText, framesOf, type ServerFrame } from "../support/websocket-frames";
import { openPolling } from "../support/wire";

const SMALL = "a".repeat(500);
const LARGE = "a".repeat(2000);

/** Joins over polling; resolves with the responses to polls, each of which has one event with one of these texts. */
async function pollEvents(options: Partial<ServerOptions>, encoding: string, texts: string[]) {
  const { io, url } = await startServer(options);
  const connected = nextValue(io, "connection");
  const polling = await openPolling(url);
  await polling.join();
  const socket = await connected;
  const answers = [];
  for (const text of texts) {
    socket.emit("hello", text);
    answers.push(await polling.get({ headers: { "Accept-Encoding": encoding } }));
  }
  return { answers, polling, socket };
}

/** Joins over a WebSocket with permessage-deflate; resolves with the response head and the frames of three events. */
async function receiveEvents(
  options: Partial<ServerOptions>,
  headers: Record<string, string> = { "Sec-WebSocket-Extensions": "permessage-deflate" },
) {
  const { io, port } = await startServer(options);
  const connected = nextValue(io, "connection");
  const target = "/socket.io/?EIO=4&transport=websocket";
  const { socket: tcp, received } = await askUpgrade(port, target, headers);
  const frames = (): ServerFrame[] => framesOf(afterHead(received()));
  await eventually(() => frames().length === 1);
  tcp.write(clientText("40"));
  const socket = await connected;
  socket.emit("hello", SMALL);
  socket.emit("hello", LARGE);
  socket.compress(false).emit("hello", LARGE);
  await eventually(() => frames().length === 5);
  const [head] = received().toString("latin1").split("\r\n\r\n");
  return { io, head, events: frames().slice(2), frames };
}

/** The text of a compressed message (RFC 7692, section 7.2.2). */
function inflate({ payload }: ServerFrame): string {
  return inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), {
    finishFlush: 2,
  }).toString();
}

describe("compression of WebSocket messages", () => {
  it("is disabled by default: permessage-deflate is not negotiated [17]", async () => {
    const { head, events } = await receiveEvents({ perMessageDeflate: undefined });
    expect(head.toLowerCase()).not.to.contain("sec-websocket-extensions");
    expect(events.map(({ compressed }) => compressed)).to.eql([false, false, false]);
    expect(events[1].payload.toString()).to.be(`42["hello","${LARGE}"]`);
  });

  it("with perMessageDeflate: true applies to all messages: compress(false) affects polling only [17, 60]", async () => {
    const { head, events } = await receiveEvents({ perMessageDeflate: true });
    expect(head.toLowerCase()).to.contain("sec-websocket-extensions: permessage-deflate");
    expect(events.map(({ compressed }) => compressed)).to.eql([true, true, true]);
    expect(inflate(events[0])).to.be(`42["hello","${SMALL}"]`);
  });

  it("has a threshold of 1024 bytes without context takeover [17]", async () => {
    const { head, events } = await receiveEvents({ perMessageDeflate: { serverNoContextTakeover: true } });
    expect(head.toLowerCase()).to.contain("server_no_context_takeover");
    expect(events.map(({ compressed }) => compressed)).to.eql([false, true, true]);
    expect(events[0].payload.toString()).to.be(`42["hello","${SMALL}"]`);
    expect(inflate(events[1])).to.be(`42["hello","${LARGE}"]`);
  });

  it("accepts another threshold [17]", async () => {
    const perMessageDeflate = { serverNoContextTakeover: true, threshold: 100 };
    const { events } = await receiveEvents({ perMessageDeflate });
    expect(events.map(({ compressed }) => compressed)).to.eql([true, true, true]);
  });

  it("applies to broadcasts too [17]", async () => {
    const { io, frames } = await receiveEvents({ perMessageDeflate: true });
    const before = frames().length;
    io.emit("hello", LARGE);
    await eventually(() => frames().length > before);
    expect(frames()[before].compressed).to.be(true);
  });

  it("is not used for clients that do not offer it [17]", async () => {
    const { head, events } = await receiveEvents({ perMessageDeflate: true }, {});
    expect(head.toLowerCase()).not.to.contain("sec-websocket-extensions");
    expect(events.map(({ compressed }) => compressed)).to.eql([false, false, false]);
  });
});

describe("compression of polling responses", () => {
  it("applies to responses of at least 1024 bytes [17]", async () => {
    const { answers } = await pollEvents({}, "gzip", [SMALL, LARGE]);
    expect(answers.map(({ headers }) => headers["content-encoding"])).to.eql([undefined, "gzip"]);
    expect(answers[0].headers["content-length"]).to.be(String(answers[0].bytes.length));
    expect(gunzipSync(answers[1].bytes).toString()).to.be(`42["hello","${LARGE}"]`);
  });

  it("is streamed: such a response has no Content-Length [17]", async () => {
    const { answers } = await pollEvents({}, "gzip", [LARGE]);
    expect(answers[0].headers["content-length"]).to.be(undefined);
    expect(answers[0].headers["transfer-encoding"]).to.be("chunked");
  });

  it("does not affect the next events [17]", async () => {
    const { answers } = await pollEvents({}, "gzip", [LARGE, SMALL, LARGE]);
    expect(gunzipSync(answers[2].bytes).toString()).to.be(`42["hello","${LARGE}"]`);
  });

  it("is gzip or deflate, as the client accepts, and nothing else [17]", async () => {
    const deflated = await pollEvents({}, "deflate", [LARGE]);
    expect(deflated.answers[0].headers["content-encoding"]).to.be("deflate");
    expect(inflateSync(deflated.answers[0].bytes).toString()).to.contain(LARGE);
    const plain = await pollEvents({}, "br", [LARGE]);
    expect(plain.answers[0].headers["content-encoding"]).to.be(undefined);
    expect(plain.answers[0].text).to.be(`42["hello","${LARGE}"]`);
  });

  it("accepts another threshold [17]", async () => {
    const { answers } = await pollEvents({ httpCompression: { threshold: 100 } }, "gzip", [SMALL]);
    expect(answers[0].headers["content-encoding"]).to.be("gzip");
  });

  it("is disabled with httpCompression: false [17]", async () => {
    const { answers } = await pollEvents({ httpCompression: false }, "gzip", [LARGE]);
    expect(answers[0].headers["content-encoding"]).to.be(undefined);
    expect(answers[0].text).to.be(`42["hello","${LARGE}"]`);
  });

  it("does not apply to events that are sent with compress(false) [17, 60]", async () => {
    const { socket, polling } = await pollEvents({}, "gzip", []);
    socket.compress(false).emit("hello", LARGE);
    const { headers } = await polling.get({ headers: { "Accept-Encoding": "gzip" } });
    expect(headers["content-encoding"]).to.be(undefined);
  });
});
