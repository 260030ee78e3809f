import { NodeWebSocket } from "engine.io-client";
import expect from "expect.js";
import { ServerSentEvents } from "../../lib/server-sent-events";
import { runCuts } from "../support/cut-connections";
import { ownTest } from "../support/own-tests";
import { survive } from "../support/survival-scripts";

const seed = process.env.SEED ?? String(Date.now() % 1_000_000_007);

/** Few clients, and short connections: little work for many cuts, so that a busy machine is fast enough. */
const cuts = ["--seed", seed, "--clients", "30", "--cuts", "60", "--bytes", "8000"];

/** The sum over all clients of all transports. */
function total(accounts: Record<string, Record<string, number>>, column: string): number {
  return Object.values(accounts).reduce((sum, account) => sum + account[column], 0);
}

describe(`30 clients whose connections are cut under load (SEED=${seed})`, function () {
  // no assertion depends on time: this limit ends a run that hangs
  this.timeout(300_000);

  it("receive every event once and in order when they reconnect in time [79]", async () => {
    const { accounts } = await survive("cuts", ...cuts);
    expect(Object.keys(accounts)).to.eql(["websocket", "polling", "polling, upgraded"]);
    for (const [way, account] of Object.entries<any>(accounts)) {
      const { received, recovered, lost, absent, duplicates, corrupt } = account;
      const faults = { lost, absent, duplicates, corrupt };
      expect({ way, ...faults }).to.eql({ way, lost: 0, absent: 0, duplicates: 0, corrupt: 0 });
      expect(received).to.be.above(0);
      expect(recovered).to.be.above(0);
    }
  });

  it("learn that they have missed events when these are no longer kept [79]", async () => {
    const { accounts } = await survive("cuts", ...cuts, "--max-packets", "5");
    expect(total(accounts, "lost")).to.be(0);
    expect(total(accounts, "absent")).to.be(0);
    expect(total(accounts, "duplicates")).to.be(0);
    expect(total(accounts, "notRecovered")).to.be.above(0);
    expect(total(accounts, "toldLost")).to.be.above(0);
  });

  ownTest("receive every event once and in order over server-sent events [79]", async () => {
    const { accounts } = await runCuts({
      seed: Number(seed),
      clients: 20,
      cuts: 40,
      mostBytes: 8_000,
      transports: ["sse", "websocket"],
      ways: {
        sse: { transports: [ServerSentEvents] },
        "sse, upgraded": { transports: [ServerSentEvents, NodeWebSocket] },
      },
    });
    for (const [way, account] of Object.entries(accounts)) {
      const { received, recovered, lost, absent, duplicates, corrupt } = account;
      const faults = { lost, absent, duplicates, corrupt };
      expect({ way, ...faults }).to.eql({ way, lost: 0, absent: 0, duplicates: 0, corrupt: 0 });
      expect(received).to.be.above(0);
      expect(recovered).to.be.above(0);
    }
  });
});
