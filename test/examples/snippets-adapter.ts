/** The adapter in docs/adapters.md, between two servers in two threads. */
import expect from "expect.js";
import { runExample } from "../support/examples";
import { connectClient } from "../support/server";
import { nextValue } from "../support/waiting";

describe("the adapter example", () => {
  it("transmits events, acknowledgements and lists of sockets between two servers [72, 75, 76]", async () => {
    const { urls } = await runExample("adapter/index.js", { servers: 2 });
    expect(urls[0]).not.to.be(urls[1]);
    const [here, there] = urls.map((url) => connectClient(url)) as [
      ReturnType<typeof connectClient>,
      ReturnType<typeof connectClient>,
    ];
    let count = 0;
    while (count < 2) {
      count = await here.emitWithAck("count"); // until the servers know each other
    }

    const heard = Promise.all([nextValue(here, "said"), nextValue(there, "said")]);
    here.emit("say", "hello");
    expect(await heard).to.eql(["hello", "hello"]);

    there.on("question", (question, answer) => answer(`${question} yes`));
    expect(await here.emitWithAck("poll", "tea?")).to.eql(["tea? yes"]);
  });
});
