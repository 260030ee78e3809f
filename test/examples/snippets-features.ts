/** The examples of single features, each run as a program with real clients. */
import expect from "expect.js";
import { ServerSentEvents } from "../../lib/server-sent-events";
import { runExample } from "../support/examples";
import { connectClient } from "../support/server";
import { nextEvent, nextEvents, nextValue } from "../support/waiting";

describe("the example", () => {
  it("first-app counts the presses of all clients, and serves its page with the client [12, 65]", async () => {
    const { url } = await runExample("first-app/index.js");
    const ada = connectClient(url);
    expect(await nextValue(ada, "presses")).to.be(0);
    const bob = connectClient(url);
    expect(await nextValue(bob, "presses")).to.be(0);

    const seen = Promise.all([nextValue(ada, "presses"), nextValue(bob, "presses")]);
    ada.emit("press");
    expect(await seen).to.eql([1, 1]);

    const page = await (await fetch(url)).text();
    const [, client] = /<script src="([^"]+)"/.exec(page) ?? [];
    const script = await fetch(url + client);
    expect(script.status).to.be(200);
    expect(await script.text()).to.contain("socket.io");
  });

  it("rooms sends to the members of a room only [63, 64, 65, 67]", async () => {
    const { url } = await runExample("rooms/index.js");
    const [ada, bob, carol] = [connectClient(url), connectClient(url), connectClient(url)];
    await ada.emitWithAck("join", "tea");
    await bob.emitWithAck("join", "tea");
    await carol.emitWithAck("join", "coffee");
    expect(await ada.emitWithAck("count", "tea")).to.be(2);

    const heard = Promise.all([ada, bob, carol].map((client) => nextEvent(client, "said")));
    ada.emit("say", "tea", "milk?");
    ada.emit("say", "coffee", "sugar?");
    expect(await heard).to.eql([
      ["tea", "milk?"],
      ["tea", "milk?"],
      ["coffee", "sugar?"],
    ]);

    await bob.emitWithAck("leave", "tea");
    expect(await ada.emitWithAck("count", "tea")).to.be(1);
    await bob.emitWithAck("join", "tea");
    const left = nextValue(bob, "left");
    ada.disconnect();
    expect(await left).to.be("tea");
    expect(await bob.emitWithAck("count", "tea")).to.be(1);
  });

  it("acks-with-timeout answers, asks one client, and asks all others [55, 56, 57]", async () => {
    const { url } = await runExample("acks-with-timeout/index.js");
    const [ada, bob, carol] = [connectClient(url), connectClient(url), connectClient(url)];
    expect(await ada.emitWithAck("double", 21)).to.be(42);

    ada.on("what is your name?", (answer) => answer("Ada"));
    ada.emit("call me back");
    expect(await nextValue(ada, "verdict")).to.be("hello, Ada");

    const answerYes = (_question: string, answer: (vote: string) => void) => answer("yes");
    bob.on("question", answerYes);
    carol.on("question", answerYes);
    await Promise.all([bob.emitWithAck("double", 1), carol.emitWithAck("double", 1)]); // both are connected
    expect(await ada.emitWithAck("poll", "tea?")).to.eql({ complete: true, votes: ["yes", "yes"] });
  });

  it("acks-with-timeout reports that an answer did not arrive in time [56, 57]", async () => {
    const { url } = await runExample("acks-with-timeout/index.js");
    const [ada, bob, silent] = [connectClient(url), connectClient(url), connectClient(url)];
    bob.on("question", (_question, answer) => answer("yes"));
    await Promise.all([ada, bob, silent].map((client) => client.emitWithAck("double", 1)));

    const verdict = nextValue(silent, "verdict");
    silent.emit("call me back");
    expect(await ada.emitWithAck("poll", "tea?")).to.eql({ complete: false, votes: ["yes"] });
    expect(await verdict).to.be("operation has timed out");
  });

  it("middleware-auth refuses a client without a token, and an event that is not allowed [26, 47, 48]", async () => {
    const { url } = await runExample("middleware-auth/index.js");
    const error = await nextValue(connectClient(url, { auth: { token: "guess" } }), "connect_error");
    expect(error.message).to.be("unknown token");
    expect(error.data).to.eql({ hint: "please sign in" });

    const ada = connectClient(url, { auth: { token: "secret-1" } });
    expect(await ada.emitWithAck("whoami")).to.be("ada");
    const refused = nextValue(ada, "refused");
    ada.emit("admin:announce", "lunch");
    expect(await refused).to.be("admin:announce is not allowed");
    expect(await ada.emitWithAck("whoami")).to.be("ada"); // the server still runs
  });

  it("middleware-auth survives a number as event name, and an event without an acknowledgement [47, 48]", async () => {
    const { url } = await runExample("middleware-auth/index.js");
    const ada = connectClient(url, { auth: { token: "secret-1" } });
    ada.emit(7 as any);
    ada.emit("whoami");
    expect(await ada.emitWithAck("whoami")).to.be("ada");
  });

  it("dynamic-namespaces creates a namespace for each project, and refuses other names [40, 41, 45]", async () => {
    const { url } = await runExample("dynamic-namespaces/index.js");
    const [one, two] = [connectClient(`${url}/project-1`), connectClient(`${url}/project-2`)];
    await Promise.all([nextEvent(one, "connect"), nextEvent(two, "connect")]);
    const edits = Promise.all([nextEvent(one, "edited"), nextEvent(two, "edited")]);
    one.emit("edit", "first");
    two.emit("edit", "second");
    expect(await edits).to.eql([
      ["/project-1", "first"],
      ["/project-2", "second"],
    ]);

    const announced = Promise.all([nextValue(one, "announcement"), nextValue(two, "announcement")]);
    connectClient(url).emit("announce", "lunch");
    expect(await announced).to.eql(["lunch", "lunch"]);

    const error = await nextValue(connectClient(`${url}/other`), "connect_error");
    expect(error.message).to.be("Invalid namespace");
  });

  it("connection-state-recovery restores the rooms, data and missed events of a client [23, 78, 79]", async () => {
    const { url } = await runExample("connection-state-recovery/index.js");
    const reader = connectClient(url, { reconnectionDelay: 10, reconnectionDelayMax: 10 });
    const writer = connectClient(url);
    const first = nextValue(reader, "news");
    await nextEvent(reader, "connect");
    expect(reader.recovered).to.be(false);
    writer.emit("publish", "before");
    expect(await first).to.be("before");
    const before = await reader.emitWithAck("state");
    const { id } = reader;

    const away = nextEvent(reader, "disconnect");
    reader.io.engine.close();
    await away;
    const missed = nextEvents(reader, "news", 2);
    writer.emit("publish", "while away");
    writer.emit("publish", "also while away");
    await writer.emitWithAck("state"); // both are published
    expect((await missed).map(([text]) => text)).to.eql(["while away", "also while away"]);
    expect(reader.recovered).to.be(true);
    expect(reader.id).to.be(id);
    expect(await reader.emitWithAck("state")).to.eql(before);
  });

  it("connection-state-recovery restores a client to which nothing was published [23, 78]", async () => {
    const { url } = await runExample("connection-state-recovery/index.js");
    const reader = connectClient(url, { reconnectionDelay: 10, reconnectionDelayMax: 10 });
    const before = await reader.emitWithAck("state");
    const { id } = reader;
    const again = nextEvent(reader, "connect");
    reader.io.engine.close();
    await again;
    expect(reader.recovered).to.be(true);
    expect(reader.id).to.be(id);
    expect(await reader.emitWithAck("state")).to.eql(before);
  });

  it("custom-parser exchanges MessagePack with a client that has the same parser [22, 86]", async () => {
    const { url } = await runExample("custom-parser/index.js");
    const parser = require("socket.io-msgpack-parser");
    const client = connectClient(url, { parser });
    const bytes = await client.emitWithAck("reverse", Buffer.from([1, 2, 3]));
    expect([...bytes]).to.eql([3, 2, 1]);
  });

  it("server-sent-events-proxy serves its page with the client class, and answers over server-sent events", async () => {
    const { url } = await runExample("server-sent-events-proxy/index.js");
    const page = await (await fetch(url)).text();
    for (const [, path] of page.matchAll(/from "([^"]+)"/g)) {
      const script = await fetch(url + path);
      expect(script.headers.get("content-type")).to.contain("javascript");
      expect(await script.text()).to.contain("export");
    }
    const client = connectClient(url, { transports: [ServerSentEvents] });
    expect(await nextValue(client, "transport")).to.be("sse");
    expect(await client.emitWithAck("hello", "world")).to.be("Hello, world!");
  });
});
