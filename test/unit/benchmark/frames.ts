import expect = require("expect.js");

import { benchmark } from "../../support/benchmark";

const { Receiver, PerMessageDeflate } = require("ws");

/** The text of the message in some bytes, as ws decodes it. */
function understood(bytes: Buffer, { isServer = false, deflate = false } = {}): Promise<string> {
  const extensions: Record<string, unknown> = {};
  if (deflate) {
    const extension = new PerMessageDeflate({}, isServer);
    extension.accept([{ server_no_context_takeover: [true], client_no_context_takeover: [true] }]);
    extensions["permessage-deflate"] = extension;
  }
  const receiver = new Receiver({ isServer, extensions, maxPayload: 1e6 });
  return new Promise((resolve, reject) => {
    receiver.on("message", (data: Buffer) => resolve(data.toString()));
    receiver.on("error", reject);
    receiver.write(bytes);
  });
}

describe("the frames of the benchmark", () => {
  let frames: any;
  let counters: any;
  let upgrade: any;
  before(async () => {
    frames = await benchmark("wire/frames.mjs");
    counters = await benchmark("wire/counter.mjs");
    upgrade = await benchmark("wire/upgrade.mjs");
  });

  const lengths = [1, 125, 126, 65_535, 65_536];

  for (const deflate of [false, true]) {
    it(`can be decoded by ws, ${deflate ? "compressed" : "with any length"}`, async () => {
      for (const length of lengths) {
        const text = "é".padEnd(length - 1, "x");
        expect(await understood(frames.serverFrame(text, { deflate }), { deflate })).to.be(text);
        const fromClient = { isServer: true, deflate };
        expect(await understood(frames.clientFrame(text, { deflate }), fromClient)).to.be(text);
        const { texts, rest } = frames.readMessages(frames.serverFrame(text, { deflate }));
        expect(texts).to.eql([text]);
        expect(rest).to.have.length(0);
      }
    });
  }

  it("are read up to the last complete frame", () => {
    const bytes = Buffer.concat(["one", "two", "three"].map((text) => frames.serverFrame(text)));
    const { texts, rest } = frames.readMessages(bytes.subarray(0, -1));
    expect(texts).to.eql(["one", "two"]);
    expect(rest).to.eql(frames.serverFrame("three").subarray(0, -1));
  });

  it("are read up to a close frame, without pings", () => {
    const ping = Buffer.from([0x89, 0]);
    const close = Buffer.from([0x88, 2, 0x03, 0xe8]);
    const bytes = Buffer.concat([ping, frames.serverFrame("one"), close, frames.serverFrame("two")]);
    const { texts, closed } = frames.readMessages(bytes);
    expect({ texts, closed }).to.eql({ texts: ["one"], closed: true });
    expect(frames.readMessages(frames.serverFrame("one")).closed).to.be(false);
  });

  it("are counted wherever the chunks end, without control frames and fragments that are not the last", () => {
    const [ping, empty] = [Buffer.from([0x89, 1, 65]), Buffer.from([0x81, 0])];
    const fragments = [Buffer.from([0x01, 1, 65]), Buffer.from([0x80, 1, 66])];
    const messages = lengths.flatMap((length) => [
      frames.serverFrame("x".repeat(length)),
      frames.clientFrame("x".repeat(length)),
    ]);
    const bytes = Buffer.concat([ping, ...messages, empty, ...fragments, ping]);
    for (const size of [1, 2, 3, 7, 1000, bytes.length]) {
      const counter = new counters.FrameCounter();
      let counted = 0;
      for (let at = 0; at < bytes.length; at += size) {
        counted += counter.push(bytes.subarray(at, at + size));
      }
      expect(counted).to.be(messages.length + 2);
    }
  });

  it("are counted in the new part of a chunk", () => {
    const counter = new counters.FrameCounter();
    const bytes = Buffer.concat([frames.serverFrame("new"), frames.serverFrame("old")]);
    expect(counter.push(bytes, 5)).to.be(1);
    expect(counter.push(bytes, 4)).to.be(0);
    expect(counter.push(bytes.subarray(4), 1)).to.be(1);
  });

  it("may contain several messages with a marker each", () => {
    // the length of the second payload is equal to the code of the marker
    const texts = ['[{"data":"~"},{"data":"~"}]', "x".repeat(126), "~"];
    const bytes = Buffer.concat(texts.map((text) => frames.serverFrame(text)));
    for (const size of [1, 5, bytes.length]) {
      const counter = new counters.MarkerCounter("~");
      let counted = 0;
      for (let at = 0; at < bytes.length; at += size) {
        counted += counter.push(bytes.subarray(at, at + size));
      }
      expect(counted).to.be(3);
    }
  });

  it("follow the handshake of RFC 6455", () => {
    const response = upgrade.upgradeResponse(upgrade.upgradeRequest("/"));
    expect(response).to.contain("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    expect(response).to.match(/\r\n\r\n$/);
    expect(response).not.to.contain("Extensions");
    expect(upgrade.upgradeRequest("/", { deflate: true })).to.contain("permessage-deflate");
  });
});
