import expect from "expect.js";
import { refusalMessages } from "../support/guard-messages";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { openPolling, openWire } from "../support/wire";

ownSuite("trustProxy as a function that returns no string", () => {
  for (const [what, trustProxy] of Object.entries<() => unknown>({
    "a number": () => 7,
    "a promise": async () => "1.1.1.1",
    "a promise that rejects": async () => {
      throw new Error("no such header");
    },
  })) {
    it(`(${what}) serves clients without an address, which are not counted as one address`, async () => {
      const running = await startServer({
        trustProxy: trustProxy as never,
        limits: { connectionsPerAddress: 1, handshakesPerSecond: 1, connections: 4 },
      });
      const { url, io } = running;
      for (let i = 0; i < 2; i++) {
        await (await openWire(url)).join();
        await openPolling(url);
      }
      expect(io.engine.clientsCount).to.be(4);
      const told = refusalMessages(running);
      await openPolling(url).then(
        () => expect().fail("the fifth connection was opened"),
        (error: Error) => expect(error.message).to.contain("403"),
      );
      expect(told.map(({ code, address }) => [code, address])).to.eql([["CONNECTION_LIMIT", undefined]]);
    });
  }
});
