import expect from "expect.js";
import * as msgpack from "socket.io-msgpack-parser";
import { stopClock } from "../support/clock";
import { guardMessages } from "../support/guard-messages";
import { honestClient } from "../support/honest-client";
import { settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { subject } from "../support/subject";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { openWire } from "../support/wire";

const { SessionAwareAdapter } = subject;

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
      const running = await startServer({ connectionStateRecovery: { maxBytes: 30_000 } });
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
    const { address } = member.socket.client;
    for (const pid of ["a", "b"]) {
      adapter.persistSession({ pid, sid: pid, rooms: [], data: {} }, address);
    }
    expect(messages).to.eql([]);
    adapter.persistSession({ pid: "c", sid: "c", rooms: [], data: {} }, address);
    expect(messages.map(({ code }) => code)).to.eql(["RECOVERY_OVERFLOW"]);
    expect(await adapter.restoreSession("a", offset())).to.be.ok();
    await member.comeBack();
    expect(member.socket.recovered).to.be(false);
  });

  for (const [whose, options, isRecovered] of [
    ["other addresses", { trustProxy: 1 }, true],
    ["the same proxy, without trustProxy", {}, false],
  ] as const) {
    const what = isRecovered ? "cannot push out" : "push out";
    it(`limit the sessions too: many clients of one address ${what} those of ${whose} [security 25]`, async () => {
      const running = await startServer({ ...options, connectionStateRecovery: { maxPackets: 10 } });
      const from = (address: string) => ({ extraHeaders: { "X-Forwarded-For": address } });
      const honest = [];
      for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.2"]) {
        const member = await connectRecoverable(running, "/", from(address));
        await member.cut();
        honest.push(member);
      }
      for (let i = 0; i < 30; i++) {
        const connected = nextValue<any>(running.io, "connection");
        const headers = { "X-Forwarded-For": `2001:db8:1:2::${i}` };
        const wire = await openWire(running.url, "EIO=4", { headers });
        await wire.join();
        const left = nextEvent(await connected, "disconnect");
        wire.ws.terminate();
        await left;
      }
      for (const member of honest) {
        await member.comeBack();
        expect(member.socket.recovered).to.be(isRecovered);
      }
    });
  }

  it("limit the sessions too: those with very many rooms count as more memory [security 24]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxBytes: 1_000_000 } });
    const messages = guardMessages(running.io);
    const member = await connectRecoverable(running);
    const rooms = Array.from({ length: 9_000 }, (_, i) => `room ${i}`);
    for (let i = 0; i < 10; i++) {
      member.socket.join(rooms);
      await member.cut();
      await member.comeBack();
      expect(member.socket.recovered).to.be(true);
    }
    expect(messages).to.eql([]);
    const other = await connectRecoverable(running);
    await member.cut();
    other.socket.join([1, 2].flatMap((i) => rooms.map((room) => `${room} ${i}`)));
    expect(messages).to.eql([]);
    await other.cut();
    expect(messages.map(({ code }) => code)).to.eql(["RECOVERY_OVERFLOW"]);
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

  it("need hardly more memory than maxBytes counts, whatever their shape [security 24]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxBytes: 9_900_000 } });
    const messages = guardMessages(running.io);
    const isServed = await honestClient(running);
    // the arguments of an event need about 20 MB of memory, its text 1 MB
    const shape = `[${"{},".repeat(333_000)}0]`;
    const before = heapUsed();
    for (let i = 0; i < 9; i++) {
      running.io.to("room").emit("event", JSON.parse(shape));
    }
    expect(messages).to.eql([]);
    // the arguments of the last event stay reachable until the end of the tick
    await turn();
    expect(heapUsed() - before).to.be.below(20_000_000);
    running.io.to("room").emit("event", JSON.parse(shape));
    expect(messages.map(({ code }) => code)).to.eql(["RECOVERY_OVERFLOW"]);
    await isServed();
  });

  it("are decoded one by one when a caller of restoreSession() reads them [security 24]", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    const member = await connectRecoverable(running);
    const offset = (member.client as any)._lastOffset as string;
    await member.cut();
    sendMany(running.io, 3, { a: ["b"] });
    const { adapter } = running.io.of("/");
    const session = await adapter.restoreSession((member.client as any)._pid, offset);
    const [first] = session!.missedPackets;
    expect(first).to.eql(session!.missedPackets[0]);
    expect(first).not.to.be(session!.missedPackets[0]);
    expect(session!.missedPackets.map((data) => data.slice(0, 3))).to.eql(
      [0, 1, 2].map((i) => ["event", i, { a: ["b"] }]),
    );
    adapter.returnSession?.((member.client as any)._pid);
    await member.comeBack();
    await settled(member);
    expect(member.socket.recovered).to.be(true);
    expect(member.seen.map((event) => event.slice(0, 3))).to.eql(
      [0, 1, 2].map((i) => ["event", i, { a: ["b"] }]),
    );
  });

  it("are arrays that a subclass of the adapter may modify [security 24]", async () => {
    class Filtering extends SessionAwareAdapter {
      override async restoreSession(pid: string, offset: string) {
        const session = await super.restoreSession(pid, offset);
        for (const data of session?.missedPackets ?? []) {
          data[1] = `${data[1]} times`;
        }
        session?.missedPackets.pop();
        return session;
      }
    }
    const running = await startServer({ adapter: Filtering, connectionStateRecovery: {} });
    const member = await connectRecoverable(running);
    await member.cut();
    sendMany(running.io, 3);
    await member.comeBack();
    await settled(member);
    expect(member.socket.recovered).to.be(true);
    expect(member.seen.map((event) => event.slice(0, 2))).to.eql([
      ["event", "0 times"],
      ["event", "1 times"],
    ]);
  });

  it("are restored as they were sent, even if their arguments have changed since [security 24]", async () => {
    for (const namespace of ["/", "/a[b"]) {
      const running = await startServer({ connectionStateRecovery: {} });
      const nsp = running.io.of(namespace);
      const member = await connectRecoverable(running, namespace);
      await member.cut();
      const value: any = { when: new Date(0), __proto__: null, text: '"]}\u2028é🙂', n: [-0, 1e21, null] };
      const bytes = Buffer.from("part of a pool");
      nsp.emit("text", value, undefined);
      nsp.emit("bytes", { bytes, more: [Buffer.alloc(3), bytes.buffer.slice(0, 2)] });
      nsp.emit("placeholder", { _placeholder: true, num: 0 });
      const expected = JSON.parse(JSON.stringify(value));
      value.text = "changed";
      bytes.fill(0);
      await member.comeBack();
      await settled(member);
      expect(member.socket.recovered).to.be(true);
      const [text, binary, placeholder] = member.seen;
      expect(text.slice(0, 3)).to.eql(["text", expected, null]);
      expect(String(Buffer.from(binary[1].bytes))).to.be("part of a pool");
      expect(binary[1].more.map((part: any) => part.byteLength)).to.eql([3, 2]);
      expect(placeholder[1]).to.eql({ _placeholder: true, num: 0 });
    }
  });

  it("count correctly if events are emitted while another one is encoded, by toJSON() of its argument", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 10, maxBytes: 20_000 } });
    const messages = guardMessages(running.io);
    const member = await connectRecoverable(running);
    const emitMany = {
      toJSON() {
        sendMany(running.io, 12);
        sendMany(member.socket, 12);
        return "x".repeat(500);
      },
    };
    for (let i = 0; i < 50; i++) {
      running.io.emit("outer", emitMany);
      member.socket.emit("outer", emitMany);
    }
    await settled(member);
    expect(member.seen.filter(([name]) => name === "outer")).to.have.length(100);
    expect(messages).to.have.length(1);
    await member.cut();
    sendMany(running.io, 8);
    await member.comeBack();
    expect(member.socket.recovered).to.be(true);
  });

  it("keep no larger buffer than their bytes need [security 24]", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    const before = bufferBytes();
    for (let i = 0; i < 50; i++) {
      running.io.to("room").emit("event", Buffer.alloc(1_000_000).subarray(0, 10));
    }
    await eventually(() => bufferBytes() - before < 5_000_000);
  });

  it("count with their rooms, and with characters of two bytes [security 24]", async () => {
    for (const [send, count] of [
      [(io: any) => io.to(Array.from({ length: 100 }, (_, i) => `room ${i}`)).emit("event"), 25],
      [
        (io: any) =>
          io
            .to("a")
            .except(Array.from({ length: 100 }, (_, i) => `room ${i}`))
            .emit("event"),
        25,
      ],
      [(io: any) => io.emit("event", `${"a".repeat(2_000)}€`), 24],
    ] as const) {
      const { io } = await startServer({ connectionStateRecovery: { maxBytes: 100_000 } });
      const messages = guardMessages(io);
      let sent = 0;
      for (; messages.length === 0 && sent < 1_000; sent++) {
        send(io);
      }
      expect(sent).to.be.within(count - 4, count + 4);
    }
  });

  it("count as what they need with a custom parser [security 24]", async () => {
    const running = await startServer({ parser: msgpack, connectionStateRecovery: { maxBytes: 1_000_000 } });
    const messages = guardMessages(running.io);
    const member = await connectRecoverable(running, "/", { parser: msgpack } as any);
    await member.cut();
    // 10 kB encoded, 700 kB in memory
    running.io.emit(
      "event",
      Array.from({ length: 10_000 }, () => ({})),
    );
    expect(messages).to.eql([]);
    await member.comeBack();
    await settled(member);
    expect([member.socket.recovered, member.seen[0][1].length]).to.eql([true, 10_000]);
    running.io.emit(
      "event",
      Array.from({ length: 10_000 }, () => ({})),
    );
    expect(messages.map(({ code }) => code)).to.eql(["RECOVERY_OVERFLOW"]);
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

/** The heap in use after a garbage collection, in bytes. */
function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** The memory of all buffers after a garbage collection, in bytes. */
function bufferBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Runs the garbage collector, without a command-line flag. */
function collectGarbage(): void {
  const { setFlagsFromString } = require("node:v8");
  setFlagsFromString("--expose-gc");
  require("node:vm").runInNewContext("gc")();
}
