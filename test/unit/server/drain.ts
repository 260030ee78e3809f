import expect from "expect.js";
import { Drain, type DrainedConnection } from "../../../lib/server/drain";
import { stopClock } from "../../support/clock";

interface Fake extends DrainedConnection {
  pendingAcks: number;
  isAllSent: boolean;
}

/** Connections with the given numbers of pending acknowledgements, and the connections that have left, tick by tick. */
function connectionsOf(...pendingAcks: number[]) {
  const present = new Set<Fake>();
  const connections = pendingAcks.map((pending) => {
    const connection: Fake = {
      pendingAcks: pending,
      isAllSent: true,
      isPolling: false,
      closeForShutdown: () => present.delete(connection),
    };
    present.add(connection);
    return connection;
  });
  return { connections, present, list: () => [...present] };
}

describe("a drain", () => {
  it("closes one batch at once, and the next one after each interval", async () => {
    const clock = stopClock();
    const { present, list } = connectionsOf(0, 0, 0, 0, 0);
    const report = new Drain(list, { batchSize: 2, intervalMs: 100, timeoutMs: 1_000 }).run();
    expect(present.size).to.be(3);
    clock.tick(99);
    expect(present.size).to.be(3);
    clock.tick(1);
    expect(present.size).to.be(1);
    clock.tick(100);
    expect(present.size).to.be(0);
    expect(await report).to.eql({ disconnected: 5, cut: 0, pendingAcks: 0 });
  });

  it("skips connections with pending data, until its time is over", async () => {
    const clock = stopClock();
    const { connections, present, list } = connectionsOf(2, 0, 0, 3);
    connections[1].isAllSent = false;
    const report = new Drain(list, { batchSize: 1, intervalMs: 100, timeoutMs: 1_000 }).run();
    expect([...present]).to.eql([connections[0], connections[1], connections[3]]);
    clock.tick(500);
    connections[1].isAllSent = true;
    clock.tick(100);
    expect([...present]).to.eql([connections[0], connections[3]]);
    clock.tick(400);
    expect(await report).to.eql({ disconnected: 4, cut: 2, pendingAcks: 5 });
    clock.tick(10_000);
    expect(present.size).to.be(2);
  });

  it("ends at once with finish(), or when there is no connection", async () => {
    const clock = stopClock();
    const options = { batchSize: 1, intervalMs: 100, timeoutMs: 1_000 };
    const nothing = { disconnected: 0, cut: 0, pendingAcks: 0 };
    expect(await new Drain(() => [], options).run()).to.eql(nothing);
    const { present, list } = connectionsOf(0, 0, 1);
    const drain = new Drain(list, options);
    const report = drain.run();
    drain.finish();
    drain.finish();
    expect(await report).to.eql({ disconnected: 3, cut: 1, pendingAcks: 1 });
    clock.tick(10_000);
    expect(present.size).to.be(2);
  });
});
