/** The examples of diagnostics channels, each run as a program with real clients. */
import expect from "expect.js";
import { runExample } from "../support/examples";
import { connectClient } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";

describe("the example diagnostics/", () => {
  it("tracing.js logs how long handlers take, and their errors", async () => {
    const { url, output } = await runExample("diagnostics/tracing.js");
    const client = connectClient(url);
    await client.emitWithAck("quick");
    await client.emitWithAck("slow");
    client.emit("wrong");
    await eventually(() => /^wrong/m.test(output()));
    expect(output()).to.match(/^quick: done after \d+ ms$/m);
    expect(output()).to.match(/^slow: done after \d\d+ ms$/m);
    expect(output()).to.match(/^wrong: failed after \d+ ms$/m);
  });

  it("tracing.js ignores operations that began before it subscribed", async () => {
    const program = `
      import { channel, subscribe } from "node:diagnostics_channel";
      subscribe("socket.io:server", () => {
        channel("tracing:socket.io:event:end").publish({ event: "unseen" });
        channel("tracing:socket.io:event:asyncStart").publish({ event: "unseen", isAsync: true });
      });`;
    const nodeArguments = ["--import", `data:text/javascript,${encodeURIComponent(program)}`];
    const { url, output } = await runExample("diagnostics/tracing.js", { nodeArguments });
    await connectClient(url).emitWithAck("quick");
    await eventually(() => output().includes("quick: done"));
    expect(output()).not.to.contain("unseen");
  });

  it("plain.js counts bytes, and logs who leaves", async () => {
    const { url, output } = await runExample("diagnostics/plain.js");
    const client = connectClient(url);
    await nextEvent(client, "connect");
    const { id } = client;
    const traffic = await client.emitWithAck("traffic");
    expect(traffic.in).to.be.above(10);
    expect(traffic.out).to.be.above(10);
    client.disconnect();
    await eventually(() => output().includes(`${id} has left`));
    expect(output()).to.match(/ over (polling|websocket): client namespace disconnect/);
  });

  it("context.js passes the socket and the event to what the handler calls", async () => {
    const { url } = await runExample("diagnostics/context.js");
    const client = connectClient(url);
    const text = await client.emitWithAck("note", "milk");
    expect(text).to.be(`${client.id} has saved "milk" with note`);
  });
});
