import expect from "expect.js";
import { stopClock } from "../support/clock";
import { guardMessages } from "../support/guard-messages";
import { settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { eventually, turn } from "../support/waiting";

/** Emits events to all clients. */
function sendMany(io: any, count: number, ...args: unknown[]): void {
  for (let i = 0; i < count; i++) {
    io.emit("event", i, ...args);
  }
}

ownSuite("the events that are kept for disconnected clients", () => {
  it("are at most maxPackets: a client that has missed more is not recovered [security 10]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 100 } });
    const messages = guardMessages(running.io);
    const [early, late] = [await connectRecoverable(running), await connectRecoverable(running)];
    await early.cut();
    sendMany(running.io, 50);
    await settled(late);
    expect(messages).to.eql([]);
    await late.cut();
    sendMany(running.io, 99);
    await early.comeBack();
    await late.comeBack();
    expect([early.socket.recovered, late.socket.recovered]).to.eql([false, true]);
    expect([early.client.recovered, late.client.recovered]).to.eql([false, true]);
    await settled(early, late);
    expect(early.seen).to.eql([]);
    expect(late.seen.slice(50).map((event) => event[1])).to.eql(Array.from({ length: 99 }, (_, i) => i));
    expect(messages).to.have.length(1);
    expect(messages[0].code).to.be("RECOVERY_OVERFLOW");
    expect(messages[0].nsp).to.be(running.io.of("/"));
    expect(messages[0].detail).to.eql({ maxPackets: 100, maxBytes: 64 * 1024 * 1024 });
  });

  it("have at most maxBytes, text and binary data together [security 10]", async () => {
    for (const payload of ["x".repeat(1000), Buffer.alloc(1000)]) {
      const running = await startServer({ connectionStateRecovery: { maxBytes: 20_000 } });
      const messages = guardMessages(running.io);
      const member = await connectRecoverable(running);
      await member.cut();
      sendMany(running.io, 18, payload);
      expect(messages).to.eql([]);
      await member.comeBack();
      expect(member.socket.recovered).to.be(true);
      await settled(member);
      expect(member.seen).to.have.length(18);
      await member.cut();
      sendMany(running.io, 40, payload);
      expect(messages.map(({ code }) => code)).to.eql(["RECOVERY_OVERFLOW"]);
      await member.comeBack();
      expect(member.socket.recovered).to.be(false);
    }
  });

  it("exclude a single event that is too large, which is sent nevertheless [security 10]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxBytes: 1000 } });
    const [there, away] = [await connectRecoverable(running), await connectRecoverable(running)];
    await away.cut();
    running.io.emit("large", "x".repeat(2000));
    await settled(there);
    expect(there.seen.map(([name]) => name)).to.eql(["large"]);
    await away.comeBack();
    expect(away.socket.recovered).to.be(false);
  });

  it("are limited separately for each namespace [security 10]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 10 } });
    const main = await connectRecoverable(running);
    const chat = await connectRecoverable(running, "/chat");
    await main.cut();
    await chat.cut();
    sendMany(running.io.of("/chat"), 11);
    await main.comeBack();
    await chat.comeBack();
    expect([main.socket.recovered, chat.socket.recovered]).to.eql([true, false]);
  });

  it("limit the sessions too: at most maxPackets are kept, and the oldest are dropped first [security 10]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 3 } });
    const messages = guardMessages(running.io);
    const member = await connectRecoverable(running);
    const offset = () => (member.client as any)._lastOffset as string;
    await member.cut();
    const { adapter } = running.io.of("/");
    for (const pid of ["a", "b"]) {
      adapter.persistSession({ pid, sid: pid, rooms: [], data: {} });
    }
    expect(messages).to.eql([]);
    adapter.persistSession({ pid: "c", sid: "c", rooms: [], data: {} });
    expect(messages.map(({ code }) => code)).to.eql(["RECOVERY_OVERFLOW"]);
    expect(await adapter.restoreSession("a", offset())).to.be.ok();
    await member.comeBack();
    expect(member.socket.recovered).to.be(false);
  });

  it("do not accumulate: ten times as many events need no more memory [security 10]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 1000 } });
    const member = await connectRecoverable(running);
    await member.cut();
    const gone: WeakRef<object>[] = [];
    for (let i = 0; i < 10_000; i++) {
      const payload = { text: `payload ${i}` };
      gone.push(new WeakRef(payload));
      running.io.emit("event", payload);
    }
    // a WeakRef holds its object until the end of the tick
    await eventually(() => true);
    await turn();
    collectGarbage();
    expect(gone.filter((ref) => ref.deref()).length).to.be.below(1100);
  });

  it("report an overflow once, and again after a minute without one [security 10]", async () => {
    const clock = stopClock();
    const running = await startServer({ connectionStateRecovery: { maxPackets: 10 } });
    const messages = guardMessages(running.io);
    sendMany(running.io, 100);
    sendMany(running.io, 100);
    expect(messages).to.have.length(1);
    clock.tick(59_000);
    sendMany(running.io, 1);
    clock.tick(59_000);
    sendMany(running.io, 1);
    expect(messages).to.have.length(1);
    clock.tick(60_000);
    sendMany(running.io, 11);
    expect(messages).to.have.length(2);
  });

  it("need a timer while there are events, and none otherwise [security 10]", async () => {
    const clock = stopClock();
    const { io } = await startServer({ connectionStateRecovery: {} });
    const others = clock.running;
    expect(clock.running - others).to.be(0);
    sendMany(io, 3);
    expect(clock.running - others).to.be(1);
    clock.tick(120_000);
    expect(clock.running - others).to.be(1);
    clock.tick(240_000);
    expect(clock.running - others).to.be(0);
    sendMany(io, 1);
    expect(clock.running - others).to.be(1);
  });
});

/** Runs the garbage collector, without a command-line flag. */
function collectGarbage(): void {
  const { setFlagsFromString } = require("node:v8");
  setFlagsFromString("--expose-gc");
  require("node:vm").runInNewContext("gc")();
}
