import { AsyncLocalStorage, createHook } from "node:async_hooks";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ownSuite } from "../support/own-tests";
import { startInMemory, testing, useClock } from "../support/testing";
import { nextEvent, nextValue } from "../support/waiting";

const { installClock, settled, waitFor } = testing;

const failureOf = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

ownSuite("the clock of a test", () => {
  for (const transports of [["websocket"], ["polling"]]) {
    it(`keeps a client connected through many heartbeats (${transports})`, async () => {
      const clock = useClock();
      const { connect, socketOf } = startInMemory();
      const client = await connect("/", { transports });
      let pings = 0;
      client.io.on("ping", () => pings++);
      await clock.advance(10 * 60_000);
      expect([client.connected, socketOf(client).connected]).to.eql([true, true]);
      expect(pings).to.be.within(23, 24);
    });
  }

  it("creates no objects that `jest --detectOpenHandles` reports: each says that it does not keep the process alive", async () => {
    const kinds: Record<string, unknown> = {};
    const hook = createHook({
      init(_id, type, _trigger, resource: { hasRef?: () => boolean }) {
        if (/^SOCKET_IO|^bound-/.test(type)) {
          kinds[type] = resource.hasRef?.();
        }
      },
    }).enable();
    onTestEnd(() => hook.disable());
    const clock = useClock();
    const { connect, close } = startInMemory();
    const client = await connect();
    setTimeout(() => client.emit("later"), 1000);
    await clock.advance(60_000);
    await close();
    expect(kinds).to.eql({ SOCKET_IO_TEST_CLIENT: false, SOCKET_IO_TEST_TIMER: false });
  });

  it("disconnects both sides of a connection that was cut, and the client comes back", async () => {
    const clock = useClock();
    const { io, connect, cut, socketOf } = startInMemory();
    const client = await connect();
    const socket = socketOf(client);
    const reasons: unknown[] = [];
    client.on("disconnect", (reason) => reasons.push(["client", reason]));
    socket.on("disconnect", (reason) => reasons.push(["server", reason]));
    cut(client);
    await settled();
    expect(reasons).to.eql([]);
    const back = nextEvent(client, "connect");
    await clock.advance(45_000);
    expect(reasons.sort()).to.eql([
      ["client", "ping timeout"],
      ["server", "ping timeout"],
    ]);
    await clock.advance(5_000);
    await back;
    expect(io.engine.clientsCount).to.be(1);
  });

  it("reaches the timeouts of acknowledgements on both sides", async () => {
    const clock = useClock();
    const { connect, socketOf } = startInMemory();
    const client = await connect();
    const ofServer = failureOf(socketOf(client).timeout(60_000).emitWithAck("question"));
    const ofClient = failureOf(client.timeout(60_000).emitWithAck("question"));
    const outcomes: string[] = [];
    ofServer.then(() => outcomes.push("server"));
    ofClient.then(() => outcomes.push("client"));
    await clock.advance(59_999);
    expect(outcomes).to.eql([]);
    await clock.advance(1);
    expect(outcomes.sort()).to.eql(["client", "server"]);
    expect((await ofServer).code).to.be("ACK_TIMEOUT");
    expect((await ofClient).message).to.be("operation has timed out");
  });

  it("reaches connectTimeout", async () => {
    const clock = useClock();
    const { io, createClient } = startInMemory({ connectTimeout: 30_000 });
    const client = createClient("/", { autoConnect: false });
    const opened = nextEvent(io.engine, "connection");
    // a connection that joins no namespace
    client.io.open();
    await opened;
    await clock.advance(29_000);
    expect(io.engine.clientsCount).to.be(1);
    await clock.advance(1_000);
    expect(io.engine.clientsCount).to.be(0);
  });

  for (const [title, minutes, isRecovered] of [
    ["restores a session", 1, true],
    ["does not restore a session that has expired", 3, false],
  ] as const) {
    it(`${title}, ${minutes} minutes later`, async () => {
      const clock = useClock();
      const { connect, socketOf } = startInMemory({
        connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
      });
      const client = await connect("/", { reconnection: false });
      client.on("news", () => {});
      socketOf(client).emit("news");
      await settled();
      const left = nextEvent(socketOf(client), "disconnect");
      client.io.engine.close();
      await left;
      await clock.advance(minutes * 60_000);
      client.connect();
      await waitFor(client, "connect");
      expect(client.recovered).to.be(isRecovered);
    });
  }

  it("moves timers and dates of the application", async () => {
    const clock = useClock({ now: new Date("2030-01-01T00:00:00Z") });
    const calls: unknown[] = [];
    setTimeout((...args) => calls.push(args), 2_000, "a", "b");
    const interval = timers.setInterval(() => calls.push(Date.now() - clock.now), 1_500);
    promisify(setTimeout)(3_000, "value").then((value) => calls.push(value));
    const stopped = setTimeout(() => calls.push("stopped"), 10);
    clearTimeout(+stopped);
    await clock.advance(3_000);
    clearInterval(interval);
    await clock.advance(3_000);
    expect(calls).to.eql([0, ["a", "b"], 0, "value"]);
    expect(new Date().toISOString()).to.be("2030-01-01T00:00:06.000Z");
    expect([new Date() instanceof Date, new Date(0).getTime(), clock.now, clock.timers]).to.eql([
      true,
      0,
      Date.now(),
      0,
    ]);
    expect(Date()).to.contain("2030");
  });

  it("continues a timer that is refreshed, and counts from then", async () => {
    const clock = useClock();
    const fired: number[] = [];
    const start = clock.now;
    const timer = setTimeout(() => fired.push(clock.now - start), 100).unref();
    await clock.advance(60);
    timer.refresh();
    expect(timer.hasRef()).to.be(false);
    await clock.advance(1_000);
    expect(fired).to.eql([160]);
  });

  it("moves setTimeout() of node:timers/promises, which a signal ends", async () => {
    const clock = useClock();
    const controller = new AbortController();
    const { signal } = controller;
    const late = timersPromises.setTimeout(1_000, "late");
    const ended = failureOf(timersPromises.setTimeout(1_000, "ended", { signal }));
    await clock.advance(999);
    expect(clock.timers).to.be(2);
    controller.abort();
    expect((await ended).code).to.be("ABORT_ERR");
    expect((await failureOf(timersPromises.setTimeout(1, "never", { signal }))).code).to.be("ABORT_ERR");
    await clock.advance(1);
    expect(await late).to.be("late");
  });

  it("calls a timer in the asynchronous context in which it was set", async () => {
    const clock = useClock();
    const storage = new AsyncLocalStorage<string>();
    const stores: unknown[] = [];
    storage.run("outer", () => setTimeout(() => stores.push(storage.getStore()), 10));
    await clock.advance(10);
    expect(stores).to.eql(["outer"]);
  });

  it("calls a timer without a delay in the next turn", async () => {
    useClock();
    const called: string[] = [];
    setTimeout(() => called.push("soon"), 0);
    clearTimeout(setTimeout(() => called.push("stopped"), 0));
    await new Promise((resolve) => setTimeout(resolve));
    expect(called).to.eql(["soon"]);
  });

  it("calls a loop of timers without a delay once in a millisecond while it advances", async () => {
    const clock = useClock();
    const start = clock.now;
    const calls: number[] = [];
    // the limit ends the loop of a clock that never gets further
    const loop = () => calls.push(clock.now - start) < 1_000 && setTimeout(loop, 0);
    setTimeout(loop, 5);
    await clock.advance(25);
    expect(clock.now - start).to.be(25);
    expect(calls.slice(0, 20)).to.eql(Array.from({ length: 20 }, (_, index) => index + 5));
    expect(calls.length).to.be.within(21, 23);
    let refreshes = 0;
    const timer = setTimeout(() => refreshes++ < 1_000 && timer.refresh(), 0);
    await clock.advance(10);
    expect(clock.now - start).to.be(35);
    expect(refreshes).to.be.within(10, 30);
  });

  it("calls a timer without a delay that is set at the end of the advance in the next turn", async () => {
    const clock = useClock();
    const called: string[] = [];
    setTimeout(() => setTimeout(() => called.push("soon"), 0), 10);
    await clock.advance(10);
    await waitFor(() => called.length === 1);
    expect([called, clock.timers]).to.eql([["soon"], 0]);
  });

  it("refuses a callback that is not a function, as Node.js does", () => {
    const clock = useClock();
    for (const set of [setTimeout, setInterval, timers.setTimeout]) {
      for (const callback of [undefined, null, {}]) {
        expect(() => set(callback as unknown as () => void, 5)).to.throwError((error: any) => {
          expect(error.code).to.be("ERR_INVALID_ARG_TYPE");
        });
      }
    }
    expect(clock.timers).to.be(0);
  });

  it("creates dates whose constructor is Date, before and after it is installed too", () => {
    const earlier = new Date();
    const clock = useClock();
    expect(new Date().constructor).to.be(Date);
    expect(earlier.constructor).to.be(Date);
    expect(Object.keys(Date.prototype)).to.eql([]);
    const during = new Date();
    clock.uninstall();
    expect([during.constructor === Date, new Date().constructor === Date]).to.eql([true, true]);
  });

  it("reports what a timer throws, after the others were called", async () => {
    const clock = useClock();
    const called: string[] = [];
    setTimeout(() => {
      throw new Error("broken");
    }, 10);
    setTimeout(() => called.push("other"), 20);
    expect((await failureOf(clock.advance(30))).message).to.be("broken");
    expect(called).to.eql(["other"]);
    await clock.advance(10);
  });

  it("is installed once, and restores everything", async () => {
    const before = [
      setTimeout,
      setInterval,
      clearTimeout,
      clearInterval,
      Date,
      timers.setTimeout,
      timersPromises.setTimeout,
    ];
    const clock = installClock();
    expect(() => installClock()).to.throwError((error: any) => expect(error.code).to.be("CLOCK_INSTALLED"));
    expect((await failureOf(clock.advance(-1))).code).to.be("INVALID_OPTION");
    const fake = setTimeout;
    clock.uninstall();
    clock.uninstall();
    const after = [
      setTimeout,
      setInterval,
      clearTimeout,
      clearInterval,
      Date,
      timers.setTimeout,
      timersPromises.setTimeout,
    ];
    expect(after.map((one, index) => one === before[index])).to.eql(before.map(() => true));
    // code that has kept a function of the clock
    await new Promise((resolve) => fake(resolve, 1));
  });

  it("leaves the functions of another clock that was installed later, and lets that one restore its own", async () => {
    const clock = installClock();
    const ofClock = globalThis.setTimeout;
    const ofOther = (() => 0) as unknown as typeof setTimeout;
    globalThis.setTimeout = ofOther;
    clock.uninstall();
    expect(globalThis.setTimeout).to.be(ofOther);
    // as the other clock does when it is uninstalled
    globalThis.setTimeout = ofClock;
    await new Promise((resolve) => setTimeout(resolve, 1));
    globalThis.setTimeout = timers.setTimeout;
  });

  it("works with the values that a middleware awaits for a time", async () => {
    const clock = useClock();
    const { io, createClient } = startInMemory();
    io.use((_socket, next) => {
      setTimeout(next, 5_000);
    });
    const client = createClient();
    await clock.advance(4_999);
    expect(client.connected).to.be(false);
    const connected = nextValue(client, "connect");
    await clock.advance(1);
    await connected;
  });
});
