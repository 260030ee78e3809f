import expect from "expect.js";
import { type Clock, stopClock } from "../support/clock";
import { type Joined, joinWire } from "../support/joined";
import { type Running, startServer } from "../support/server";
import { takeUncaught } from "../support/uncaught";
import { eventually, nextEvent, nextEvents, turn } from "../support/waiting";

/** A timeout that is long enough for every pong, in milliseconds. */
const AMPLE = 60_000;

/** The ping interval of the stopped clock, in milliseconds. */
const PING_INTERVAL = 10;

/** Advances the clock by a ping interval, and resolves when the client has received the ping. */
async function ping(clock: Clock, { wire }: Joined): Promise<void> {
  const come = new Promise<void>((resolve) => {
    const listener = (data: Buffer, binary: boolean) => {
      if (!binary && String(data) === "2") {
        wire.ws.off("message", listener);
        resolve();
      }
    };
    wire.ws.on("message", listener);
  });
  clock.tick(PING_INTERVAL);
  await come;
}

/** Advances the clock by a ping interval, and resolves when the server has received the pong. */
async function beat(clock: Clock, { socket }: Joined): Promise<void> {
  const beaten = nextEvent(socket.conn, "heartbeat");
  clock.tick(PING_INTERVAL);
  await beaten;
}

/** A client that answers no ping; records the order in which such clients time out. */
async function openSilent(running: Running, name: string, order: string[]): Promise<Joined> {
  const joined = await joinWire(running);
  joined.socket.on("disconnect", (reason: string) => order.push(`${name}: ${reason}`));
  return joined;
}

describe("the heartbeat of a connection that receives messages", () => {
  it("continues: each pong is a heartbeat, whatever messages surround it [35, 37]", async () => {
    const errors = takeUncaught();
    const clock = stopClock({ engine: true });
    const joined = await joinWire(await startServer({ pingInterval: PING_INTERVAL, pingTimeout: AMPLE }));
    const { wire, socket } = joined;
    const seen: number[] = [];
    socket.on("n", (i: number) => seen.push(i));
    let sent = 0;
    wire.ws.on("message", (data: Buffer) => {
      if (String(data) === "2") {
        wire.send(`42["n",${sent++}]`, `42["n",${sent++}]`, "3", `42["n",${sent++}]`);
      }
    });
    for (let i = 0; i < 4; i++) {
      await beat(clock, joined);
    }
    await eventually(() => seen.length >= 12);
    expect(seen.slice(0, 12)).to.eql([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(socket.connected).to.be(true);
    expect(errors).to.eql([]);
  });

  it("is emitted to a listener that is added late, and to a once() listener [35, 37]", async () => {
    const clock = stopClock({ engine: true });
    const joined = await joinWire(await startServer({ pingInterval: PING_INTERVAL, pingTimeout: AMPLE }));
    const { wire, socket } = joined;
    wire.ws.on("message", (data: Buffer) => {
      if (String(data) === "2") {
        wire.send("3");
      }
    });
    const order: string[] = [];
    await beat(clock, joined);
    (socket.conn as any).on("packet", ({ type }: any) => order.push(type));
    (socket.conn as any).once("heartbeat", () => order.push("heartbeat"));
    await beat(clock, joined);
    await beat(clock, joined);
    expect(order).to.eql(["pong", "heartbeat", "pong"]);
  });

  it("sends pings among the events of the server, which arrive in order [37, 55]", async () => {
    const clock = stopClock({ engine: true });
    const joined = await joinWire(await startServer({ pingInterval: PING_INTERVAL, pingTimeout: AMPLE }));
    const { wire, socket } = joined;
    let pings = 0;
    wire.ws.on("message", (data: Buffer) => {
      if (String(data) === "2") {
        pings++;
        wire.send("3");
      }
    });
    let sent = 0;
    while (pings < 3) {
      clock.tick(1);
      socket.emit("n", sent++);
      socket.nsp.emit("n", sent++);
      await turn();
    }
    for (let i = 0; i < sent; i++) {
      expect(await wire.next()).to.be(`42["n",${i}]`);
    }
  });

  it("accepts an event instead of a pong as a sign of life, once [37]", async () => {
    const clock = stopClock({ engine: true });
    const running = await startServer({ pingInterval: PING_INTERVAL, pingTimeout: 1_000 });
    const order: string[] = [];
    const speaking = await openSilent(running, "speaking", order);
    await ping(clock, speaking);
    const silent = await openSilent(running, "silent", order);
    await ping(clock, silent);
    clock.tick(1);
    const heard = nextEvent(speaking.socket, "n");
    speaking.wire.send('42["n",0]');
    await heard;
    const later = await openSilent(running, "later", order);
    await ping(clock, later);
    clock.tick(1);
    const more = nextEvents(speaking.socket, "n", 2);
    speaking.wire.send('42["n",1]', '42["n",2]');
    await more;
    clock.tick(1_000);
    // without its first event it would time out first, with all three events last
    expect(order).to.eql(["silent: ping timeout", "speaking: ping timeout", "later: ping timeout"]);
  });

  it("does not accept an event before the ping as an answer to it [37]", async () => {
    const clock = stopClock({ engine: true });
    const running = await startServer({ pingInterval: PING_INTERVAL, pingTimeout: 60 });
    const order: string[] = [];
    const early = await openSilent(running, "early", order);
    const { wire, socket } = early;
    const heard = nextEvents(socket, "n", 3);
    wire.send('42["n"]', '42["n"]', '42["n"]');
    await heard;
    await ping(clock, early);
    clock.tick(60);
    expect(order).to.eql(["early: ping timeout"]);
  });
});
