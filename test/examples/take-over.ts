/** examples/take-over, which docs/shutdown.md quotes: a second process takes over the port of the first one. */
import expect from "expect.js";
import { runExample } from "../support/examples";
import { ownSuite } from "../support/own-tests";
import { connectClient } from "../support/server";
import { eventually } from "../support/waiting";

ownSuite("the example of a process that takes over a port", () => {
  it("accepts the clients of the earlier process, over both transports, without refusing any", async () => {
    const first = await runExample("take-over/index.js");
    const welcomes: number[][] = [];
    const refused: string[] = [];
    for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
      const seen: number[] = [];
      welcomes.push(seen);
      const client = connectClient(first.url, {
        transports,
        reconnectionDelay: 500,
        randomizationFactor: 0,
      });
      client.on("welcome", (pid) => seen.push(pid));
      client.on("connect_error", ({ message }) => refused.push(message));
    }
    await eventually(() => welcomes.every((seen) => seen.length === 1));
    const second = await runExample("take-over/index.js", {
      servers: 0,
      env: { PORT: new URL(first.url).port },
    });
    expect(second.output()).to.contain("waiting for port");
    first.signal("SIGTERM");
    await eventually(() => welcomes.every((seen) => seen.length === 2));
    expect(second.output()).to.contain(`listening on ${first.url}`);
    expect(await first.ended).to.be(0);
    expect(first.output()).to.contain("3 clients have left, 0 of them too early");
    for (const [before, after] of welcomes) {
      expect(after).not.to.be(before);
    }
    if (refused.length > 0) {
      throw new Error(refused.join());
    }
  }).timeout(20_000);
});
