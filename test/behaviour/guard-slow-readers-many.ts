import expect from "expect.js";
import type { SlowConsumerOptions } from "../../lib";
import { type Joined, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { handOver, pause, resume, stall } from "../support/slow-reader";
import { turn } from "../support/waiting";

const maxBufferedBytes = 96 * 1024;
const SLOW = 10;
const BROADCASTS = 30;
const PAYLOAD = "x".repeat(2048);

/** The number of clients that connect together. */
async function joinMany(running: Awaited<ReturnType<typeof startServer>>, count: number): Promise<Joined[]> {
  const joined: Joined[] = [];
  while (joined.length < count) {
    joined.push(...(await Promise.all(Array.from({ length: 50 }, () => joinWire(running)))));
  }
  return joined;
}

ownSuite("a broadcast to many clients of which 10 do not read", () => {
  const tests: [SlowConsumerOptions["policy"], clients: number][] = [
    ["drop-oldest", 1000],
    ["disconnect", 200],
  ];
  for (const [policy, clients] of tests) {
    it(`reaches all others, and keeps within the limit, with "${policy}" and ${clients} clients [security 6]`, async () => {
      // a client that decompresses continues to read
      const running = await startServer({
        slowConsumer: { maxBufferedBytes, policy },
        perMessageDeflate: false,
        // a client that does not read does not answer pings either
        pingInterval: 2 ** 31 - 1,
      });
      const all = await joinMany(running, clients);
      const slow = all.slice(0, SLOW);
      const honest = all.slice(SLOW);
      for (const one of slow) {
        await stall(one);
      }
      let most = 0;
      for (let i = 0; i < BROADCASTS; i++) {
        running.io.emit("n", i, PAYLOAD);
        for (const { socket } of slow) {
          most = Math.max(most, socket.bufferedBytes);
        }
        await turn();
      }
      expect(most).to.be.within(maxBufferedBytes / 2, maxBufferedBytes);
      for (const { wire } of honest) {
        for (let i = 0; i < BROADCASTS; i++) {
          const frame = String(await wire.next());
          if (!frame.startsWith(`42["n",${i},`)) {
            expect(frame).to.be(`42["n",${i},…]`);
          }
        }
      }
      const stays = policy === "drop-oldest";
      expect(slow.map(({ socket }) => socket.connected)).to.eql(Array(SLOW).fill(stays));
      expect(honest.every(({ socket }) => socket.connected)).to.be(true);
      for (const one of slow) {
        resume(one);
        if (stays) {
          await one.socket.drained();
          expect(one.socket.bufferedBytes).to.be(0);
        } else {
          await one.wire.closed;
        }
      }
      expect(running.io.engine.clientsCount).to.be(stays ? clients : clients - SLOW);
    });
  }
});

describe("a large broadcast to clients that do not read, and have sent a ping of WebSocket", () => {
  it("is kept once for all of them [security 6]", async () => {
    // ws compresses a message for each client by itself
    const running = await startServer({ perMessageDeflate: false });
    const all = await joinMany(running, 50);
    for (const { wire } of all) {
      await handOver({ wire });
      pause({ wire });
    }
    const before = process.memoryUsage().arrayBuffers;
    const text = "x".repeat(4_000_000);
    running.io.emit("large", text);
    await turn();
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(5 * text.length);
  });
});
