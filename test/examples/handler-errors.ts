/** The example of handlers that fail. */
import expect from "expect.js";
import { runExample } from "../support/examples";
import { ownSuite } from "../support/own-tests";
import { connectClient } from "../support/server";
import { eventually } from "../support/waiting";

ownSuite("the example handler-errors", () => {
  it("continues when a handler throws, and answers with an error without details", async () => {
    const { url, output } = await runExample("handler-errors/index.js");
    const client = connectClient(url);
    client.emit("shout");
    expect(await client.emitWithAck("shout", "hello")).to.be("HELLO");
    await eventually(() => output().includes("event shout TypeError"));

    client.emit("save", 1);
    expect(await client.emitWithAck("save", "a", "text")).to.eql({ ok: true });
    expect(await client.emitWithAck("save", "a", "again")).to.eql({
      error: "the document could not be saved",
    });
    await eventually(() => output().includes("duplicate key a"));
  });
});
