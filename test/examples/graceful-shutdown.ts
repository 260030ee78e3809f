/** examples/graceful-shutdown, which docs/shutdown.md quotes, receives the signal of Kubernetes. */
import expect from "expect.js";
import { runExample } from "../support/examples";
import { ask, askHandshake } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { connectClient } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";

ownSuite("the example of a graceful shutdown", () => {
  it("disconnects clients after SIGTERM, a client with a pending acknowledgement after its answer", async () => {
    const example = await runExample("graceful-shutdown/index.js", { env: { PAUSE_MS: "3000" } });
    expect((await ask(`${example.url}/ready`)).status).to.be(200);
    const options = { transports: ["websocket"], reconnection: false };
    const [idle, busy] = [connectClient(example.url, options), connectClient(example.url, options)];
    const answered = new Promise<(name: string) => void>((resolve) =>
      busy.on("what is your name?", (answer) => resolve(answer)),
    );
    await Promise.all([nextEvent(idle, "connect"), nextEvent(busy, "connect")]);
    const left = [nextEvent(idle, "disconnect"), nextEvent(busy, "disconnect")];
    busy.emit("ask me");
    const answer = await answered;

    example.signal("SIGTERM");
    await eventually(async () => (await ask(`${example.url}/ready`)).status === 503);
    expect(idle.connected).to.be(true); // until the load balancer has seen the failure
    await left[0];
    for (const answer of [ask(`${example.url}/ready`), askHandshake(example.url)]) {
      // the port is closed
      expect(await answer.catch((error) => error.code)).to.be("ECONNREFUSED");
    }
    expect(busy.connected).to.be(true);
    answer("Ada");
    expect((await left[1])[0]).to.be("transport close");
    expect(await example.ended).to.be(0);
    await eventually(() => example.output().includes("2 clients have left, 0 of them too early"));
    expect(example.output()).to.contain("the client said Ada");
  });
});
