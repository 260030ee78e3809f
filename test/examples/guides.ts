/** The examples of docs/guides/, each run as a program with real clients. */
import { randomBytes } from "node:crypto";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { connectClient } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

describe("the example", () => {
  it("routes sends to a room from a route in another file [7, 64]", async () => {
    const { url } = await runExample("routes/index.js");
    const [tea, coffee] = [connectClient(url), connectClient(url)];
    await tea.emitWithAck("follow", "tea");
    await coffee.emitWithAck("follow", "coffee");
    const publish = (topic: string, text: string) =>
      fetch(`${url}/news/${topic}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text }),
      });
    const received = Promise.all([nextValue(tea, "news"), nextValue(coffee, "news")]);
    expect((await publish("tea", "milk")).status).to.be(202);
    expect((await publish("coffee", "sugar")).status).to.be(202);
    expect(await received).to.eql(["milk", "sugar"]);
  });

  it("upload stores a file in chunks, and ignores what is no chunk [55]", async () => {
    const { url } = await runExample("upload/index.js");
    const client = connectClient(url);
    const file = randomBytes(700_000);
    for (let start = 0; start < file.length; start += 256 * 1024) {
      const chunk = file.subarray(start, start + 256 * 1024);
      expect(await client.emitWithAck("chunk", chunk)).to.eql({ size: start + chunk.length });
    }
    client.emit("chunk", "a text");
    expect(await client.emitWithAck("chunk", Buffer.alloc(1))).to.eql({ size: file.length + 1 });
  });

  it("missed-events sends a client what it has missed, and nothing twice [26, 65]", async () => {
    const { url } = await runExample("missed-events/index.js");
    const author = connectClient(url);
    const reader = connectClient(url, { auth: { last: 0 } });
    await nextEvent(reader, "connect");
    const first = nextEvent(reader, "news");
    expect(await author.emitWithAck("publish", "one")).to.be(1);
    expect(await first).to.eql(["one", 1]);
    reader.disconnect();
    await author.emitWithAck("publish", "two");
    await author.emitWithAck("publish", "three");
    reader.auth = { last: 1 };
    const missed: unknown[] = [];
    reader.on("news", (...news) => missed.push(news));
    reader.connect();
    await nextEvent(reader, "connect");
    await author.emitWithAck("publish", "four");
    await reader.emitWithAck("publish", "five");
    expect(missed).to.eql([
      ["two", 2],
      ["three", 3],
      ["four", 4],
      ["five", 5],
    ]);
  });

  it("presence counts a user with two windows once [47, 67]", async () => {
    const { url } = await runExample("presence/index.js");
    const watcher = connectClient(url, { auth: { user: "watcher" } });
    expect(await nextValue(watcher, "online")).to.be("watcher");
    const seen: unknown[] = [];
    watcher.on("online", (user) => seen.push(`${user} online`));
    watcher.on("offline", (user) => seen.push(`${user} offline`));

    const windows = [];
    for (const _ of [1, 2]) {
      const window = connectClient(url, { auth: { user: "ada" } });
      expect(await window.emitWithAck("who")).to.eql(["ada", "watcher"]);
      windows.push(window);
    }
    await watcher.emitWithAck("who");
    expect(seen).to.eql(["ada online"]);

    windows[0]?.disconnect();
    expect(await watcher.emitWithAck("who")).to.eql(["ada", "watcher"]);
    const offline = nextValue(watcher, "offline");
    windows[1]?.disconnect();
    expect(await offline).to.be("ada");
    expect(await watcher.emitWithAck("who")).to.eql(["watcher"]);
    expect(seen).to.eql(["ada online", "ada offline"]);
  });

  it("presence refuses a client without a name [47]", async () => {
    const { url } = await runExample("presence/index.js");
    const [error] = await nextEvent<[Error]>(connectClient(url), "connect_error");
    expect(error.message).to.be("who are you?");
  });
});
