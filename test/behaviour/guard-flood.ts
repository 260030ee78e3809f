import expect from "expect.js";
import { type Clock, stopClock } from "../support/clock";
import { guardMessages } from "../support/guard-messages";
import { type AnySocket, heard, type Joined, joinMore, joinPolling, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

/** Records the events that a socket receives. */
function eventsOf(socket: AnySocket): unknown[][] {
  const events: unknown[][] = [];
  socket.onAny((...event: unknown[]) => events.push(event));
  return events;
}

function many(count: number, frame: string): string[] {
  return Array(count).fill(frame);
}

async function start(
  limits: object,
): Promise<Running & { clock: Clock; told: ReturnType<typeof guardMessages> }> {
  const clock = stopClock();
  const running = await startServer({ limits, perMessageDeflate: false });
  return Object.assign(running, { clock, told: guardMessages(running.io) });
}

/** Resolves when the server has processed all data: it answers a WebSocket ping in order. */
async function taken({ wire }: Joined): Promise<void> {
  wire.ws.ping();
  await nextEvent(wire.ws, "pong");
}

function namesOf(events: unknown[][]): unknown[] {
  return events.map(([name]) => name);
}

ownSuite("limits.bytesPerSecond, and an empty message", () => {
  for (const policy of ["disconnect", "drop"]) {
    it(`closes the connection that sent it, as without limits (${policy}) [83, security 15]`, async () => {
      const running = await start({ bytesPerSecond: 1_000, policy });
      const honest = await joinWire(running);
      const { wire, socket } = await joinWire(running);
      const gone = nextEvent(socket, "disconnect");
      wire.send("4");
      expect((await gone)[0]).to.be("forced close");
      await heard(honest);
      expect(running.told).to.eql([]);
    });
  }
});

ownSuite("limits.eventsPerSecond", () => {
  it("closes the connection that sends too many events, and serves the others [security 15]", async () => {
    const running = await start({ eventsPerSecond: 10 });
    const { wire, socket } = await joinWire(running);
    const honest = await running.pair("/", { transports: ["websocket"] });
    const events = eventsOf(socket);
    const gone = nextEvent(socket, "disconnect");
    wire.send(...many(100, '42["flood"]'));
    const [reason, description] = await gone;
    expect([reason, description.code, description.message]).to.eql([
      "forced server close",
      "EVENT_RATE",
      "The client sent more than 10 events per second",
    ]);
    await wire.closed;
    // the allowance of two seconds, minus the CONNECT
    expect(events.length).to.be.below(20);
    expect(running.told.map(({ code, conn }) => [code, conn])).to.eql([["EVENT_RATE", socket.conn]]);
    honest.client.emit("hello");
    await nextValue(honest.socket as any, "hello");
  });

  it("accepts a burst, then events at the allowed rate [security 15]", async () => {
    const { clock, told, ...running } = await start({ eventsPerSecond: 5, burst: 4 });
    const joined = await joinWire(running);
    joined.wire.send(...many(18, '42["fine"]'));
    await heard(joined);
    for (let second = 0; second < 3; second++) {
      clock.tick(1_000);
      joined.wire.send(...many(4, '42["fine"]'));
      await heard(joined);
    }
    expect(told).to.eql([]);
    const gone = nextEvent(joined.socket, "disconnect");
    joined.wire.send('42["one too many"]');
    expect((await gone)[1].code).to.be("EVENT_RATE");
  });

  it('drops excess events with the policy "drop", and continues afterwards [security 15]', async () => {
    const { clock, told, ...running } = await start({ eventsPerSecond: 5, burst: 2, policy: "drop" });
    const joined = await joinWire(running);
    const events = eventsOf(joined.socket);
    joined.wire.send(...many(50, '42["flood"]'));
    joined.wire.send("41");
    await nextEvent(joined.socket, "disconnect");
    expect(namesOf(events)).to.eql(many(9, "flood"));
    expect(told.map(({ code, detail }) => [code, detail])).to.eql([["EVENT_RATE", { dropped: 1 }]]);
    clock.tick(1_000);
    const again = await joinMore(running.io, joined.wire, "/");
    again.wire.send('42["fine"]');
    await nextEvent(again.socket, "fine");
  });

  it("reports dropped events once per second [security 15]", async () => {
    const { clock, told, ...running } = await start({ eventsPerSecond: 1, burst: 3, policy: "drop" });
    const joined = await joinWire(running);
    const { wire } = joined;
    await heard(joined);
    wire.send(...many(11, '42["flood"]'));
    await nextEvent(joined.socket, "flood");
    await taken(joined);
    clock.tick(1_000);
    wire.send(...many(3, '42["flood"]'));
    await nextEvent(joined.socket, "flood");
    await taken(joined);
    expect(told.map(({ detail }) => detail)).to.eql([{ dropped: 1 }, { dropped: 10 }]);
  });

  it("drops events with their attachments, and does not mistake them for other packets [security 15]", async () => {
    const { clock, told, ...running } = await start({ eventsPerSecond: 2, burst: 1, policy: "drop" });
    const joined = await joinWire(running);
    const events = eventsOf(joined.socket);
    const bytes = (n: number) => ['451-["file",{"_placeholder":true,"num":0}]', Buffer.from([n])] as const;
    joined.wire.send(...bytes(1), ...bytes(2), ...bytes(3));
    await taken(joined);
    clock.tick(1_000);
    joined.wire.send(...bytes(4));
    await nextEvent(joined.socket, "file");
    expect(events).to.eql([
      ["file", Buffer.from([1])],
      ["file", Buffer.from([4])],
    ]);
    expect(told.map(({ code }) => code)).to.eql(["EVENT_RATE"]);
  });

  it("applies to long-polling, for the packets of one request [security 15]", async () => {
    const { told, ...running } = await start({ eventsPerSecond: 5 });
    const { polling, socket } = await joinPolling(running);
    const events = eventsOf(socket);
    const gone = nextEvent(socket, "disconnect");
    await polling.post(...many(500, '42["flood"]'));
    expect((await gone)[1].code).to.be("EVENT_RATE");
    expect(events.length).to.be.below(10);
    expect(told.length).to.be(1);
  });

  it("applies to clients of version 2 [security 15]", async () => {
    stopClock();
    const { io, url } = await startServer({ allowEIO3: true, limits: { eventsPerSecond: 5 } });
    const connected = nextValue(io, "connection");
    const wire = await openWire(url, "EIO=3");
    const gone = nextEvent(await connected, "disconnect");
    wire.send(...many(20, '42["flood"]'));
    expect((await gone)[1].code).to.be("EVENT_RATE");
  });

  it("counts acknowledgements only if the server did not request them [security 15]", async () => {
    const { told, ...running } = await start({ eventsPerSecond: 2, burst: 2 });
    const { wire, socket } = await joinWire(running);
    const answers = Array.from({ length: 20 }, () => socket.emitWithAck("question"));
    for (let i = 0; i < 20; i++) {
      const question = String(await wire.next());
      wire.send(question.replace(/^42(\d+).*/, '43$1["answer"]'));
    }
    expect(await Promise.all(answers)).to.eql(many(20, "answer"));
    expect(told).to.eql([]);
    const gone = nextEvent(socket, "disconnect");
    wire.send(...many(20, '43999["nobody has asked"]'));
    expect((await gone)[1].code).to.be("EVENT_RATE");
  });
});

ownSuite("limits.bytesPerSecond", () => {
  it("closes the connection that sends too much, attachments included [security 15]", async () => {
    const { told, ...running } = await start({ bytesPerSecond: 1_000 });
    const joined = await joinWire(running);
    joined.wire.send(`42["fine","${"x".repeat(900)}"]`);
    await heard(joined);
    const gone = nextEvent(joined.socket, "disconnect");
    joined.wire.send('451-["file",{"_placeholder":true,"num":0}]', Buffer.alloc(1_100));
    const [, description] = await gone;
    expect([description.code, description.message]).to.eql([
      "BYTE_RATE",
      "The client sent more than 1000 bytes per second",
    ]);
    expect(told.map(({ code }) => code)).to.eql(["BYTE_RATE"]);
  });

  it("counts bytes, not characters [security 15]", async () => {
    const running = await start({ bytesPerSecond: 1_000 });
    const joined = await joinWire(running);
    joined.wire.send(`42["fine","${"x".repeat(1_500)}"]`);
    await heard(joined);
    running.clock.tick(2_000);
    const gone = nextEvent(joined.socket, "disconnect");
    joined.wire.send(`42["too much","${"😀".repeat(750)}"]`);
    expect((await gone)[1].code).to.be("BYTE_RATE");
  });

  it('drops a packet as a whole with the policy "drop", and accepts a smaller one after it [security 15]', async () => {
    const { told, ...running } = await start({ bytesPerSecond: 1_000, policy: "drop" });
    const joined = await joinWire(running);
    const events = eventsOf(joined.socket);
    joined.wire.send('451-["large",{"_placeholder":true,"num":0}]', Buffer.alloc(5_000), '42["small"]');
    await nextEvent(joined.socket, "small");
    expect(events).to.eql([["small"]]);
    expect(told.map(({ code }) => code)).to.eql(["BYTE_RATE"]);
  });
});

ownSuite("joining and leaving namespaces in a loop", () => {
  it("is stopped by limits.eventsPerSecond, and no longer runs the middleware [security 19]", async () => {
    const { told, ...running } = await start({ eventsPerSecond: 10 });
    let runs = 0;
    running.io.of("/chat").use((_socket, next) => {
      runs++;
      next();
    });
    const joined = await joinWire(running);
    const gone = nextEvent(joined.socket, "disconnect");
    // the allowance of two seconds, minus the connect
    for (let i = 0; i < 9; i++) {
      await joined.wire.join("/chat");
      joined.wire.send("41/chat,");
      await taken(joined);
    }
    joined.wire.send("40/chat,", "41/chat,");
    expect((await gone)[1].code).to.be("EVENT_RATE");
    expect(runs).to.be(9);
    expect(told.map(({ code }) => code)).to.eql(["EVENT_RATE"]);
  });

  it('is refused with the policy "drop": the client receives the refusal, and can leave its namespaces [security 19]', async () => {
    const { clock, ...running } = await start({ eventsPerSecond: 1, burst: 2, policy: "drop" });
    const chat = running.io.of("/chat");
    const { wire } = await joinWire(running);
    const { socket } = await joinMore(running.io, wire, "/chat");
    running.io.of("/other");
    expect(await wire.join("/other")).to.be(
      '44/other,{"message":"The client sent more than 1 events per second","data":{"code":"EVENT_RATE"}}',
    );
    const gone = nextEvent(socket, "disconnect");
    wire.send("41/chat,");
    expect((await gone)[0]).to.be("client namespace disconnect");
    expect(chat.sockets.size).to.be(0);
    clock.tick(1_000);
    expect(await wire.join("/other")).to.contain('"sid"');
  });
});
