/** examples/logging, which docs/debugging.md quotes, writes a line for each event, and no secrets. */
import expect from "expect.js";
import { type RunningExample, runExample } from "../support/examples";
import { ask } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { connectClient } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";

const auth = { token: "secret-1" };

/** The lines of the log with a message. */
function lines({ output }: RunningExample, message: string): any[] {
  return output()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === message);
}

/** Resolves with the first line with a message, once it is there. */
async function firstLine(example: RunningExample, message: string): Promise<any> {
  await eventually(() => lines(example, message).length > 0);
  return lines(example, message)[0];
}

ownSuite("the example of a log", () => {
  it("has a line for each client that joins, is refused or leaves, without secrets", async () => {
    const example = await runExample("logging/index.js");
    const client = connectClient(example.url, {
      auth,
      query: { key: "secret-2" },
      extraHeaders: { cookie: "session=secret-3" },
    });
    await nextEvent(client, "connect");
    const ids = [client.id, client.io.engine.id] as string[];
    const joined = await firstLine(example, "joined");
    expect([joined.socket, joined.nsp, joined.recovered]).to.eql([`${ids[0].slice(0, 6)}…`, "/", false]);
    client.disconnect();
    const left = await firstLine(example, "disconnected");
    expect([left.socket, left.nsp, left.reason]).to.eql([joined.socket, "/", "client namespace disconnect"]);
    expect(left.seconds).to.be.a("number");
    expect(["polling", "websocket"]).to.contain(left.transport);

    const unknown = connectClient(example.url, { auth: { token: "secret-4" }, transports: ["websocket"] });
    await nextEvent(unknown, "connect_error");
    expect((await firstLine(example, "refused")).error).to.be("unknown token");

    await ask(`${example.url}/socket.io/?EIO=4&transport=polling&sid=secret-5`);
    const { code, message, name } = await firstLine(example, "connection refused");
    expect([code, message, name]).to.eql([1, "Session ID unknown", undefined]);
    for (const secret of ["secret-", ...ids]) {
      expect(example.output()).not.to.contain(secret);
    }
  });

  it("has a line for each guard, with its code, and only one for a refused connection", async () => {
    const example = await runExample("logging/index.js");
    await ask(`${example.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: "https://evil.example" },
    });
    const { code, address, level } = await firstLine(example, "guard");
    expect([code, level]).to.eql(["ORIGIN_FORBIDDEN", 40]);
    expect(address).to.be.ok();
    expect(lines(example, "connection refused")).to.eql([]);
  });

  it("has a line for each handler that fails", async () => {
    const example = await runExample("logging/index.js");
    const client = connectClient(example.url, { auth, transports: ["websocket"] });
    client.emit("divide", 1, 2);
    const { err, phase, event, nsp } = await firstLine(example, "handler failed");
    expect([err.message, phase, event, nsp]).to.eql(["reply is not a function", "event", "divide", "/"]);
    expect(lines(example, "guard")).to.eql([]);
    expect(await client.emitWithAck("divide", 1, 2)).to.be(0.5);
  });

  it("has a line for a client that does not read", async () => {
    const example = await runExample("logging/index.js");
    const client = connectClient(example.url, { auth, transports: ["websocket"], reconnection: false });
    await nextEvent(client, "connect");
    // reads nothing, but still sends
    (client.io.engine.transport as any).ws._socket.pause();
    await eventually(() => {
      client.emit("history", 10);
      return lines(example, "slow consumer").length > 0;
    });
    const { action, bufferedBytes } = await firstLine(example, "slow consumer");
    expect(action).to.be("disconnect");
    expect(bufferedBytes).to.be.greaterThan(1_000_000);
    expect((await firstLine(example, "disconnected")).code).to.be("SLOW_CONSUMER");
    expect(lines(example, "slow consumer").length).to.be(1);
  });

  it("has few lines for what is frequent, and the number of those that it skips", async () => {
    const example = await runExample("logging/index.js");
    const client = connectClient(example.url, { auth, transports: ["websocket"] });
    await nextEvent(client, "connect");
    for (let i = 0; i < 60; i++) {
      client.emit("divide", 1, 2);
    }
    await client.emitWithAck("divide", 1, 2);
    expect(lines(example, "handler failed").length).to.be.lessThan(60);
    // in the next second
    await eventually(() => {
      client.emit("divide", 1, 2);
      return lines(example, "handler failed").some(({ skipped }) => skipped > 0);
    });
  });
});
