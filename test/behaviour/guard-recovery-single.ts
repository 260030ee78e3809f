import expect from "expect.js";
import { guardMessages } from "../support/guard-messages";
import { settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable, type Recoverable } from "../support/recoverable-client";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

/** The names of the events that the client has received. */
const names = ({ seen }: Recoverable) => seen.map(([name]) => name);

/** The crowd has another address than the honest client. */
const crowd = { headers: { "X-Forwarded-For": "198.51.100.1" } };

/** Connects a client, and cuts its connection; it does not return. */
async function joinAndCut({ io, url }: Running): Promise<void> {
  const connected = nextValue<any>(io, "connection");
  const wire = await openWire(url, "EIO=4", crowd);
  await wire.join();
  const left = nextEvent(await connected, "disconnect");
  wire.ws.terminate();
  await left;
}

/** Connects a client, which then leaves on purpose. */
async function joinAndLeave({ io, url }: Running): Promise<void> {
  const connected = nextValue<any>(io, "connection");
  const wire = await openWire(url, "EIO=4", crowd);
  await wire.join();
  const left = nextEvent(await connected, "disconnect");
  wire.send("41");
  await left;
  wire.ws.terminate();
}

async function joinAndStay({ url }: Running): Promise<void> {
  const wire = await openWire(url, "EIO=4", crowd);
  await wire.join();
}

ownSuite("events to single clients, in a full store of events for disconnected clients", () => {
  for (const [what, come] of [
    ["have lost their connections", joinAndCut],
    ["have left", joinAndLeave],
    ["stay", joinAndStay],
  ] as const) {
    it(`make room for the events of others: a crowd of clients that ${what} [security 25]`, async () => {
      const running = await startServer({ trustProxy: 1, connectionStateRecovery: { maxPackets: 40 } });
      running.io.on("connection", (socket) => {
        socket.emit("welcome");
        socket.emit("and more");
      });
      const absent = await connectRecoverable(running);
      await settled(absent);
      absent.seen.length = 0;
      await absent.cut();
      running.io.emit("first");
      for (let i = 0; i < 60; i++) {
        await come(running);
      }
      running.io.emit("second");
      running.io.to(absent.socket.id).emit("third");
      await absent.comeBack();
      await settled(absent);
      expect(absent.socket.recovered).to.be(true);
      // the handler of "connection" has sent the last two
      expect(names(absent)).to.eql(["first", "second", "third", "welcome", "and more"]);
    });
  }

  it("make room for the events of others if they are large, too [security 25]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxBytes: 100_000 } });
    const [absent, other] = [await connectRecoverable(running), await connectRecoverable(running)];
    await absent.cut();
    running.io.emit("first");
    for (let i = 0; i < 100; i++) {
      other.socket.emit("history", "x".repeat(10_000));
    }
    await absent.comeBack();
    await settled(absent);
    expect([absent.socket.recovered, names(absent)]).to.eql([true, ["first"]]);
  });

  it("are reported as an overflow if a client may need them, and not if its session has ended", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 40 } });
    const messages = guardMessages(running.io);
    running.io.on("connection", (socket) => socket.emit("welcome"));
    for (let i = 0; i < 80; i++) {
      await joinAndLeave(running);
    }
    expect(messages).to.eql([]);
    for (let i = 0; i < 80; i++) {
      await joinAndStay(running);
    }
    expect(messages.map(({ code }) => code)).to.eql(["RECOVERY_OVERFLOW"]);
  });

  it("to absent clients are discarded after those to connected ones", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 40 } });
    const [received, missing, other] = [
      await connectRecoverable(running),
      await connectRecoverable(running),
      await connectRecoverable(running),
    ];
    const offset = (missing.client as any)._lastOffset;
    for (const member of [received, missing]) {
      member.socket.emit("to one");
      await settled(member);
      await member.cut();
    }
    // as if the event had not arrived
    (missing.client as any)._lastOffset = offset;
    for (let i = 0; i < 60; i++) {
      other.socket.emit("to another");
    }
    running.io.emit("to all");
    for (const member of [received, missing]) {
      await member.comeBack();
      await settled(member);
      expect(member.socket.recovered).to.be(true);
    }
    expect(names(received)).to.eql(["to one", "to all"]);
    expect(names(missing)).to.eql(["to one", "to one", "to all"]);
  });

  it("leave no gap: a client that has missed some of them is not recovered, others are", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 40 } });
    const [member, other] = [await connectRecoverable(running), await connectRecoverable(running)];
    const offset = (member.client as any)._lastOffset;
    for (let i = 0; i < 60; i++) {
      member.socket.emit("to one");
    }
    await settled(member);
    await member.cut();
    await other.cut();
    (member.client as any)._lastOffset = offset;
    await member.comeBack();
    await other.comeBack();
    expect([member.socket.recovered, other.socket.recovered]).to.eql([false, true]);
  });

  for (const [how, isOpen] of [
    ["after its connection was lost", false],
    ["while its older connection is still open", true],
  ] as const) {
    it(`leave no gap if a handler of "connection" has set socket.id: the client returns ${how}`, async () => {
      const running = await startServer({ connectionStateRecovery: { maxPackets: 40 } });
      running.io.on("connection", (socket) => {
        (socket as any).id = "custom";
      });
      const wire = await openWire(running.url);
      const connected = nextValue<any>(running.io, "connection");
      const { pid } = JSON.parse(String(await wire.join()).slice(2));
      const socket = await connected;
      socket.emit("received");
      const offset = JSON.parse(String(await wire.next()).slice(2))[1];
      for (let i = 0; i < 60; i++) {
        socket.emit("not received");
      }
      if (!isOpen) {
        const left = nextEvent(socket, "disconnect");
        wire.ws.terminate();
        await left;
      }
      const returned = nextValue<any>(running.io, "connection");
      const again = await openWire(running.url);
      again.send(`40${JSON.stringify({ pid, offset })}`);
      expect((await returned).recovered).to.be(false);
      expect(socket.connected).to.be(isOpen);
    });
  }

  it("are kept for the other clients that have joined the room of the receiver", async () => {
    const running = await startServer({ connectionStateRecovery: { maxPackets: 40 } });
    const [owner, friend, other] = [
      await connectRecoverable(running),
      await connectRecoverable(running),
      await connectRecoverable(running),
    ];
    friend.socket.join(owner.socket.id);
    await friend.cut();
    for (let i = 0; i < 5; i++) {
      owner.socket.emit("to a room of two", i);
    }
    for (let i = 0; i < 60; i++) {
      other.socket.emit("to one");
    }
    owner.client.disconnect();
    await nextEvent(owner.socket, "disconnect");
    for (let i = 0; i < 60; i++) {
      other.socket.emit("to one");
    }
    await friend.comeBack();
    await settled(friend);
    expect(friend.socket.recovered).to.be(true);
    expect(friend.seen.map((event) => event.slice(0, 2))).to.eql(
      [0, 1, 2, 3, 4].map((i) => ["to a room of two", i]),
    );
  });
});
