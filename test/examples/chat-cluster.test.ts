/** The handlers of the chat with a slow adapter, like one that asks other processes. */
import { randomUUID } from "node:crypto";
import expect from "expect.js";
import { Adapter } from "socket.io-adapter";
import { connectClient, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

const { chat } = require("../../examples/chat/chat");

class SlowAdapter extends Adapter {
  override async fetchSockets(options: any) {
    const found = await super.fetchSockets(options);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return found;
  }
}

describe("the chat example with an adapter that asks other servers", () => {
  it("never gives the same nickname to two people who enter together [67]", async () => {
    const { io, url } = await startServer({ adapter: SlowAdapter as any });
    chat(io);
    const clients = Array.from({ length: 3 }, () =>
      connectClient(url, { auth: { key: randomUUID(), nickname: "Ada", room: "tea" } }),
    );
    const welcomes = await Promise.all(clients.map((client) => nextValue(client, "welcome")));
    expect(welcomes.map(({ me }) => me.nickname).sort()).to.eql(["Ada", "Ada 2", "Ada 3"]);
  });

  it("delays messages until the person is in the room [55, 62]", async () => {
    const { io, url } = await startServer({ adapter: SlowAdapter as any });
    chat(io);
    const client = connectClient(url, { auth: { key: randomUUID(), nickname: "Ada", room: "tea" } });
    await nextEvent(client, "connect");
    const welcome = nextValue(client, "welcome");
    const answer = client.emitWithAck("message", { nonce: "early-bird", room: "tea", text: "early" });
    expect((await welcome).messages).to.eql([]);
    expect((await answer).ok).to.be(true);
    const other = connectClient(url, { auth: { key: randomUUID(), nickname: "Bob", room: "tea" } });
    const { messages } = await nextValue(other, "welcome");
    expect(messages.map((message: any) => message.text)).to.eql(["early"]);
  });
});
