/** The heartbeats of several connections. */
import expect from "expect.js";
import { type Clock, stopClock } from "../support/clock";
import { heard, type Joined, joinWire, receivedBy } from "../support/joined";
import { startServer } from "../support/server";
import { nextEvent } from "../support/waiting";

const INTERVAL = 1_000;
const OPTIONS = { pingInterval: INTERVAL, pingTimeout: 60_000 };

/** The number of pings that a client has received. */
async function pings({ wire, socket }: Joined): Promise<number> {
  await receivedBy({ wire, socket });
  return wire.seen.filter((frame) => String(frame) === "2").length;
}

/** Answers a ping, and resolves when the server has received the answer. */
async function answer(joined: Joined): Promise<void> {
  joined.wire.send("3");
  await heard(joined);
}

async function end({ wire, socket }: Joined): Promise<void> {
  const ended = nextEvent(socket, "disconnect");
  wire.ws.terminate();
  await ended;
}

describe("the heartbeats of several connections", () => {
  let clock: Clock;
  beforeEach(() => {
    clock = stopClock({ engine: true });
  });

  it("are sent when the interval of each connection has elapsed [37]", async () => {
    const running = await startServer(OPTIONS);
    const first = await joinWire(running);
    clock.tick(400);
    const second = await joinWire(running);
    clock.tick(599);
    expect([await pings(first), await pings(second)]).to.eql([0, 0]);
    clock.tick(1);
    expect([await pings(first), await pings(second)]).to.eql([1, 0]);
    clock.tick(200);
    await answer(first);
    clock.tick(200);
    expect([await pings(first), await pings(second)]).to.eql([1, 1]);
    clock.tick(799);
    expect([await pings(first), await pings(second)]).to.eql([1, 1]);
    clock.tick(1);
    expect([await pings(first), await pings(second)]).to.eql([2, 1]);
    await answer(second);
    clock.tick(INTERVAL);
    expect([await pings(first), await pings(second)]).to.eql([2, 2]);
  });

  it("are put off by a pong that no ping has asked for [37]", async () => {
    const running = await startServer(OPTIONS);
    const [first, second, third] = [
      await joinWire(running),
      await joinWire(running),
      await joinWire(running),
    ];
    clock.tick(500);
    await answer(second);
    clock.tick(500);
    expect([await pings(first), await pings(second), await pings(third)]).to.eql([1, 0, 1]);
    clock.tick(500);
    expect([await pings(first), await pings(second), await pings(third)]).to.eql([1, 1, 1]);
  });

  it("stop when a connection ends, and the others continue [37]", async () => {
    const running = await startServer(OPTIONS);
    const all = [await joinWire(running), await joinWire(running), await joinWire(running)];
    clock.tick(400);
    all.push(await joinWire(running));
    await end(all[1]);
    clock.tick(600);
    expect([await pings(all[0]), await pings(all[2]), await pings(all[3])]).to.eql([1, 1, 0]);
    await end(all[0]);
    await end(all[2]);
    clock.tick(399);
    expect(await pings(all[3])).to.be(0);
    clock.tick(1);
    expect(await pings(all[3])).to.be(1);
  });

  it("are not early when the connection with the next one ends [37]", async () => {
    const running = await startServer(OPTIONS);
    const first = await joinWire(running);
    clock.tick(400);
    const second = await joinWire(running);
    await end(first);
    clock.tick(999);
    expect(await pings(second)).to.be(0);
    clock.tick(1);
    expect(await pings(second)).to.be(1);
  });

  it("leave no timer when all connections have ended [37]", async () => {
    const running = await startServer(OPTIONS);
    const before = clock.running;
    const all = [await joinWire(running), await joinWire(running), await joinWire(running)];
    clock.tick(INTERVAL);
    await answer(all[0]);
    for (const joined of all) {
      await end(joined);
    }
    running.httpServer.closeAllConnections();
    // the deadline for what closed connections leave open
    clock.tick(120_000);
    expect(clock.running).to.be(before);
  });

  it("keep the interval with which a connection was opened [37]", async () => {
    const running = await startServer(OPTIONS);
    const first = await joinWire(running);
    running.io.engine.opts.pingInterval = 300;
    const second = await joinWire(running);
    clock.tick(300);
    expect([await pings(first), await pings(second)]).to.eql([0, 1]);
    clock.tick(700);
    expect([await pings(first), await pings(second)]).to.eql([1, 1]);
    await answer(first);
    await answer(second);
    clock.tick(300);
    expect([await pings(first), await pings(second)]).to.eql([1, 2]);
    running.io.engine.opts.pingInterval = INTERVAL;
    await joinWire(running);
    clock.tick(700);
    expect([await pings(first), await pings(second)]).to.eql([2, 2]);
  });

  it("are sent though a listener throws when another connection is pinged [37]", async () => {
    const running = await startServer(OPTIONS);
    const all = [await joinWire(running), await joinWire(running), await joinWire(running)];
    all[0].socket.conn.once("packetCreate", () => {
      throw new Error("on purpose");
    });
    expect(() => clock.tick(INTERVAL)).to.throwException(/on purpose/);
    clock.tick(10);
    expect([await pings(all[1]), await pings(all[2])]).to.eql([1, 1]);
  });

  it("may have an interval that is no whole number [37]", async () => {
    const running = await startServer({ ...OPTIONS, pingInterval: 20.5 });
    const joined = await joinWire(running);
    clock.tick(21);
    expect(await pings(joined)).to.be(1);
  });
});
