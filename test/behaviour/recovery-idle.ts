import expect from "expect.js";
import { type Clock, stopClock } from "../support/clock";
import { connectMember, type Member, settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable, type Recoverable } from "../support/recoverable-client";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, roundTrip } from "../support/waiting";

const PING_INTERVAL = 25_000;

/** Starts a server that answers round trips, and stops the clock. */
async function startStopped(options = {}): Promise<{ running: Running; clock: Clock }> {
  const clock = stopClock();
  const running = await startServer({ connectionStateRecovery: {}, ...options });
  running.io.on("connection", (socket) => socket.on("round trip", (answer) => answer()));
  return { running, clock };
}

/** Advances the clock by some minutes, in which the clients answer each ping; calls `meanwhile` after each ping. */
async function idle(clock: Clock, minutes: number, members: Recoverable[], meanwhile = () => {}) {
  for (let passed = 0; passed < minutes * 60_000; passed += PING_INTERVAL) {
    clock.tick(PING_INTERVAL);
    meanwhile();
    for (const { socket } of members) {
      // the stopped clock does not include the timers of the engine
      (socket.conn as any).sendPacket("ping");
    }
    await Promise.all(members.map(({ client }) => roundTrip(client)));
  }
}

/** Checks that a client is recovered, and that it receives these events and no others. */
async function expectRecovered(member: Member, ...events: string[]): Promise<void> {
  expect(member.socket.recovered).to.be(true);
  await settled(member);
  expect(member.seen.map(([name]) => name)).to.eql(events);
}

/** Cuts the connection of an idle client, and emits an event before the client reconnects. */
async function missOne({ io }: Running, member: Recoverable): Promise<void> {
  await member.cut();
  io.emit("missed");
  await member.comeBack();
}

ownSuite("a client that has received no event for longer than maxDisconnectionDuration", () => {
  for (const minutes of [3, 10]) {
    it(`is recovered after a short disconnection, on a server that is silent for ${minutes} minutes`, async () => {
      const { running, clock } = await startStopped();
      const member = await connectRecoverable(running);
      await idle(clock, minutes, [member]);
      await missOne(running, member);
      await expectRecovered(member, "missed");
    });
  }

  it("is recovered after a short disconnection, while others receive events continuously", async () => {
    const { running, clock } = await startStopped();
    const [quiet, busy] = [await connectRecoverable(running), await connectRecoverable(running)];
    busy.socket.join("busy");
    await idle(clock, 20, [quiet, busy], () => running.io.to("busy").emit("news"));
    await quiet.cut();
    running.io.emit("missed");
    running.io.to("busy").emit("news");
    await quiet.comeBack();
    await expectRecovered(quiet, "missed");
  });

  it("is recovered repeatedly", async () => {
    const { running, clock } = await startStopped();
    const member = await connectRecoverable(running);
    for (let round = 0; round < 3; round++) {
      await idle(clock, 5, [member]);
      await member.cut();
      clock.tick(100_000);
      await member.comeBack();
      expect(member.socket.recovered).to.be(true);
    }
  });

  it("is recovered though others received more events before than are kept", async () => {
    const { running, clock } = await startStopped({ connectionStateRecovery: { maxPackets: 10 } });
    const member = await connectRecoverable(running);
    for (let i = 0; i < 100; i++) {
      running.io.to("nobody").emit("news");
    }
    await idle(clock, 5, [member]);
    await missOne(running, member);
    await expectRecovered(member, "missed");
  });

  it("is not recovered if more events were sent afterwards than are kept", async () => {
    const { running, clock } = await startStopped({ connectionStateRecovery: { maxPackets: 10 } });
    const member = await connectRecoverable(running);
    await idle(clock, 5, [member]);
    await member.cut();
    for (let i = 0; i < 11; i++) {
      running.io.emit("missed");
    }
    await member.comeBack();
    expect(member.socket.recovered).to.be(false);
  });

  it("is recovered while its old connection is still open for the server", async () => {
    const { running, clock } = await startStopped();
    const member = await connectRecoverable(running);
    await idle(clock, 10, [member]);
    const { _pid: pid, _lastOffset: offset } = member.client as any;
    running.io.emit("in flight");
    const left = nextEvent(member.socket, "disconnect");
    const again = await connectMember(running, "/", { transports: ["websocket"], auth: { pid, offset } });
    expect(again.socket.recovered).to.be(true);
    expect(again.socket.id).to.be(member.socket.id);
    expect((await left)[1].code).to.be("SESSION_REUSED");
  });
});

ownSuite("a client that loses its connection again right after its recovery", () => {
  it("receives the events that it missed before, though they are older than the heartbeat interval", async () => {
    const { running, clock } = await startStopped({
      connectionStateRecovery: { maxDisconnectionDuration: 300_000 },
    });
    const member = await connectRecoverable(running);
    await idle(clock, 10, [member]);
    await member.cut();
    running.io.emit("missed");
    clock.tick(280_000);
    const client = member.client as unknown as { _lastOffset: string };
    const { _lastOffset: offset } = client;
    const comeBackAfter = async (milliseconds: number) => {
      await member.comeBack();
      // as if the response had been lost
      await member.cut();
      client._lastOffset = offset;
      clock.tick(milliseconds);
      await member.comeBack();
    };
    await comeBackAfter(100_000);
    await expectRecovered(member, "missed", "missed");
    await member.cut();
    client._lastOffset = offset;
    await comeBackAfter(280_000);
    // no recovery is better than a gap
    expect(member.socket.recovered).to.be(false);
  });
});

ownSuite("a volatile event that is the last event of a client", () => {
  for (const [what, ...args] of [
    ["ends with a text", "text"],
    ["has no arguments"],
    ["ends with a number", 1],
  ] as const) {
    for (const to of ["all", "one"]) {
      it(`to ${to}, which ${what}, does not prevent its recovery`, async () => {
        const { running } = await startStopped();
        const member = await connectRecoverable(running);
        await eventually(() => member.socket.conn.transport.writable);
        const came = nextEvent(member.client, "volatile");
        (to === "all" ? running.io : member.socket).volatile.emit("volatile", ...args);
        await came;
        await missOne(running, member);
        await expectRecovered(member, "volatile", "missed");
      });
    }
  }

  it("is sufficient for a recovery, if there was no event before it", async () => {
    const { running } = await startStopped();
    const member = await connectMember(running, "/", { transports: ["websocket"], reconnection: false });
    await eventually(() => member.socket.conn.transport.writable);
    const came = nextEvent(member.client, "volatile");
    running.io.volatile.emit("volatile");
    await came;
    const gone = nextEvent(member.socket, "disconnect");
    member.client.io.engine.close();
    await gone;
    running.io.emit("missed");
    const missed = nextEvent(member.client, "missed");
    member.client.connect();
    await missed;
    expect(member.client.recovered).to.be(true);
  });
});
